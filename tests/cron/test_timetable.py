"""One CronWorkflow's slots: several schedules, exclusions, jitter, limits, single instants."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.schedules.exclusions import Period
from triggerfish.errors import SpecError

START = datetime(2026, 11, 23, tzinfo=UTC)
HOLIDAYS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//triggerfish//tests//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20251224
DTEND;VALUE=DATE:20251227
RRULE:FREQ=YEARLY
SUMMARY:Christmas
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261124T053000Z
DTEND:20261124T063000Z
SUMMARY:Release freeze
END:VEVENT
END:VCALENDAR
"""


def timetable(*schedules: str, timezone: str = "", name: str = "nightly", **notes: str) -> Timetable:
    annotations = {f"triggerfish.dev/{key.replace('_', '-')}": text for key, text in notes.items()}
    return Timetable.of(
        {
            "metadata": {"name": name, "namespace": "team", "annotations": annotations},
            "spec": {"schedules": list(schedules), "timezone": timezone},
        },
        calendars={"holidays": HOLIDAYS},
    )


def names(table: Timetable, days: float = 4, limit: int = 50) -> list[str]:
    return [
        slot.at.strftime("%d %H:%M") for slot in table.between(START, START + timedelta(days=days), limit)
    ]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        pytest.param("2026-11-24", ["23 05:00", "25 05:00", "26 05:00"], id="one day"),
        pytest.param("2026-11-24/2026-11-25", ["23 05:00", "26 05:00"], id="days, both ends"),
        pytest.param("2026-11-24 to 2026-11-25\n2026-11-26", ["23 05:00"], id="two lines"),
        pytest.param("2026-11-24..2026-11-24;2026-11-26", ["23 05:00", "25 05:00"], id="dots and semicolon"),
        pytest.param(
            "2026-11-23T05:00Z/2026-11-24T05:00Z",
            ["24 05:00", "25 05:00", "26 05:00"],
            id="times: the end is not in it",
        ),
        pytest.param("* * * * TUE,WED", ["23 05:00", "26 05:00"], id="a cron expression names minutes"),
        pytest.param("1-59 * * * *", ["23 05:00", "24 05:00", "25 05:00", "26 05:00"], id="not this minute"),
        pytest.param("* * * * *", [], id="everything"),
        pytest.param("ics:holidays", ["23 05:00", "25 05:00", "26 05:00"], id="an event of a calendar"),
    ],
)
def test_an_excluded_slot_is_no_slot(exclude: str, left: list[str]) -> None:
    table = timetable("0 5 * * *", exclude=exclude)
    if exclude.startswith("ics"):
        table = timetable("45 5 * * *", exclude=exclude)
        left = [slot.replace("05:00", "05:45") for slot in left]
    assert names(table) == left


def test_excluded_slots_can_be_shown_with_what_excludes_them() -> None:
    table = timetable("0 5 * * *", exclude="2026-11-24; * * * * WED")
    found = table.slots(START, START + timedelta(days=4), 10)
    assert [slot.excluded for slot in found] == ["", "2026-11-24", "* * * * WED", ""]


def test_a_yearly_event_excludes_its_days_in_the_zone_of_the_cron() -> None:
    table = timetable("0 0 * * *", timezone="Asia/Tokyo", exclude="ics:holidays")
    start = datetime(2027, 12, 22, 15, tzinfo=UTC)
    days = [slot.at.strftime("%m-%d") for slot in table.between(start, start + timedelta(days=6), 9)]
    assert days == ["12-26", "12-27", "12-28"]  # midnight in Tokyo is 15:00 of the day before


def test_a_blackout_of_years_costs_nothing_to_skip() -> None:
    table = timetable("* * * * *", exclude="2026-01-01/2029-12-31")
    found = table.next(START)
    assert found is not None
    assert found.at == datetime(2030, 1, 1, tzinfo=UTC)
    assert table.latest(START, START + timedelta(days=900)) is None


