"""Calendars of ConfigMaps: read once a version, apart unless they are short, and what is wrong is kept."""

from datetime import UTC, datetime

import pytest
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.cron.schedules import calendar_bounds, zones
from triggerfish.errors import Unanswered
from triggerfish.kube import calendar_process, calendars
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.runtime.apart import LimitExceeded, Unable
from triggerfish.runtime.clock import Clock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVENT = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTART;VALUE=DATE:{1}\r\n{2}END:VEVENT\r\n"


class Movable(Clock):
    __slots__ = ("seconds",)

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "seconds", 0.0)

    def monotonic(self):
        return self.seconds

    def now(self):
        return NOW


class Counted:
    """A process that counts what it is asked, and may have an accident."""

    def __init__(self, accident=None):
        self.asked, self.accident = 0, accident

    async def ask(self, question):
        self.asked += 1
        if self.accident:
            raise self.accident
        return calendar_process.answer(question)


def text(*events):
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n"


def many(count, mark=""):
    """Too long to be read at once."""
    return text(
        *(EVENT.format(f"{mark}{n}", f"2026{1 + n % 12:02}{1 + n % 28:02}", "") for n in range(count))
    )


SHORT = text(EVENT.format(1, "20261224", ""))


@pytest.fixture(autouse=True)
def nothing_read_before():
    calendars._read_before.clear()


class Place:
    def __init__(self, accident=None):
        self.model = Model(now=NOW)
        for name in ("team", "else"):
            self.model.put(NAMESPACES, None, {"metadata": {"name": name}})
        self.clock, self.process = Movable(), Counted(accident)
        self.calendars = Calendars(self.clock, self.process)

    def put(self, name, namespace="team", **files):
        data = {f"{key}.ics": value for key, value in files.items()}
        self.model.put(CONFIG_MAPS, namespace, {"metadata": {"name": name}, "data": data})

    async def of(self, *names, namespace="team"):
        notes = {"triggerfish.dev/exclude": "\n".join(f"ics:{name}" for name in names)}
        cron = {"metadata": {"namespace": namespace, "name": "x", "annotations": notes}}
        return await self.calendars.of(cron, Client(self.model))

    @property
    def gets(self):
        return sum(entry.call.verb == "get" for entry in self.model.history.entries)


async def test_a_short_one_needs_no_process():
    place = Place()
    place.put("holidays", days=SHORT)
    found = await place.of("holidays", "holidays/days.ics", "nowhere", "holidays/none.ics")
    assert sorted(found) == ["holidays", "holidays/days.ics"]
    assert place.process.asked == 0
    stretches = found["holidays"].stretches(zones.load("Europe/Berlin"))
    assert stretches.at(datetime(2026, 12, 23, 23, tzinfo=UTC))
    assert not stretches.at(datetime(2026, 12, 24, 23, tzinfo=UTC))


async def test_a_long_one_is_read_apart_once_a_version():
    place = Place()
    place.put("holidays", days=many(100))
    for _ in range(3):
        assert len((await place.of("holidays"))["holidays"].days) == 200
    assert (place.process.asked, place.gets) == (1, 1)
    object.__setattr__(place.clock, "seconds", 301.0)
    await place.of("holidays")
    assert (place.process.asked, place.gets) == (1, 2), "asked for, and the same version as before"
    place.model.edit(CONFIG_MAPS, "team", "holidays", {"data": {"days.ics": many(101)}})
    object.__setattr__(place.clock, "seconds", 602.0)
    assert len((await place.of("holidays"))["holidays"].days) == 202
    assert place.process.asked == 2


async def test_the_same_text_elsewhere_is_not_read_again():
    place = Place()
    place.put("holidays", days=many(100))
    place.put("copy", "else", days=many(100))
    await place.of("holidays")
    await place.of("copy", namespace="else")
    assert place.process.asked == 1


