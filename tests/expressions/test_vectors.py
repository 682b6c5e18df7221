"""What Argo's own expr (1.17.8) answers over push.json, row by row.

``out`` is the JSON of the result, ``err`` the stage that failed: compile, run, or json (it evaluated, but Go
cannot write it as JSON). The other files were made the same way, for what the first does not cover:
expr-rest.jsonl has slices, spans, loops over maps, ``$env`` and calls of what is no function.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, to_json

VECTORS = Path(__file__).parent.parent / "vectors"
ENVIRONMENT = json.loads((VECTORS / "push.json").read_text())
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

#: Rows whose difference is meant; docs/differences.md says why.
DIFFERENT: dict[str, str] = {}


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (VECTORS / name).read_text().splitlines()]


def answer(source: str) -> Any:
    """The value as a reader of its JSON sees it."""
    value = expressions.compile(source, names=ENVIRONMENT.keys()).evaluate(ENVIRONMENT, now=NOW)
    return json.loads(to_json(value))


def same(ours: Any, theirs: Any) -> bool:
    """Numbers by value, maps without order, and true is not 1."""
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    return bool(ours == theirs)


FILES = [path.name for path in sorted(VECTORS.glob("expr*.jsonl"))]


@pytest.mark.parametrize("name", FILES)
def test_every_result_is_equal(name: str) -> None:
    wrong = []
    for row in rows(name):
        if "err" in row or row["src"] in DIFFERENT:
            continue
        try:
            ours = answer(row["src"])
        except ExpressionError as error:
            wrong.append(f"{row['src']}\n  wanted {row['out']!r}\n  raised {error}")
            continue
        if not same(ours, row["out"]):
            wrong.append(f"{row['src']}\n  wanted {row['out']!r}\n  got    {ours!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", FILES)
def test_what_fails_there_fails_here(name: str) -> None:
    failing = [row["src"] for row in rows(name) if row.get("err") in ("compile", "run")]
    accepted = []
    for source in failing:
        try:
            answer(source)
        except ExpressionError:
            continue
        accepted.append(source)
    assert len(accepted) <= len(failing) * 0.05, accepted


@pytest.mark.parametrize("name", FILES)
def test_no_internal_error_hides_among_the_failures(name: str) -> None:
    messages = []
    for row in rows(name):
        try:
            answer(row["src"])
        except ExpressionError as error:
            messages.append(error.message)
    assert messages
    assert not [message for message in messages if "internal error" in message]
