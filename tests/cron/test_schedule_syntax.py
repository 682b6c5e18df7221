"""What is a schedule and what is not."""

from datetime import UTC, datetime

import pytest

from triggerfish.cron.schedules.schedule import ScheduleError, parse
from triggerfish.cron.schedules.zones import load, names
from triggerfish.expressions.go import duration

START = datetime(2026, 11, 23, 10, 20, 30, tzinfo=UTC)  # a Monday


def following(text: str, count: int = 3) -> list[str]:
    schedule, at, found = parse(text), START, []
    for _ in range(count):
        at = schedule.next(at)
        found.append(at.strftime("%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "same"),
    [
        pytest.param("? ? ? ? ?", "* * * * *", id="? is * in any field"),
        pytest.param("3/15 * * * *", "3-59/15 * * * *", id="a start with a step runs to the end"),
        pytest.param("*/90 * * * *", "0 * * * *", id="a step past the end leaves the least"),
        pytest.param("*-5 * * * *", "* * * * *", id="what follows a star is not looked at"),
        pytest.param("1,,2 * * * *", "1,2 * * * *", id="an empty part is nothing"),
        pytest.param("+5 05 * * *", "5 5 * * *", id="a sign and zeros before a number"),
        pytest.param("0 0 * jan Mon", "0 0 * 1 1", id="names in any case"),
        pytest.param("0 0 * JAN-MAR/2 SUN-TUE", "0 0 * 1,3 0-2", id="names in ranges"),
        pytest.param("  0\t5 * *  * ", "0 5 * * *", id="blanks"),
        pytest.param("0\u20035 * *\u00a0*", "0 5 * * *", id="Go's blanks"),
        pytest.param("TZ= 0 5 * * *", "0 5 * * *", id="no zone is UTC"),
        pytest.param("TZ=Local 0 5 * * *", "0 5 * * *", id="Local is UTC: a function has no zone"),
        pytest.param("CRON_TZ=UTC   @daily  ", "0 0 * * *", id="blanks around a descriptor after a zone"),
        pytest.param("@yearly", "0 0 1 1 *", id="yearly"),
        pytest.param("@annually", "0 0 1 1 *", id="annually"),
        pytest.param("@monthly", "0 0 1 * *", id="monthly"),
        pytest.param("@weekly", "0 0 * * 0", id="weekly"),
        pytest.param("@midnight", "0 0 * * *", id="midnight"),
        pytest.param("@hourly", "0 * * * *", id="hourly"),
    ],
)
def test_accepted_and_the_same_as(text: str, same: str) -> None:
    assert following(text) == following(same)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0 0 27 * 5", ["27 00:00", "04 00:00", "11 00:00"], id="two restricted days: either"),
        pytest.param("0 0 */2 * MON", ["25 00:00", "27 00:00", "29 00:00"], id="*/2 with a weekday: either"),
        pytest.param(
            "0 0 1-31 * MON", ["24 00:00", "25 00:00", "26 00:00"], id="1-31 with a weekday: either"
        ),
        pytest.param("0 0 * * MON", ["30 00:00", "07 00:00", "14 00:00"], id="a star: both"),
        pytest.param("0 0 */1 * MON", ["30 00:00", "07 00:00", "14 00:00"], id="*/1 is a star"),
        pytest.param("0 0 7,14 * *,5", ["07 00:00", "14 00:00", "07 00:00"], id="*,5 is a star"),
        pytest.param("0 0 ?/1 * 1", ["30 00:00", "07 00:00", "14 00:00"], id="?/1 is a star"),
    ],
)
def test_the_day_rule(text: str, expected: list[str]) -> None:
    assert following(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "*", "* * * *", "* * * * * *", "TZ=UTC", "TZ=UTC ", "CRON_TZ=", "TZ=UTC\t* * * * *", "x"],
        *["60 * * * *", "-1 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *"],
        *["* * * * 7", "* * * * 0-7", "* * * * FRI-MON", "* * * * Sunday", "* * L * *", "* * 1W * *"],
        *["* * * * 1#2", "H * * * *", "*/0 * * * *", "*/-1 * * * *", "5-1 * * * *", "1-2-3 * * * *"],
        *[
            "1/2/3 * * * *",
            "1- * * * *",
            "-5 * * * *",
            "*5 * * * *",
            "** * * * *",
            "5/ * * * *",
            "/5 * * * *",
        ],
        *["1_0 * * * *", "0x1 * * * *", "１ * * * *", "٣ * * * *", "1.5 * * * *", "+ * * * *", "++1 * * * *"],
        *["99999999999999999999 * * * *", "1\x1c2 * * * *", "JAN * * * *", "* * * MON *", "* * * * JAN"],
        *["@Daily", "@reboot", "@daily ", " @daily", "@", "@daily x", "@every", "@every ", "@every  1h"],
        *[
            "@every 1h ",
            "@every 1d",
            "@every 5",
            "@every .s",
            "@every 1h-1m",
            "@every 1H",
            "@every 300000000h",
        ],
        *["TZ=Nowhere * * * * *", "TZ=../x * * * * *", "TZ=/etc/localtime * * * * *", "TZ=utc * * * * *"],
        *["TZ=Europe * * * * *", "TZ=Europe/ * * * * *", "TZ=Europe/./Berlin * * * * *", "TZ=é * * * * *"],
        *["TZ=Local/Nowhere * * * * *", "TZ=\x00 * * * * *", "TZ=zone.tab * * * * *", "TZ=CON * * * * *"],
        *["TZ=UTC TZ=UTC * * * * *", "tz=UTC * * * * *", "\ufeff* * * * *", "MIN HOUR DAY MON DOW"],
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse(text)
    assert str(caught.value)


