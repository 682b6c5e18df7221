"""Anything at all: a value or an ExpressionError. Short seeded runs here, long ones in `make soak`."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError

VECTORS = Path(__file__).parent.parent / "vectors"
ENVIRONMENT = json.loads((VECTORS / "push.json").read_text())
SOURCES = [json.loads(line)["src"] for line in (VECTORS / "expr.jsonl").read_text().splitlines()]
NOW = datetime(2026, 11, 23, tzinfo=UTC)

PIECES = [
    *"()[]{}.,:;|?#!&=<>+-*/%^\"'`\\ \n\t0123456789eExX_$@~",
    *[
        "::",
        "..",
        "?.",
        "??",
        "**",
        "&&",
        "||",
        "==",
        "!=",
        "//",
        "/*",
        "*/",
        "#acc",
        "#index",
        "nil",
        "true",
    ],
    *["let ", "if ", "else ", " not ", " in ", " or ", " and ", " matches ", " contains ", "$env", "\\u00e9"],
    *["payload", "payload.ref", "1..3", "map(", "filter(", "reduce(", "sum(", "date(", "é", "\ud800", "true"],
]


def outcome(source: str) -> str:
    """What people would read of an error, or nothing."""
    try:
        value = expressions.compile(source).evaluate(ENVIRONMENT, now=NOW)
        expressions.to_json(value)
    except ExpressionError as error:
        return str(error)
    return ""


def random_bytes(chance: random.Random) -> str:
    data = chance.randbytes(chance.randrange(60))
    return data.decode("latin-1" if chance.random() < 0.5 else "utf-8", "replace")


def random_pieces(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(1, 20)))


def mutated(chance: random.Random) -> str:
    source = chance.choice(SOURCES)
    for _ in range(chance.randrange(1, 4)):
        at, end = sorted((chance.randrange(len(source) + 1), chance.randrange(len(source) + 1)))
        match chance.randrange(5):
            case 0:
                source = source[:at] + source[min(end, at + 3) :]
            case 1:
                source = source[:at] + chance.choice(PIECES) + source[at:]
            case 2:
                source = source[:at] + chance.choice(PIECES) + source[min(end, at + 2) :]
            case 3:
                source = source[:end] + source[at:]
            case _:
                other = chance.choice(SOURCES)
                source = source[:at] + other[chance.randrange(len(other) + 1) :]
        source = source or "1"
    return source


MAKERS = [random_bytes, random_pieces, mutated]


@pytest.mark.parametrize("make", MAKERS)
def test_a_short_run(make) -> None:
    chance = random.Random(20261123)
    messages = [outcome(make(chance)) for _ in range(1_500)]
    assert not [message for message in messages if "internal error" in message]


@pytest.mark.soak
@pytest.mark.parametrize("make", MAKERS)
def test_a_long_run(make) -> None:
    chance = random.Random(4)
    messages = [outcome(make(chance)) for _ in range(100_000)]
    assert not [message for message in messages if "internal error" in message]
