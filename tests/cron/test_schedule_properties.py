"""What holds for every schedule, zone and instant."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from triggerfish.cron.schedules.schedule import Schedule, ScheduleError, parse
from triggerfish.cron.schedules.zones import load, names

ZONES = sorted(names())
# Zones that change by whole hours and never at midnight: there robfig loses nothing.
PLAIN = [
    *["UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Sydney", "Asia/Kolkata"],
    *["Europe/Dublin", "Pacific/Auckland", "Asia/Kathmandu", "America/Anchorage"],
]
MINUTE = timedelta(minutes=1)


def part(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    step = st.integers(1, most).map(lambda n: f"/{n}")
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        st.just("*"),
        number.map(str),
        span,
        st.tuples(st.one_of(st.just("*"), span, number.map(str)), step).map("".join),
    )


def field(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(part(least, most), min_size=1, max_size=3).map(",".join)


specs = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)).map(" ".join)
instants = st.integers(946_684_800, 3_786_912_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def numbers(text: str, least: int, most: int) -> tuple[set[int], bool]:
    """A field read the plain way, for comparison: its values, and whether it has a star."""
    values: set[int] = set()
    star = False
    for each in text.split(","):
        span, _, step = each.partition("/")
        low, dash, high = span.partition("-")
        if low == "*":
            first, last = least, most
            star = star or step in ("", "1")
        else:
            first = int(low)
            last = int(high) if dash else most if step else first
        values |= set(range(first, last + 1, int(step or 1)))
    return values, star


def fits(spec: str, at: datetime) -> bool:
    """Whether a wall clock fits, read off the fields one by one."""
    minute, hour, day, month, weekday = spec.split()
    days, any_day = numbers(day, 1, 31)
    weekdays, any_weekday = numbers(weekday, 0, 6)
    on_day, on_weekday = at.day in days, at.isoweekday() % 7 in weekdays
    return (
        at.second == 0
        and at.minute in numbers(minute, 0, 59)[0]
        and at.hour in numbers(hour, 0, 23)[0]
        and at.month in numbers(month, 1, 12)[0]
        and (on_day and on_weekday if any_day or any_weekday else on_day or on_weekday)
    )


@given(specs, st.sampled_from(ZONES), instants)
@settings(max_examples=300)
@example("0 1 23 4 *", "Africa/Cairo", datetime(2026, 4, 23, 12, tzinfo=UTC))
@example("0 1 * 3-5 6", "America/Havana", datetime(2025, 3, 8, 12, tzinfo=UTC))
@example("0 12 30 12 *", "Pacific/Apia", datetime(2011, 12, 1, tzinfo=UTC))
@example("0 0 * * *", "Australia/Lord_Howe", datetime(2026, 4, 4, 14, tzinfo=UTC))
def test_next_is_later_in_utc_and_shows_what_the_fields_ask(spec: str, zone: str, after: datetime) -> None:
    found = parse(spec, zone).next(after)
    if found is not None:
        assert found > after
        assert found.tzinfo is UTC
        info = load(zone).info
        local = found.astimezone(info)
        moved = local.utcoffset() - (found - timedelta(hours=1)).astimezone(info).utcoffset()
        # In the hour after a move by half an hour robfig may be off by it; the day is right all the same.
        clock = local if moved % timedelta(hours=1) == timedelta(0) else None
        assert fits(spec if clock else " ".join(["*", "*", *spec.split()[2:]]), local)
        assert local.year <= after.astimezone(info).year + 5


@given(specs, st.sampled_from(PLAIN), instants)
@settings(max_examples=100)
@example("30 1 * * *", "Europe/London", datetime(2026, 10, 25, 0, 10, tzinfo=UTC))
@example("15 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 20, tzinfo=UTC))
def test_no_matching_minute_is_passed_over(spec: str, zone: str, after: datetime) -> None:
    # Asked from within an overlap the walk may jump (a case of its own in the table); so ask from a noon.
    after = after.replace(hour=12, minute=0, second=0, microsecond=0)
    found = parse(spec, zone).next(after)
    info = load(zone).info
    at, end = after + MINUTE, min(found or after + timedelta(days=4), after + timedelta(days=4))
    while at < end:
        assert not fits(spec, at.astimezone(info)), at
        at += MINUTE


@given(specs, st.sampled_from(ZONES), instants, st.integers(0, 400_000), st.integers(1, 30))
@settings(max_examples=150)
def test_the_questions_about_an_interval_agree(
    spec: str, zone: str, after: datetime, seconds: int, limit: int
) -> None:
    schedule: Schedule = parse(spec, zone)
    until = after + timedelta(seconds=seconds)
    found = schedule.between(after, until, 10_000)
    assert schedule.between(after, until, limit) == found[:limit]
    assert schedule.has_slot(after, until) == bool(found)
    assert all(after < slot <= until for slot in found)
    assert list(found) == sorted(set(found))
    first = schedule.next(after)
    assert (first if first and first <= until else None) == (found[0] if found else None)


@given(specs, st.sampled_from(PLAIN), instants, st.integers(0, 4_000_000))
@settings(max_examples=100)
def test_latest_is_the_last(spec: str, zone: str, after: datetime, seconds: int) -> None:
    schedule, until = parse(spec, zone), after + timedelta(seconds=seconds)
    latest = schedule.latest(after, until)
    assert schedule.has_slot(after, until) == (latest is not None)
    if latest is not None:
        assert after < latest <= until
        assert not schedule.has_slot(latest, until)


@given(st.text(max_size=60), st.one_of(st.none(), st.text(max_size=20)), st.booleans())
@settings(max_examples=300)
def test_any_text_is_a_schedule_or_a_schedule_error(text: str, zone: str | None, extended: bool) -> None:
    try:
        schedule = parse(text, zone, extended=extended, seed="a/b")
    except ScheduleError:
        return
    assert schedule.text == text


@given(st.text(alphabet="0123456789*/-,?LW#HR() MONFRIJAN@every", max_size=40), st.booleans())
@settings(max_examples=500)
def test_text_of_the_right_letters_is_a_schedule_or_a_schedule_error(text: str, extended: bool) -> None:
    try:
        schedule = parse(text, extended=extended, seed="a/b")
    except ScheduleError:
        return
    found = schedule.next(datetime(2026, 1, 1, tzinfo=UTC))
    assert found is None or found.year >= 2026