def test_schedules_are_merged_and_an_instant_comes_once() -> None:
    table = timetable("0 */12 * * *", "0 12 * * *", "CRON_TZ=Asia/Tokyo 0 21 * * *")
    assert names(table, days=1) == ["23 12:00", "24 00:00"]
    assert table.next(START).schedule == "0 */12 * * *"


class TestJitter:
    def test_it_moves_when_a_slot_is_due_and_not_its_name(self) -> None:
        table = timetable("0 * * * *", jitter="10")
        for slot in table.between(START, START + timedelta(days=2), 100):
            assert slot.at.minute == 0
            assert timedelta(0) <= slot.due - slot.at <= timedelta(minutes=10)
            assert slot.due == table.due(slot.at)

    def test_it_differs_from_one_cron_to_another(self) -> None:
        minutes = {
            timetable("0 5 * * *", jitter="30", name=f"n{i}").next(START).due.minute for i in range(60)
        }
        assert len(minutes) > 20

    def test_ticks_find_each_slot_once_though_shifts_cross(self) -> None:
        table = timetable("*/5 * * * *", jitter="12")
        now, found = START, []
        while now < START + timedelta(hours=6):
            found += [slot.at for slot in table.between(now, now + timedelta(minutes=1), 10)]
            now += timedelta(minutes=1)
        whole = table.between(START, now, 1000)
        assert sorted(found) == sorted(slot.at for slot in whole)
        assert len(found) == len(set(found)) > 60

    def test_next_and_latest_are_the_ends_of_between(self) -> None:
        table = timetable("*/7 * * * *", jitter="20", exclude="* 3 * * *")
        for minutes in range(0, 600, 13):
            after, until = START + timedelta(minutes=minutes), START + timedelta(minutes=minutes + 300)
            found = table.between(after, until, 1000)
            assert table.next(after).due == found[0].due
            assert table.latest(after, until).due == found[-1].due


def test_not_before_and_not_after_are_days_of_the_zone_with_both_ends() -> None:
    table = timetable(
        "0 0 * * *", timezone="America/New_York", not_before="2026-11-24", not_after="2026-11-25"
    )
    assert names(table) == ["24 05:00", "25 05:00"]


def test_not_after_an_instant_keeps_the_slot_at_it() -> None:
    assert names(timetable("0 5 * * *", not_after="2026-11-24T05:00Z")) == ["23 05:00", "24 05:00"]
    assert timetable("0 5 * * *", not_after="2026-11-24").next(START + timedelta(days=3)) is None


class TestInstants:
    def test_they_need_no_schedule(self) -> None:
        table = timetable(at="2026-11-24T10:00, 2026-11-23T09:00:30+01:00", timezone="Europe/Berlin")
        assert names(table) == ["23 08:00", "24 09:00"]
        assert table.next(START).schedule == "at"

    def test_they_are_merged_with_schedules(self) -> None:
        assert names(timetable("0 5 * * *", at='["2026-11-23T06:00Z"]'), days=1) == ["23 05:00", "23 06:00"]

    def test_a_wall_clock_that_comes_twice_is_its_first_pass(self) -> None:
        table = timetable(at="2026-10-25T02:30", timezone="Europe/Berlin")
        assert table.at == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC),)


class TestOncePerDayInOverlap:
    NIGHT = datetime(2026, 10, 24, 22, tzinfo=UTC)

    @pytest.mark.parametrize(("once", "count"), [("", 2), ("false", 2), ("true", 1)])
    def test_a_daily_job_in_the_overlap(self, once: str, count: int) -> None:
        table = timetable("30 2 * * *", timezone="Europe/Berlin", once_per_day_in_overlap=once)
        found = table.between(self.NIGHT, self.NIGHT + timedelta(hours=8), 9)
        assert len(found) == count
        assert found[0].at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert table.latest(self.NIGHT, self.NIGHT + timedelta(hours=8)) == found[-1]

    def test_an_interval_has_no_wall_clock(self) -> None:
        table = timetable("@every 30m", timezone="Europe/Berlin", once_per_day_in_overlap="true")
        assert len(table.between(self.NIGHT, self.NIGHT + timedelta(hours=8), 99)) == 16


