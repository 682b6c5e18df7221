"""What robfig/cron v3.0.1 answered, row by row, with the time zones of tzdata 2026b.

cron.jsonl: usual texts. cron-more.jsonl: every zone, instants around the changes of its clock from 1995 to
2090, and odd texts. cron-wrong-days.jsonl: where it fires on a day that does not match (``wrong``).
zones-2026b.zip: the files of the zones that they name, out of the wheel tzdata 2026.2. Countries have changed
their clocks since, so the newest database gives other answers to some rows, and is right.
"""

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from triggerfish.cron.schedules.schedule import ScheduleError, parse
from triggerfish.expressions.zonefiles import Database

VECTORS = Path(__file__).parent.parent / "vectors"
RECORDED = Database.of(zipfile.Path(VECTORS / "zones-2026b.zip"), "tests/vectors")


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (VECTORS / name).read_text().splitlines()]


ROWS = rows("cron.jsonl") + rows("cron-more.jsonl")


def chain(spec: str, start: str, count: int = 5) -> list[str]:
    schedule, at, times = parse(spec, database=RECORDED), datetime.fromisoformat(start), []
    while len(times) < count and (found := schedule.next(at)) is not None:
        assert found > at
        times.append(found.strftime("%Y-%m-%dT%H:%M:%SZ"))
        at = found
    return times


def test_every_time_is_robfigs() -> None:
    timed = [row for row in ROWS if "err" not in row and "@every" not in row["spec"]]
    wrong = [row for row in timed if chain(row["spec"], row["from"]) != row.get("next", [])]
    assert len(timed) > 4000
    assert wrong == []


def test_every_error_is_a_schedule_error() -> None:
    refused = [row for row in ROWS if "err" in row]
    for row in refused:
        with pytest.raises(ScheduleError):
            parse(row["spec"], database=RECORDED)
    assert len(refused) > 900


def test_every_accepted_interval_is_accepted() -> None:
    intervals = [row for row in ROWS if "err" not in row and "@every" in row["spec"]]
    assert len([parse(row["spec"], database=RECORDED) for row in intervals]) > 40


def test_what_never_fires_parses_and_has_no_next() -> None:
    never = [row for row in ROWS if "err" not in row and "next" not in row]
    assert len(never) > 6
    assert all(chain(row["spec"], row["from"]) == [] for row in never)


@pytest.mark.parametrize("row", rows("cron-wrong-days.jsonl"), ids=lambda row: row["spec"])
def test_a_wrong_day_is_left_out_and_nothing_else(row: dict[str, Any]) -> None:
    right = [time for time in row["next"] if time not in row["wrong"]]
    assert chain(row["spec"], row["from"], len(right)) == right


def test_the_recorded_zones_are_those_of_the_recording() -> None:
    assert RECORDED.version == "2026b"
