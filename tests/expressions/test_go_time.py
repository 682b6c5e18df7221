"""Times and durations as Go has them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.expressions.go.duration import Duration, parse_duration
from triggerfish.expressions.go.layout import RFC3339_NANO, layout
from triggerfish.expressions.go.time import Location, Time, load_location
from triggerfish.expressions.go.time_parsing import parse_time
from triggerfish.expressions.limits import Failure

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
moments = st.integers(-62_000_000_000, 253_000_000_000).map(lambda s: EPOCH + timedelta(seconds=s))


@pytest.mark.parametrize(
    ("text", "nanoseconds", "written"),
    [
        ("1h30m", 5_400_000_000_000, "1h30m0s"),
        ("-1.5s", -1_500_000_000, "-1.5s"),
        ("0", 0, "0s"),
        ("1ns", 1, "1ns"),
        ("1500us", 1_500_000, "1.5ms"),
        ("20µs", 20_000, "20µs"),
        (".5h", 1_800_000_000_000, "30m0s"),
        ("1h1m1.001s", 3_661_001_000_000, "1h1m1.001s"),
        ("-9223372036854775808ns", -(2**63), "-2562047h47m16.854775808s"),
    ],
)
def test_durations_are_read_and_written(text: str, nanoseconds: int, written: str) -> None:
    assert parse_duration(text) == Duration(nanoseconds)
    assert str(Duration(nanoseconds)) == written


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1x", "1h-1m", "--1s", ".s", "9223372036854775808ns", "1 h", "٣s"]
)
def test_what_is_no_duration_fails(text: str) -> None:
    with pytest.raises(Failure, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("Mon Jan _2 15:04:05 MST 2006", "Sun Mar  8 09:05:07 UTC 2026"),
        ("Monday, 02-Jan-06 03:04:05 PM", "Sunday, 08-Mar-26 09:05:07 AM"),
        ("2006-01-02T15:04:05.000000000Z07:00", "2026-03-08T09:05:07.012000000Z"),
        ("2006-01-02T15:04:05.999Z07:00", "2026-03-08T09:05:07.012Z"),
        ("002 __2 _2006 1/2 3:4:5 pm", "067  67 _2026 3/8 9:5:7 am"),
        ("-0700 -07 -07:00:00 Z0700", "+0000 +00 +00:00:00 Z"),
        ("Jane Januaryx 20062", "Jane Marchx 20268"),
    ],
)
def test_layouts_write(form: str, text: str) -> None:
    assert layout(Time.of(datetime(2026, 3, 8, 9, 5, 7, 12_000, tzinfo=UTC)), form) == text


@pytest.mark.parametrize(
    ("form", "text", "wanted"),
    [
        ("2006-01-02", "2026-02-29", "day out of range"),
        ("2006-01-02", "2026-13-01", "month out of range"),
        ("15:04", "24:00", "hour out of range"),
        ("2006-01-02", "2026-01-02x", "extra text"),
        ("2006-01-02", "26-01-02", "cannot parse"),
        ("MST", "abc", "cannot parse"),
        ("-0700", "+9900", "time zone offset hour out of range"),
        ("2006 002", "2026 366", "day-of-year out of range"),
    ],
)
def test_layouts_refuse(form: str, text: str, wanted: str) -> None:
    with pytest.raises(Failure, match=wanted):
        parse_time(form, text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("2026-03-29 02:30:00", "2026-03-29T03:30:00+02:00", id="gap: no 02:30 that day"),
        pytest.param("2026-10-25 02:30:00", "2026-10-25T02:30:00+01:00", id="overlap: the second, as in Go"),
        pytest.param("2026-07-01 00:00:00", "2026-07-01T00:00:00+02:00", id="summer"),
        pytest.param("1890-01-01 00:00:00", "1890-01-01T00:00:00+00:53", id="before zones were whole hours"),
    ],
)
def test_a_wall_clock_in_a_zone(text: str, seen: str) -> None:
    time = parse_time("2006-01-02 15:04:05", text, load_location("Europe/Berlin"))
    assert layout(time, "2006-01-02T15:04:05-07:00") == seen


@given(moments, st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]))
def test_what_is_written_reads_back_as_the_same_instant(moment: datetime, zone: str) -> None:
    time = Time.of(moment.replace(tzinfo=ZoneInfo(zone)))
    offset = time.zone[0]
    if offset % 60 == 0:
        assert parse_time(RFC3339_NANO, layout(time, RFC3339_NANO)) == time


@given(moments, st.integers(-720, 720))
def test_a_datetime_shows_the_same_clock(moment: datetime, minutes: int) -> None:
    wall = Time.of(moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))).wall()
    assert (wall.year, wall.month, wall.day) == (moment.year, moment.month, moment.day)
    assert (wall.hour, wall.minute, wall.second) == (moment.hour, moment.minute, moment.second)
    assert wall.weekday == moment.isoweekday() % 7
    assert wall.yearday == moment.timetuple().tm_yday


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "", "a" * 500, "Europe"])
def test_zones_come_from_the_database_only(name: str) -> None:
    if name == "":
        assert load_location(name) == Location("UTC", 0)
        return
    with pytest.raises(Failure, match="unknown time zone"):
        load_location(name)