@pytest.mark.parametrize("timezone", ["Europe/Berlin", "UTC"])
def test_a_zone_in_both_places_is_refused_by_name(timezone: str) -> None:
    with pytest.raises(ScheduleError, match=f"TZ=, but timezone is '{timezone}'"):
        parse("CRON_TZ=Europe/Berlin 0 5 * * *", timezone)


def test_an_unknown_zone_is_told_its_neighbours() -> None:
    with pytest.raises(ScheduleError, match="Europe/Berlin"):
        parse("0 5 * * *", "europe/berlin")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0 25 * * *", "hour '25' is outside 0–23"),
        ("0 0 * * FRI-MON", "day of week 'FRI-MON' ends before it begins"),
        ("0 0 * FOO *", "month 'FOO' needs a number or one of JAN"),
        ("*/0 * * * *", "step 0"),
        ("@every 1d", "unknown unit 'd'"),
    ],
)
def test_an_error_names_the_part(text: str, part: str) -> None:
    with pytest.raises(ScheduleError, match=part):
        parse(text)


@pytest.mark.parametrize(
    "text", ["0 0 31 2 *", ", * * * *", "* , * * *", "* * , * ,", "* * * , *", "0 0 31 4,6 *"]
)
def test_the_impossible_parses_and_never_fires(text: str) -> None:
    assert parse(text).next(START) is None
    assert not parse(text).has_slot(START, datetime(9000, 1, 1, tzinfo=UTC))
    assert parse(text).latest(START, datetime(2040, 1, 1, tzinfo=UTC)) is None


def test_a_leap_day_is_found_within_five_years_and_not_beyond() -> None:
    leap = parse("0 0 29 2 *")
    assert leap.next(START) == datetime(2028, 2, 29, tzinfo=UTC)
    assert leap.next(datetime(2096, 3, 1, tzinfo=UTC)) is None  # 2100 has none; 2104 is eight years away


def test_the_ends_of_the_calendar_are_no_error() -> None:
    assert parse("* * * * *", "Asia/Tokyo").next(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) is None
    assert parse("@every 1s").next(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)) is None
    assert parse("* * * * *", "America/New_York").next(datetime(1, 1, 1, tzinfo=UTC)) is not None


def test_equal_text_is_one_value() -> None:
    assert parse("0 5 * * *", "Europe/Berlin") is parse("0 5 * * *", "Europe/Berlin")
    assert parse("TZ=Europe/Berlin 0 5 * * *").zone == "Europe/Berlin"
    assert parse("0 5 * * *").zone == "UTC"


def test_every_zone_of_the_database_loads() -> None:
    assert len([load(name) for name in names()]) > 590


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("1h30m", 5_400 * 10**9),
        ("1.5h", 5_400 * 10**9),
        ("-.5s", -500_000_000),
        ("1.s", 10**9),
        ("+5us", 5_000),
        ("5µs", 5_000),
        ("5μs", 5_000),
        ("1m1ms1ns", 60_001_000_001),
        ("9223372036854775807ns", 2**63 - 1),
        ("-9223372036854775808ns", -(2**63)),
        ("0.00000000000000000001h", 0),
    ],
)
def test_a_duration_is_read_as_go_reads_it(text: str, nanoseconds: int) -> None:
    assert duration.nanoseconds(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("@every 0s", 1), ("@every -5m", 1), ("@every 1.9s", 1), ("@every 1h", 3600), ("@every 90s", 90)],
)
def test_an_interval_is_whole_seconds_and_at_least_one(text: str, seconds: int) -> None:
    first, second = parse(text).between(START, datetime(2027, 1, 1, tzinfo=UTC), 2)
    assert (second - first).total_seconds() == seconds