def test_schedules_that_the_crd_refuses_come_from_the_annotation() -> None:
    table = timetable(
        "0 0 1 1 *", schedules="TZ=Asia/Tokyo 0 14 * * *\n0 9 * * MON#4\n", schedule_syntax="extended"
    )
    assert names(table, days=2) == ["23 05:00", "23 09:00", "24 05:00"]


@pytest.mark.parametrize(
    ("spec", "notes", "field"),
    [
        pytest.param({}, {}, "spec.schedules", id="no schedule"),
        pytest.param({"schedules": []}, {}, "spec.schedules", id="an empty list"),
        pytest.param({"schedule": "* * * * *", "schedules": ["* * * * *"]}, {}, "spec.schedule", id="both"),
        pytest.param({"schedules": ["* * * * *", "61 * * * *"]}, {}, "spec.schedules[1]", id="the second"),
        pytest.param({"schedules": "* * * * *"}, {}, "spec.schedules", id="a text, no list"),
        pytest.param({"schedules": [5]}, {}, "spec.schedules[0]", id="a number"),
        pytest.param({"schedule": 5}, {}, "spec.schedule", id="a number, old field"),
        pytest.param({"schedule": "* * * * *", "timezone": "Mars/Base"}, {}, "spec.timezone", id="zone"),
        pytest.param({"schedule": "* * * * *", "timezone": 1}, {}, "spec.timezone", id="a number as zone"),
        pytest.param(
            {"schedule": "TZ=UTC * * * * *", "timezone": "UTC"},
            {},
            "spec.schedule",
            id="two zones, even if alike",
        ),
        pytest.param({"schedule": "0 0 L * *"}, {}, "spec.schedule", id="L without being asked for"),
        pytest.param({"schedule": "@daily"}, {"exclude": "tomorrow"}, "exclude", id="exclude"),
        pytest.param({"schedule": "@daily"}, {"exclude": "2026-02-30"}, "exclude", id="exclude no such day"),
        pytest.param({"schedule": "@daily"}, {"exclude": "2026-02-03/2026-02-01"}, "exclude", id="backwards"),
        pytest.param({"schedule": "@daily"}, {"exclude": "@every 1h"}, "exclude", id="exclude interval"),
        pytest.param({"schedule": "@daily"}, {"exclude": "ics:none"}, "exclude", id="no such calendar"),
        pytest.param({"schedule": "@daily"}, {"exclude": "ics:broken"}, "exclude", id="broken calendar"),
        pytest.param({"schedule": "@daily"}, {"jitter": "ninety"}, "jitter", id="jitter"),
        pytest.param({"schedule": "@daily"}, {"jitter": "90s"}, "jitter", id="jitter not whole minutes"),
        pytest.param({"schedule": "@daily"}, {"jitter": "-5"}, "jitter", id="jitter negative"),
        pytest.param({"schedule": "@daily"}, {"jitter": "1441"}, "jitter", id="jitter of more than a day"),
        pytest.param({"schedule": "@daily"}, {"not-before": "soon"}, "not-before", id="not-before"),
        pytest.param({"schedule": "@daily"}, {"not-after": "2026-13-01"}, "not-after", id="not-after"),
        pytest.param({"schedule": "@daily"}, {"at": "2026-11-24"}, "at", id="at a day"),
        pytest.param({"schedule": "@daily"}, {"at": "[1"}, "at", id="at no JSON"),
        pytest.param(
            {"schedule": "@daily", "timezone": "Europe/Berlin"},
            {"at": "2026-03-29T02:30"},
            "at",
            id="at in a gap",
        ),
        pytest.param({"schedule": "@daily"}, {"schedule-syntax": "quartz"}, "schedule-syntax", id="syntax"),
        pytest.param({"schedule": "@daily"}, {"schedules": "x"}, "schedules", id="annotation's schedules"),
        pytest.param(
            {"schedule": "@daily"}, {"once-per-day-in-overlap": "yes"}, "once-per-day-in-overlap", id="once"
        ),
    ],
)
def test_what_is_wrong_names_its_field(spec: dict, notes: dict, field: str) -> None:
    annotations = {f"triggerfish.dev/{key}": text for key, text in notes.items()}
    cron = {"metadata": {"name": "a", "annotations": annotations}, "spec": spec}
    with pytest.raises(SpecError) as caught:
        Timetable.of(cron, calendars={"broken": "BEGIN:VCALENDAR\nDTSTART:x"})
    expected = f"metadata.annotations[triggerfish.dev/{field}]" if notes else field
    assert caught.value.field == expected


