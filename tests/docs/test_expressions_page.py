"""docs/expressions.md says what is so: its examples, its tables, its error and its bounds are run."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, limits

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
METADATA = {"x-github-event": ["push"]}


def cells(line: str) -> list[str]:
    """The cells of a row, as they are read: code without its backticks, pipes without their backslash."""
    found = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
    return [re.sub(r"^`+ ?|`+$", "", cell).replace("``", "`").replace("\\|", "|") for cell in found]


def rows(table: str) -> list[list[str]]:
    return [cells(line) for line in table.splitlines() if line.startswith("| ") and "`" in line]


def value_of(source: str, payload: Any) -> Any:
    environment = {"payload": payload, "metadata": METADATA, "discriminator": "d", "namespace": "n"}
    value = expressions.compile(source, names=environment.keys()).evaluate(environment, now=NOW)
    return json.loads(expressions.to_json(value))


def examples() -> list[tuple[str, str, Any]]:
    """(expression, payload, result) for each row below a block of expr."""
    section = PAGE.split("## Examples to copy")[1].split("## The language")[0]
    found = []
    for block in section.split("```expr\n")[1:]:
        source, rest = block.split("```", 1)
        for payload, result in rows(rest.split("###")[0]):
            found.append((source, payload, json.loads(result)))
    return found


def table() -> list[tuple[str, Any]]:
    """(expression, value) for each row of the language's tables."""
    found = []
    for part in PAGE.split("<!-- expression | value -->")[1:]:
        for row in rows(part.split("\n\n")[0]):
            found.append((row[0].replace("`<br>`", "\n"), json.loads(row[1])))
    return found


PAYLOAD = json.loads(PAGE.split("<!-- payload -->\n```json\n")[1].split("```")[0])


@pytest.mark.parametrize(("source", "payload", "result"), examples())
def test_each_example_gives_what_it_says(source: str, payload: str, result: Any) -> None:
    assert value_of(source, json.loads(payload)) == result


@pytest.mark.parametrize(("source", "value"), table(), ids=lambda part: str(part)[:40])
def test_each_row_gives_what_it_says(source: str, value: Any) -> None:
    assert value_of(source, PAYLOAD) == value


def test_the_examples_are_found() -> None:
    assert len(examples()) == 21
    assert len(table()) == 45


def test_every_builtin_is_on_the_page() -> None:
    from triggerfish.expressions.builtins.table import NAMES

    shown = " ".join(source for source, _ in table())
    assert not [name for name in NAMES if f"{name}(" not in shown]


def test_the_error_is_the_one_shown() -> None:
    source, shown = re.findall(r"```text\n(.*?)\n```", PAGE.split("<!-- error -->")[1], re.DOTALL)[:2]
    with pytest.raises(ExpressionError) as caught:
        value_of(source, {})
    assert str(caught.value) == shown


def test_the_bounds_are_those_of_the_engine() -> None:
    numbers = re.findall(r"\| ([\d,]+) \|", PAGE.split("<!-- bounds -->")[1])
    shown = [int(number.replace(",", "")) for number in numbers]
    assert shown == [
        limits.SOURCE,
        limits.NESTING,
        limits.NODES,
        limits.STEPS,
        limits.STRING,
        limits.ELEMENTS,
        limits.DEPTH,
        limits.PATTERN,
    ]
