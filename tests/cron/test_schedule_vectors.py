"""What robfig/cron v3.0.1 answered, row by row (tests/vectors/cron.jsonl)."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from triggerfish.cron.schedule import ScheduleError, parse

VECTORS = Path(__file__).parent.parent / "vectors" / "cron.jsonl"
ROWS = [json.loads(line) for line in VECTORS.read_text().splitlines()]


def chain(spec: str, start: str, count: int = 5) -> list[str]:
    schedule, at, times = parse(spec), datetime.fromisoformat(start), []
    while len(times) < count and (found := schedule.next(at)) is not None:
        assert found > at
        times.append(found.strftime("%Y-%m-%dT%H:%M:%SZ"))
        at = found
    return times


def test_every_time_is_robfigs() -> None:
    rows = [row for row in ROWS if "err" not in row and "@every" not in row["spec"]]
    wrong = [row for row in rows if chain(row["spec"], row["from"]) != row.get("next", [])]
    assert len(rows) > 2600
    assert wrong == []


def test_every_error_is_a_schedule_error() -> None:
    rows = [row for row in ROWS if "err" in row]
    for row in rows:
        with pytest.raises(ScheduleError):
            parse(row["spec"])
    assert len(rows) > 300


def test_every_accepted_interval_is_accepted() -> None:
    rows = [row for row in ROWS if "err" not in row and "@every" in row["spec"]]
    assert len([parse(row["spec"]) for row in rows]) > 10


def test_what_never_fires_parses_and_has_no_next() -> None:
    rows = [row for row in ROWS if "err" not in row and "next" not in row]
    assert [chain(row["spec"], row["from"]) for row in rows] == [[]] * 6
