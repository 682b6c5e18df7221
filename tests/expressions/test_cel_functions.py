"""Every function and macro of CEL: cel_holds.txt has conditions that hold, cel_fails.txt what fails, and why.

What cel-go answers for many more is in tests/vectors/cel.jsonl, and cel-spec's own files are asked by make
test-real. Here each function stands at least once, with its edges.
"""

import re
from pathlib import Path

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError
from triggerfish.expressions.cel.functions import GLOBALS, MEMBERS
from triggerfish.expressions.cel.syntax.macros import MACROS

ENVIRONMENT = {
    "payload": {
        "n": 3,
        "list": [1, 2.5, "x", None, [1]],
        "map": {"a": 1, "b": [2]},
        "text": "a,b",
        "none": None,
    },
    "metadata": {"x-gh": ["push", "second"]},
}

HERE = Path(__file__).parent
HOLDS = (HERE / "cel_holds.txt").read_text()
FAILS = (HERE / "cel_fails.txt").read_text()


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("source", rows(HOLDS))
def test_it_holds(source: str) -> None:
    assert expressions.compile(source, "cel", names=ENVIRONMENT.keys()).evaluate(ENVIRONMENT) is True


@pytest.mark.parametrize("row", rows(FAILS))
def test_it_fails_and_says_why(row: str) -> None:
    source, _, said = row.rpartition(" | ") if " | " in row else (row.rstrip(" |"), "", "")
    with pytest.raises(ExpressionError) as raised:
        expressions.compile(source, "cel", names=ENVIRONMENT.keys()).evaluate(ENVIRONMENT)
    assert said.strip() in raised.value.message
    assert not raised.value.message.startswith("internal")


@pytest.mark.parametrize("name", sorted({*GLOBALS, *MEMBERS, *MACROS}))
def test_every_function_and_macro_stands_in_a_row(name: str) -> None:
    assert re.search(rf"(?<![\w.]){re.escape(name)}\(|\.{re.escape(name)}\(", HOLDS + FAILS)