def test_calendars_are_named_without_reading_the_rest() -> None:
    notes = {"triggerfish.dev/exclude": "2026-01-01\nics:holidays/berlin.ics; ics: freeze"}
    cron = {"metadata": {"annotations": notes}, "spec": {"schedule": "x"}}
    assert Timetable.calendars(cron) == ("holidays/berlin.ics", "freeze")
    assert Timetable.calendars({"metadata": {}}) == ()


def test_an_impossible_schedule_is_named() -> None:
    wrong = timetable("0 0 * * *", "0 0 31 2 *").check(START)
    assert wrong is not None
    assert wrong.field == "spec.schedules[1]"
    assert timetable("0 0 29 2 *").check(START) is None


def test_last_used_is_what_argo_notes() -> None:
    assert timetable("0 5 * * *", "@daily", timezone="Asia/Tokyo").last_used == (
        "CRON_TZ=Asia/Tokyo 0 5 * * *",
        "CRON_TZ=Asia/Tokyo @daily",
    )
    assert timetable("0 5 * * *").last_used == ("0 5 * * *",)


@dataclass
class Everything:
    """Excludes each minute, one at a time, and counts how often it was asked."""

    text: str = "all"
    asked: list[datetime] = field(default_factory=list)

    def period(self, instant: datetime) -> Period:
        self.asked.append(instant)
        return Period(instant, instant + timedelta(minutes=1))


class Nothing(Everything):
    def period(self, instant: datetime) -> None:
        self.asked.append(instant)


@pytest.mark.parametrize(("schedules", "others"), [(1, 0), (100, 0), (1, 199), (1000, 199)])
@pytest.mark.parametrize(("call", "most"), [("coming", 1_000), ("next", 20_000), ("latest", 20_000)])
def test_slots_that_are_all_excluded_have_their_price(schedules, others, call, most) -> None:
    everything, idle = Everything(), Nothing()
    table = replace(timetable(*["* * * * *"] * schedules), exclusions=(idle,) * others + (everything,))
    until = (START + timedelta(days=400),) if call == "latest" else ()
    found = getattr(table, call)(START, *until)
    assert (found[0] if call == "coming" else found) is None
    # As many schedules as are asked for each slot, and as many exclusions.
    looked = len(everything.asked) * (schedules + others + 1)
    assert looked <= max(most, 5 * (schedules + others + 1))
    assert len(everything.asked) >= 4


def test_what_was_looked_through_is_not_looked_through_again() -> None:
    everything = Everything()
    table = replace(timetable("* * * * *"), exclusions=(everything,))
    _, barren = table.coming(START)
    assert barren is not None
    assert barren > START + timedelta(hours=1)
    everything.asked.clear()
    assert table.coming(START + timedelta(hours=1)) == (None, barren)
    assert not everything.asked
    assert table.coming(barren)[1] > barren


def test_more_excluded_slots_than_are_looked_at_hide_none_after_them() -> None:
    table = timetable("*/2 * * * *", exclude="*/2 * * 11,12 *")
    slot, barren, pieces = None, START, 0
    while slot is None:
        slot, following = table.coming(barren)
        assert slot or following > barren
        barren, pieces = following, pieces + 1
    assert slot.at == datetime(2027, 1, 1, tzinfo=UTC)
    assert pieces > 10


def test_what_is_excluded_for_five_years_is_never() -> None:
    assert timetable("30 5 * * *", exclude="* * * * *").next(START) is None
