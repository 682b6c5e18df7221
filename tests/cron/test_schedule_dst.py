"""What happens when the clock changes: one row for each kind of change."""

from datetime import UTC, datetime, timedelta

import pytest

from triggerfish.cron.schedules.schedule import parse
from triggerfish.cron.schedules.zones import load


def local_times(spec: str, zone: str, start: str, days: float) -> list[str]:
    """The slots of some days as wall clocks with their offset, for people to check."""
    schedule = parse(spec, zone)
    first = datetime.fromisoformat(start).astimezone(UTC)
    slots = schedule.between(first, first + timedelta(days=days), 1000)
    return [slot.astimezone(load(zone).info).strftime("%d %H:%M%z") for slot in slots]


@pytest.mark.parametrize(
    ("spec", "zone", "start", "days", "expected"),
    [
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T00:00+01:00",
            3,
            ["28 02:30+0100", "30 02:30+0200"],
            id="gap: 02:30 does not exist on the 29th, and is skipped",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T00:00+02:00",
            3,
            ["24 02:30+0200", "25 02:30+0200", "25 02:30+0100", "26 02:30+0100"],
            id="overlap: 02:30 comes twice on the 25th, and fires twice",
        ),
        pytest.param(
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:30+01:00",
            0.12,
            ["29 01:00+0100", "29 03:00+0200", "29 04:00+0200"],
            id="gap: hourly stays hourly",
        ),
        pytest.param(
            "0 * * * *",
            "America/New_York",
            "2026-11-01T00:30-04:00",
            0.13,
            ["01 01:00-0400", "01 01:00-0500", "01 02:00-0500"],
            id="overlap: hourly stays hourly",
        ),
        pytest.param(
            "*/30 1 * * *",
            "Europe/Dublin",
            "2026-10-25T00:00+01:00",
            0.2,
            ["25 01:00+0100", "25 01:30+0100", "25 01:00+0000", "25 01:30+0000"],
            id="Dublin: winter time is the exception in its data, and nothing else",
        ),
        pytest.param(
            "15,45 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00+10:30",
            1.9,
            ["04 02:45+1100", "05 02:15+1100", "05 02:45+1100"],
            id="Lord Howe: a gap of half an hour takes 02:15 and leaves 02:45",
        ),
        pytest.param(
            "15,45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T12:00+11:00",
            1,
            ["05 01:15+1100", "05 01:45+1100", "05 01:45+1030"],
            id="Lord Howe: an overlap of half an hour repeats 01:45, not 01:15",
        ),
        pytest.param(
            "0 0 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T12:00+11:00",
            3,
            ["05 00:00+1100", "07 00:00+1030"],
            id="Lord Howe: robfig's hours then stand at the half, and it loses the next midnight",
        ),
        pytest.param(
            "30 1 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00+10:30",
            1,
            ["04 01:30+1030", "04 02:30+1100"],
            id="Lord Howe: past the gap robfig takes 02:30 for half past one, and so does Argo",
        ),
        pytest.param(
            "0,30 2 31 * *",
            "Asia/Thimphu",
            "1987-09-28T00:00+05:30",
            40,
            ["31 02:30+0600"],
            id="Thimphu: a month without a midnight at its begin; robfig keeps the half hour to its end",
        ),
        pytest.param(
            "39 */2 15 * 0",
            "America/Goose_Bay",
            "1990-10-28T00:01-03:00",
            0.2,
            ["28 00:39-0400", "28 02:39-0400"],
            id="Goose Bay: at one past midnight an hour back, where robfig stands still for ever",
        ),
        pytest.param(
            "30 0-1 * * *",
            "Antarctica/Casey",
            "2010-03-04T11:00+11:00",
            1,
            ["05 00:30+1100", "05 01:30+1100", "05 00:30+0800", "05 01:30+0800"],
            id="Casey: three hours back over midnight, so a day begins twice",
        ),
        pytest.param(
            "30 0 * 11 *",
            "America/Argentina/Salta",
            "1988-11-30T22:08-03:00",
            337,
            ["02 00:30-0200"],
            id="Salta: a month began without a midnight, so robfig steps from the 2nd to the 2nd",
        ),
        pytest.param(
            "0 * * * *",
            "Antarctica/Troll",
            "2026-10-25T00:30+02:00",
            0.2,
            ["25 01:00+0200", "25 02:00+0200", "25 01:00+0000", "25 02:00+0000", "25 03:00+0000"],
            id="Troll: an overlap of two hours",
        ),
        pytest.param(
            "0 * * * *",
            "Antarctica/Troll",
            "2026-03-29T00:30+00:00",
            0.1,
            ["29 03:00+0200", "29 04:00+0200"],
            id="Troll: a gap of two hours",
        ),
        pytest.param(
            "30 0 * * *",
            "Africa/Cairo",
            "2026-04-22T12:00+02:00",
            3,
            ["23 00:30+0200", "25 00:30+0300"],
            id="Cairo: midnight and its hour vanish on the 24th",
        ),
        pytest.param(
            "0 1 23 4 *",
            "Africa/Cairo",
            "2026-04-22T12:00+02:00",
            9,
            ["23 01:00+0200"],
            id="Cairo: robfig fires on the 24th too, a wrong day; we do not",
        ),
        pytest.param(
            "30 23 * * *",
            "Africa/Cairo",
            "2026-10-29T12:00+03:00",
            1,
            ["29 23:30+0300", "29 23:30+0200"],
            id="Cairo: the last hour of a day comes twice",
        ),
        pytest.param(
            "0 0 * * *",
            "America/Havana",
            "2025-11-01T12:00-04:00",
            2,
            ["02 00:00-0400", "02 00:00-0500", "03 00:00-0500"],
            id="Havana: midnight comes twice",
        ),
        pytest.param(
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-28T00:00-10:00",
            3,
            ["28 12:00-1000", "29 12:00-1000", "31 12:00+1400"],
            id="Samoa: the 30th of December 2011 does not exist",
        ),
        pytest.param(
            "0 12 30 * *",
            "Pacific/Apia",
            "2011-12-01T00:00-10:00",
            62,
            ["30 12:00+1400"],
            id="Samoa: waiting for the day that does not exist; robfig hangs here",
        ),
        pytest.param(
            "59 23 * * *",
            "America/Moncton",
            "2004-10-30T12:00-03:00",
            2,
            ["30 23:59-0300", "31 23:59-0400"],
            id="Moncton: the clock went back over midnight; robfig steps over the second 23:59",
        ),
        pytest.param(
            "30 5 * * *",
            "Asia/Kathmandu",
            "2026-06-01T00:00+05:45",
            1,
            ["01 05:30+0545"],
            id="an offset of three quarters",
        ),
        pytest.param(
            "30 2 * * *",
            "Asia/Kolkata",
            "2026-03-28T00:00+05:30",
            3,
            ["28 02:30+0530", "29 02:30+0530", "30 02:30+0530"],
            id="a zone without changes",
        ),
        pytest.param(
            "30 2 * * *",
            "America/Sao_Paulo",
            "2026-10-17T00:00-03:00",
            2,
            ["17 02:30-0300", "18 02:30-0300"],
            id="a zone that gave up its changes",
        ),
        pytest.param(
            "30 1 * * *",
            "Europe/London",
            "2060-03-27T00:00+00:00",
            3,
            ["27 01:30+0000", "29 01:30+0100"],
            id="past the end of the tables the zone's rule goes on",
        ),
        pytest.param(
            "0 6 * * *",
            "UTC",
            "1969-12-30T00:00+00:00",
            3,
            ["30 06:00+0000", "31 06:00+0000", "01 06:00+0000"],
            id="before 1970",
        ),
    ],
)
def test_the_clock_changes(spec: str, zone: str, start: str, days: float, expected: list[str]) -> None:
    assert local_times(spec, zone, start, days) == expected


