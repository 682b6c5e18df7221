"""docs/schedules.md says what is so: its tables are run, its annotations are those that are read."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from triggerfish import annotations as keys
from triggerfish.cron.schedules.schedule import parse

PAGE = Path(__file__).parents[2] / "docs" / "schedules.md"


def tables() -> list[list[str]]:
    text = PAGE.read_text()
    rows = []
    for block in text.split("<!-- next: schedule | zone | after | next slots -->")[1:]:
        lines = [line for line in block.split("\n\n")[0].splitlines() if line.startswith("| `")]
        rows += [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return rows


@pytest.mark.parametrize("row", tables(), ids=lambda row: f"{row[0]} {row[1]}")
def test_each_example_is_so(row: list[str]) -> None:
    text, zone, after, expected = row
    schedule, at, found = parse(text.strip("`"), zone), datetime.fromisoformat(after), []
    for _ in expected.split(","):
        at = schedule.next(at)
        found.append(at.strftime("%Y-%m-%dT%H:%MZ"))
    assert ", ".join(found) == expected


def test_the_examples_are_found() -> None:
    assert len(tables()) == 6


def test_every_annotation_has_its_row() -> None:
    named = re.findall(r"^\| `(triggerfish\.dev/[a-z-]+)`", PAGE.read_text(), re.MULTILINE)
    assert sorted(named) == sorted(keys.TIMETABLE)
