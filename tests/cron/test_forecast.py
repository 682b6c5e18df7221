"""What comes: slots with their particulars, and how many start when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from triggerfish.cron.explaining import forecast
from triggerfish.cron.manifest.timetable import Timetable

BERLIN = ZoneInfo("Europe/Berlin")


def timetable(*schedules: str, timezone: str = "Europe/Berlin", **notes: str) -> Timetable:
    annotations = {f"triggerfish.dev/{key.replace('_', '-')}": text for key, text in notes.items()}
    metadata = {"name": "night", "namespace": "team", "annotations": annotations}
    return Timetable.of({"metadata": metadata, "spec": {"schedules": list(schedules), "timezone": timezone}})


def kinds(table: Timetable, after: datetime, count: int) -> list[tuple[str, str]]:
    found = forecast.coming(table, after, count)
    return [(each.kind, each.at.strftime("%d %H:%M") if each.at else each.note[:16]) for each in found]


def test_a_gap_stands_between_the_slots_around_it() -> None:
    assert kinds(timetable("30 2 * * *"), datetime(2026, 3, 27, 12, tzinfo=UTC), 2) == [
        ("slot", "28 01:30"),
        ("gap", "2026-03-29T02:30"),
        ("slot", "30 00:30"),
    ]


def test_the_second_pass_of_an_overlap_is_named() -> None:
    found = forecast.coming(timetable("30 2 * * *"), datetime(2026, 10, 24, 12, tzinfo=UTC), 3)
    assert [each.note for each in found] == ["", "this time of day comes a second time", ""]


def test_excluded_slots_are_shown_and_do_not_count() -> None:
    table = timetable("0 12 * * *", exclude="2026-11-24")
    found = forecast.coming(table, datetime(2026, 11, 23, 12, tzinfo=UTC), 2)
    assert [(each.kind, each.note) for each in found] == [
        ("excluded", "excluded by 2026-11-24"),
        ("slot", ""),
        ("slot", ""),
    ]


def test_jitter_is_told_in_minutes() -> None:
    table = timetable("0 * * * *", jitter="30")
    for each in forecast.coming(table, datetime(2026, 11, 23, tzinfo=UTC), 10):
        late = int((each.due - each.at) / timedelta(minutes=1))
        assert each.note == (f"jitter of {late} min" if late else "")


def test_it_ends_when_nothing_comes() -> None:
    table = timetable("0 12 * * *", not_after="2026-11-24")
    assert len(forecast.coming(table, datetime(2026, 11, 22, 12, tzinfo=UTC), 10)) == 2
    assert forecast.coming(timetable("0 0 31 2 *"), datetime(2026, 1, 1, tzinfo=UTC), 10) == ()


def test_density_counts_by_local_hour_and_ranks_the_minutes() -> None:
    tables = {"a": timetable("0 * * * *"), "b": timetable("0 5 * * *"), "c": timetable("7 5 * * *")}
    start = datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC)
    found = forecast.density(tables, start, start + timedelta(days=1), BERLIN)
    assert found.hours["2026-11-23", 5] == 3
    assert sum(found.hours.values()) == 26
    busiest = found.busiest(2)
    assert busiest[0] == (datetime(2026, 11, 23, 4, tzinfo=UTC), 2)
    assert forecast.starting(tables, busiest[0][0]) == ("a", "b")
    assert busiest[1][1] == 1
    assert list(forecast.days(found)) == ["2026-11-23"]
    assert found.cut == []
