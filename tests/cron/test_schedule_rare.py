"""Rare slots, found by arithmetic on years and months: what robfig's walk finds, without a walk."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.robfig import following

from triggerfish.cron.schedules import robfig, walk
from triggerfish.cron.schedules.fields import ScheduleFields
from triggerfish.cron.schedules.schedule import parse
from triggerfish.cron.schedules.zones import Zone, load, names

ZONES = sorted(names())
SECOND = timedelta(seconds=1)
# Zones that left out the midnight of a first, repeated one, move by half an hour, or change on a first.
ODD = [
    *["America/Asuncion", "America/Belem", "America/Havana", "Asia/Amman", "Asia/Kolkata", "Asia/Qyzylorda"],
    *["Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "America/Santiago"],
]


def one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(str)


rare = st.tuples(
    one_of("0", "30", "59", "*/7"),
    one_of("0", "2", "23", "1-3", "*/5"),
    st.one_of(one_of("29", "30", "31", "1", "2", "*", "*/2", "1-7"), numbers(1, 31)),
    st.one_of(one_of("2", "1", "*", "1,3", "2-11", "*/5", "6,9"), numbers(1, 12)),
    st.one_of(one_of("*", "*", "*", "1-5"), numbers(0, 6)),
).map(" ".join)
instants = st.integers(-2_200_000_000, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(rare, st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES)), instants)
@settings(max_examples=200, deadline=None)
@example("49 2 * 2 *", "America/Asuncion", at("1993-10-09T18:35:40Z"))
@example("8 2 1 1,3 5", "Pacific/Enderbury", at("1979-10-18T19:01:32Z"))
@example("6 * 1 2 *", "Asia/Qyzylorda", at("1983-03-31T01:47:29Z"))
@example("0 0 1 3 *", "America/New_York", at("2026-11-01T15:00:00Z"))
@example("0 2 29 2 *", "America/New_York", at("2026-11-01T15:00:00Z"))
@example("0 0 31 10 *", "Australia/Lord_Howe", at("2026-04-05T15:00:00Z"))
def test_the_next_slots_are_those_of_robfigs_walk(spec: str, zone: str, after: datetime) -> None:
    schedule, walked = parse(spec, zone), after
    for _ in range(2):
        after, walked = schedule.next(after), following(spec, zone, walked)
        assert after == walked
        if after is None:
            return


@given(rare, st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES)), instants, st.integers(0, 2_000))
@settings(max_examples=100, deadline=None)
@example("0 0 1 2 *", "Asia/Seoul", at("1961-08-10T09:46:32Z"), 2_000)
@example("27 2 29 1 *", "America/Asuncion", at("1994-10-01T03:42:06Z"), 2_000)
@example("30 0 6 * *", "Asia/Dubai", at("1919-12-18T02:44:07Z"), 2_000)
@example("0 0 29 2 *", "Europe/Berlin", at("2024-02-28T23:00:00Z"), 1)
def test_the_latest_slot_is_a_slot_and_none_comes_after_it(
    spec: str, zone: str, until: datetime, days: int
) -> None:
    schedule, after = parse(spec, zone), until - timedelta(days=days)
    latest = schedule.latest(after, until)
    first = schedule.next(after)
    assert latest is not None or first is None or first > until
    if latest is not None:
        assert after < latest <= until
        assert not schedule.has_slot(latest, until)
        assert schedule.latest(latest - SECOND, until) == latest


@pytest.mark.parametrize(
    ("spec", "zone", "after", "until", "expected"),
    [
        pytest.param(
            "0 5 29 2 *",
            "Europe/Berlin",
            "2020-01-01T00:00Z",
            "2026-11-29T00:00Z",
            "2024-02-29T04:00Z",
            id="leap",
        ),
        pytest.param(
            "0 5 29 2 *",
            "Europe/Berlin",
            "2024-02-29T04:00Z",
            "2026-11-29T00:00Z",
            None,
            id="not its first instant",
        ),
        pytest.param(
            "0 5 29 2 *",
            "UTC",
            "2024-02-29T04:59Z",
            "2024-02-29T05:00Z",
            "2024-02-29T05:00Z",
            id="its last instant",
        ),
        pytest.param(
            "0 0 31 * *",
            "America/New_York",
            "2026-01-01T00:00Z",
            "2026-10-31T03:59Z",
            "2026-08-31T04:00Z",
            id="31st",
        ),
        pytest.param(
            "30 2 * 3 0",
            "Europe/Berlin",
            "2026-03-01T00:00Z",
            "2026-03-30T00:00Z",
            "2026-03-22T01:30Z",
            id="in a gap",
        ),
        pytest.param(
            "30 2 25 10 *",
            "Europe/Berlin",
            "2026-01-01T00:00Z",
            "2026-12-01T00:00Z",
            "2026-10-25T01:30Z",
            id="twice",
        ),
        pytest.param(
            "0 0 30 2 *", "Europe/Berlin", "2000-01-01T00:00Z", "2026-01-01T00:00Z", None, id="never"
        ),
        pytest.param(", * * * *", "UTC", "2000-01-01T00:00Z", "2026-01-01T00:00Z", None, id="no minute"),
        pytest.param(
            "@every 7m", "UTC", "1970-01-01T00:07Z", "1970-01-01T00:13Z", None, id="between multiples"
        ),
        pytest.param(
            "@every 7m", "UTC", "1970-01-01T00:06Z", "1970-01-01T00:14Z", "1970-01-01T00:14Z", id="a multiple"
        ),
    ],
)
def test_latest(spec: str, zone: str, after: str, until: str, expected: str | None) -> None:
    assert parse(spec, zone).latest(at(after), at(until)) == (at(expected) if expected else None)


class Asked(Zone):
    """A zone that counts how often it is asked for an offset."""

    __slots__ = ("times",)

    def __init__(self, name: str) -> None:
        super().__init__(name, load(name).info)
        self.times = 0

    def offset(self, instant: int) -> int:
        self.times += 1
        return super().offset(instant)


# Each month on the way would be two questions or more, each day five.
@pytest.mark.parametrize("spec", ["0 5 29 2 *", "0 5 31 1,3 *", "0 5 1 1 *", "0 0 30 2 *"])
@pytest.mark.parametrize(
    "instant",
    [
        "2026-11-29T01:00:00Z",
        "2026-03-08T15:00:00Z",
        pytest.param("2026-11-01T15:00:00Z", id="a day on which the clock changes"),
    ],
)
def test_what_comes_rarely_asks_the_zone_seldom(spec: str, instant: str) -> None:
    fields, zone = ScheduleFields(*robfig.parse(spec)), Asked("America/New_York")
    second = int(at(instant).timestamp())
    walk.first_after(fields, zone, second)
    walk.last_until(fields, zone, 0, second)
    zone.times = 0
    walk.first_after(fields, zone, second)
    assert zone.times <= 24
    zone.times = 0
    walk.last_until(fields, zone, 0, second)
    assert zone.times <= 24


def test_a_zone_forgets_the_years_of_a_long_search() -> None:
    zone = Asked("America/New_York")
    for year in range(1900, 2400):
        assert zone.hidden_firsts(year) == ()
    zone.times = 0
    zone.hidden_firsts(1900)
    assert zone.times > 0


@pytest.mark.parametrize(
    ("spec", "start"),
    [
        pytest.param("59 23 * * *", "2026-10-25T09:17:05Z", id="minutes"),
        pytest.param("17,18 * * * *", "2026-10-25T06:17:05Z", id="seconds"),
    ],
)
def test_on_the_day_of_a_change_a_slot_is_found_in_few_steps(monkeypatch, spec: str, start: str) -> None:
    """A tick looks for each due CronWorkflow's last slot, from a time with seconds."""
    schedule, looked, offset = parse(spec, "Europe/Berlin"), [], Zone.offset

    def counted(zone: Zone, instant: int) -> int:
        looked.append(instant)
        return offset(zone, instant)

    monkeypatch.setattr(Zone, "offset", counted)
    found = schedule.next(at(start))
    steps = len(looked)
    assert found == following(spec, "Europe/Berlin", at(start))
    assert steps < 60


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("Asia/Pyongyang", "2018-05-04T15:00:00Z"),
        ("America/Caracas", "2016-05-01T07:00:00Z"),
    ],
)
def test_a_change_within_the_hour_is_no_single_step(zone: str, change: str) -> None:
    for spec in ("25 * * * *", "*/10 * * * *", "40 1 * * *", "7,59 * * * *"):
        schedule = parse(spec, zone)
        for minutes in range(-90, 90):
            start = at(change) + timedelta(minutes=minutes, seconds=7)
            assert schedule.next(start) == following(spec, zone, start)
