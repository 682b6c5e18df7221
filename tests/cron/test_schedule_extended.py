"""The extended syntax: L, W, # and H as croniter has them, in our zones and with our day rule."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.cron.schedules import extended, robfig
from triggerfish.cron.schedules.fields import month_length
from triggerfish.cron.schedules.schedule import ScheduleError, parse

START = datetime(2026, 11, 23, tzinfo=UTC)


def days(text: str, count: int = 4, zone: str | None = None) -> list[str]:
    schedule = parse(text, zone, extended=True, seed="team/nightly")
    return [
        slot.strftime("%m-%d %H:%M") for slot in schedule.between(START, START + timedelta(days=900), count)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "0 9 L * *", ["11-30 09:00", "12-31 09:00", "01-31 09:00", "02-28 09:00"], id="last day"
        ),
        pytest.param(
            "0 9 15W * *", ["12-15 09:00", "01-15 09:00", "02-15 09:00", "03-15 09:00"], id="weekday"
        ),
        pytest.param("0 9 1W 5 *", ["05-03 09:00", "05-01 09:00"], id="1W of a Saturday is the Monday after"),
        pytest.param(
            "0 9 * * MON#1", ["12-07 09:00", "01-04 09:00", "02-01 09:00", "03-01 09:00"], id="first Monday"
        ),
        pytest.param(
            "0 9 * * 5#5", ["01-29 09:00", "04-30 09:00", "07-30 09:00", "10-29 09:00"], id="fifth Friday"
        ),
        pytest.param(
            "0 9 * * L5", ["11-27 09:00", "12-25 09:00", "01-29 09:00", "02-26 09:00"], id="last Friday"
        ),
        pytest.param(
            "0 9 1 * 0#1,1#1,2#1,3#1,4#1,5#1,6#1",
            ["12-01 09:00", "01-01 09:00"],
            id="all weekdays are a star",
        ),
        pytest.param(
            "0 9 L * MON#1", ["11-30 09:00", "12-07 09:00", "12-31 09:00", "01-04 09:00"], id="either"
        ),
        pytest.param(
            "0 9 1,L 2 *", ["02-01 09:00", "02-28 09:00", "02-01 09:00", "02-29 09:00"], id="leap year"
        ),
        pytest.param(
            "0 9 L */2 *", ["11-30 09:00", "01-31 09:00", "03-31 09:00", "05-31 09:00"], id="months"
        ),
        pytest.param(
            "0 9 * * 7", ["11-29 09:00", "12-06 09:00", "12-13 09:00", "12-20 09:00"], id="7 is Sunday"
        ),
    ],
)
def test_days(text: str, expected: list[str]) -> None:
    assert days(text, len(expected)) == expected


def test_a_gap_skips_and_an_overlap_fires_twice_as_ever() -> None:
    schedule = parse("30 2 * * L7", "Europe/Berlin", extended=True)  # the last Sunday, when clocks change
    found = schedule.between(datetime(2026, 9, 30, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), 9)
    assert [slot.strftime("%d %H:%M") for slot in found] == ["25 00:30", "25 01:30"]
    spring = schedule.between(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), 9)
    assert spring == ()


class TestSpread:
    def test_the_same_name_has_the_same_minute(self) -> None:
        one, two = (parse("H H * * *", extended=True, seed="team/nightly").next(START) for _ in range(2))
        assert one == two

    def test_names_spread(self) -> None:
        minutes = {parse("H * * * *", extended=True, seed=f"team/{i}").next(START).minute for i in range(300)}
        assert len(minutes) > 50

    def test_a_step_keeps_its_distance(self) -> None:
        found = parse("H/15 * * * *", extended=True, seed="a/b").between(
            START, START + timedelta(hours=3), 99
        )
        assert {(b - a).total_seconds() for a, b in pairwise(found)} == {900}

    def test_a_range_holds(self) -> None:
        hours = {parse("0 H(2-4) * * *", extended=True, seed=f"a/{i}").next(START).hour for i in range(60)}
        assert hours == {2, 3, 4}

    def test_the_seed_matters_only_to_the_extended_syntax(self) -> None:
        assert parse("5 * * * *", seed="a") == parse("5 * * * *", seed="b")


@pytest.mark.parametrize(
    "text",
    [
        "5 3 * * *",
        "*/7 1-5 1,15 * MON",
        "0 0 */2 * MON",
        "?/2 * * JAN ?",
        "*-5 * * * *",
        "@daily",
        "@every 5m",
    ],
)
def test_what_the_standard_accepts_means_the_same(text: str) -> None:
    standard, extended = parse(text), parse(text, extended=True, seed="x")
    assert standard.between(START, START + timedelta(days=80), 200) == extended.between(
        START, START + timedelta(days=80), 200
    )


@pytest.mark.parametrize(
    "text",
    [
        *["R * * * *", "* R * * *", "* * * * 8", "61 * * * *", "* * 32W * *", "* * 1W,15 * *", "* * LW * *"],
        *[
            "* * * * MON#6",
            "* * * * #1",
            "* * L-3 * *",
            "x * * * *",
            "* * * *",
            "* * * * * *",
            "H(5-1) * * * *",
        ],
        *[
            "H/0 * * * *",
            "* * * * L8",
            "* * W * *",
            "@H",
            "0 0 " + "1," * 200 + "L * *",
            "TZ=Nowhere 0 0 L * *",
        ],
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse(text, extended=True, seed="a/b")


@pytest.mark.parametrize("text", ["0 0 L * *", "H * * * *", "0 0 * * MON#1", "0 0 15W * *"])
def test_not_accepted_unless_asked_for(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse(text)


def test_a_day_that_never_comes() -> None:
    assert parse("0 0 30,31 2 *", extended=True).next(START) is None


def test_croniter_is_not_imported_for_the_standard_syntax() -> None:
    program = (
        "import sys; from triggerfish.cron.schedules.schedule import parse\n"
        "parse('0 5 * * *'); parse('0 5 * * MON', extended=True)\n"
        "print(sorted({'croniter', 'icalendar', 'recurring_ical_events'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def hashed(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(max(least - 1, 0), most + 1)
    span = st.one_of(st.just(""), st.tuples(number, number).map(lambda pair: f"({pair[0]}-{pair[1]})"))
    step = st.one_of(st.just(""), st.integers(0, most + 2).map(lambda step: f"/{step}"))
    return st.tuples(st.sampled_from("Hh"), span, step).map("".join)


def listed(*each: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*each), min_size=1, max_size=8).map(",".join)


date_fields = st.one_of(
    hashed(1, 31),
    st.integers(0, 33).flatmap(lambda day: st.sampled_from([f"{day}W", f"w{day}"])),
    listed(st.sampled_from("Ll"), st.integers(0, 33).map(str)),
    st.sampled_from(["1-5,L", "1-L", "LW", "L-3"]),
)
which = st.tuples(st.sampled_from([*"0123456789", "MON", "sun"]), st.integers(0, 6)).map(
    lambda pair: f"{pair[0]}#{pair[1]}"
)
weekday_fields = st.one_of(
    hashed(0, 6),
    listed(which, st.integers(0, 8).map(lambda day: f"L{day}")),
    st.sampled_from(["5L", "MON-FRI#2", "LFRI", "3,5#1", "0#1,1#1,2#1,3#1,4#1,5#1,6#1"]),
)
places = st.one_of(
    st.tuples(st.just(0), hashed(0, 59)),
    st.tuples(st.just(1), hashed(0, 23)),
    st.tuples(st.just(2), date_fields),
    st.tuples(st.just(3), hashed(1, 12)),
    st.tuples(st.just(4), weekday_fields),
)


@given(places, st.text(max_size=8), st.integers(1990, 2040))
@settings(max_examples=300, deadline=None)
def test_each_field_is_what_croniter_makes_of_it(place: tuple[int, str], seed: str, year: int) -> None:
    index, field = place
    fields = ["0", "0", "*", "*", "*"] if index in (2, 4) else ["*"] * 5
    fields[index] = field
    bounds = robfig.FIELDS[index]
    try:
        expanded = croniter.expand(" ".join(fields), hash_id=seed.encode())[0][index]
    except Exception:
        with pytest.raises(ScheduleError):
            extended.parse(" ".join(fields), seed)
        return
    numbers = range(bounds.least, bounds.most + 1) if expanded == ["*"] else expanded
    bits = extended.parse(" ".join(fields), seed)
    if index not in (2, 4):
        assert bits[(0, 1, None, 2)[index]] == sum(1 << number for number in numbers)
        return
    pair = (field, "*") if index == 2 else ("*", field)
    theirs = extended.CroniterDays(*pair, seed)
    for month in range(1, 13):
        first, length = (date(year, month, 1).isoweekday()) % 7, month_length(year, month)
        assert bits[3].of(year, month, first, length) == theirs.of(year, month, first, length)


def test_usual_fields_need_no_croniter() -> None:
    program = (
        "import sys; from triggerfish.cron.schedules.schedule import parse\n"
        "from datetime import datetime, UTC\n"
        "for text in ('H H(2-4) * * *', 'H/15 * * * *', '0 0 L * *', '0 0 1,L 2 *', '0 0 15W * *',"
        " '0 0 * 2 5#5', '0 0 * * MON#1,L5', '0 0 H * H'):\n"
        "    parse(text, extended=True, seed='a/b').next(datetime(2026, 1, 1, tzinfo=UTC))\n"
        "print('croniter' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