def test_an_interval_does_not_know_of_zones() -> None:
    schedule = parse("TZ=Europe/Berlin @every 1h30m")
    start = datetime(2026, 3, 28, 22, 0, 1, tzinfo=UTC)
    found = schedule.between(start, start + timedelta(hours=6), 9)
    assert [slot.strftime("%H:%M") for slot in found] == ["22:30", "00:00", "01:30", "03:00"]


def test_an_interval_is_aligned_to_the_epoch_whoever_asks() -> None:
    schedule = parse("@every 7m")
    start = datetime(2026, 6, 1, tzinfo=UTC)
    assert all(schedule.next(start + timedelta(seconds=s)).timestamp() % 420 == 0 for s in range(0, 2000, 37))


def test_from_within_an_overlap_the_walk_of_robfig_may_jump() -> None:
    # From 02:10 of the first pass it builds 02:00 anew, which Go makes the second: the second 01:30 is lost.
    start = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    assert parse("30 1 * * *", "Antarctica/Troll").next(start) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_clock_that_went_back_over_midnight_shows_its_day_again() -> None:
    # It is 00:00:59 on the 31st, and 23:01 on the 30th two seconds later.
    start = datetime(2004, 10, 31, 3, 0, 59, tzinfo=UTC)
    assert parse("59 23 * 10 *", "America/Moncton").next(start) == datetime(2004, 10, 31, 3, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "zone", "after", "until"),
    [
        ("56,40,1 21 */23 * */3", "Asia/Samarkand", "1981-03-31T17:37:10Z", "1981-04-04T06:11:59Z"),
        ("48,16,10 * */29 3-7 *", "Asia/Samarkand", "1981-03-30T19:50:29Z", "1981-04-01T02:10:50Z"),
        ("0 5 * * FRI", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z"),
        ("0 5 * * FRI", "Africa/Cairo", "2026-04-16T12:00:00Z", "2026-04-24T12:00:00Z"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"),
        ("* * * * *", "Africa/Cairo", "2026-04-20T12:00:00Z", "2026-04-24T03:00:30Z"),
    ],
)
def test_the_latest_slot_is_the_last_of_them_where_a_midnight_vanishes(
    spec: str, zone: str, after: str, until: str
) -> None:
    """robfig passes over slots on such a day, and whoever asks for the last one must not find them."""
    first, last = datetime.fromisoformat(after), datetime.fromisoformat(until)
    schedule = parse(spec, zone)
    found = schedule.between(first, last, 100_000)
    assert schedule.latest(first, last) == (found[-1] if found else None)