@pytest.mark.parametrize(
    ("accident", "says"),
    [(LimitExceeded("more than 5 s"), "the calendar takes more than 5 s to be read; leave")],
)
async def test_a_failure_is_remembered_too(accident, says):
    place = Place(accident)
    place.put("holidays", days=many(100))
    for _ in range(3):
        assert (await place.of("holidays"))["holidays"].problem.startswith(says)
    assert (place.process.asked, place.gets) == (1, 1)
    object.__setattr__(place.clock, "seconds", 301.0)
    await place.of("holidays")
    assert place.process.asked == 1


async def test_where_no_process_starts_nothing_is_remembered():
    place = Place(Unable("no process can be started"))
    place.put("holidays", days=many(100))
    for _ in range(2):
        with pytest.raises(Unanswered, match="no process"):
            await place.of("holidays")
    assert place.process.asked == 2


@pytest.mark.parametrize(
    ("ics", "says"),
    [
        pytest.param(text(EVENT.format(1, "20260101", "RRULE:FREQ=SECONDLY\r\n")), "SECONDLY", id="secondly"),
        pytest.param(text(EVENT.format(1, "20260101", f"SUMMARY:{'x' * 70_000}\r\n")), "64 KiB", id="large"),
        pytest.param(
            text(*(EVENT.format(n, "20260101", "RRULE:FREQ=DAILY\r\n") for n in range(9))), "5000", id="many"
        ),
    ],
)
async def test_what_exceeds_a_bound_of_text_reaches_no_library(ics, says):
    place = Place()
    place.put("holidays", days=ics)
    assert says in (await place.of("holidays"))["holidays"].problem
    assert place.process.asked == 0


async def test_more_than_ten_calendars_are_not_asked_for():
    place = Place()
    assert await place.of(*(f"c{number}" for number in range(11))) == {}
    assert place.gets == 0


async def test_what_is_kept_is_bounded_and_the_fullest_namespace_gives_way(monkeypatch):
    monkeypatch.setattr(calendars, "_most_bytes", 20_000)
    place = Place()
    place.put("mine", "else", days=many(100, "mine"))
    await place.of("mine", namespace="else")
    for number in range(20):
        place.put(f"c{number}", days=many(100, f"{number}-"))
        await place.of(f"c{number}")
    held = place.calendars._known
    assert sum(each.weight for each in held.values()) <= 20_000
    assert ("else", "mine") in held


@pytest.mark.parametrize(
    ("event", "cheap"),
    [
        ("20261224", True),
        ("20261224|RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24\r\n", True),
        ("20261224|RRULE:FREQ=WEEKLY;COUNT=10\r\n", True),
        ("19020101", False),
        ("20261224|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n", False),
        ("20261224|RRULE:FREQ=DAILY\r\n", False),
        ("20261224|RRULE:FREQ=WEEKLY\r\n", False),
        ("20261224|RRULE:FREQ=MONTHLY;BYSETPOS=5;BYDAY=MO\r\n", False),
        (f"20261224|SUMMARY:{'x' * 5_000}\r\n", False),
    ],
)
def test_only_what_is_short_and_plain_is_read_at_once(event, cheap):
    begin, _, more = event.partition("|")
    assert calendar_bounds.is_cheap(text(EVENT.format(1, begin, more)), 2026) is cheap


async def test_the_real_process_reads_what_this_one_reads():
    ics = many(300)
    answered = await calendars.APART.ask(calendar_process.question(ics, 2025, 2028))
    assert answered == calendar_process.answer(calendar_process.question(ics, 2025, 2028))
    assert calendar_process.understood(answered).days[:2]


async def test_a_rule_that_never_ends_is_ended_by_the_process():
    """The bounds of the text refuse it; this is what stands behind them."""
    hasty = calendars.Apart(calendars.APART.module, memory=160 << 20, seconds=1, patience=10.0)
    endless = text(*(EVENT.format(n, "20260101", "RRULE:FREQ=SECONDLY\r\n") for n in range(3)))
    with pytest.raises(LimitExceeded):
        await hasty.ask(calendar_process.question(endless, 2025, 2028))
