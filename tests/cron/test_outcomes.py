"""The record of outcomes: rows for what came one after the other, within its bounds, and nothing made up."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.cron.manifest.merging import End, RecordBounds, merged
from triggerfish.cron.manifest.outcomes import Outcomes, ran_later, time
from triggerfish.cron.manifest.stretches import Kind, Stretch

START = 1_764_288_000
MINUTE, DAY = 60, 86_400
RAN, OK, BAD = Kind("ran"), Kind("ran", "Succeeded"), Kind("ran", "Failed", "exit code 1")
FORBID = Kind("forbid", "", "hourly-1 is unfinished")
BOUNDS = RecordBounds(slots=20_000, size=16_384, grace=120)


def grown(kinds, *, step: int = MINUTE, bounds: RecordBounds = BOUNDS, text: str = "") -> str:
    """The record after so many ticks, each of which decides one slot."""
    for number, kind in enumerate(kinds):
        text = merged(text, "", [Stretch.single(START + number * step, kind, 3)], {}, bounds)
    return text


def kind_at(text: str, second: int) -> Kind | None:
    found = Outcomes.of(text).of_slot(time(second))
    return found and found.kind


def test_slots_of_one_outcome_are_one_row():
    text = grown([OK] * 1000)
    assert [each.number for each in Outcomes.of(text)] == [1000]
    assert len(text) < 130


def test_what_is_odd_has_a_row_of_its_own():
    text = grown([OK, OK, BAD, OK, FORBID, OK])
    assert [(each.first - START, each.number, each.kind) for each in Outcomes.of(text)] == [
        (0, 2, OK),
        (120, 1, BAD),
        (180, 1, OK),
        (240, 1, FORBID),
        (300, 1, OK),
    ]


def test_each_run_is_pending_until_it_is_seen_to_end():
    text = ""
    for number in range(100):
        slot = START + number * MINUTE
        ends = {slot - MINUTE: End("Succeeded")} if number else {}
        text = merged(text, "", [Stretch.single(slot, RAN, 3)], ends, BOUNDS)
    assert [(each.kind, each.number) for each in Outcomes.of(text)] == [(OK, 99), (RAN, 1)]


def test_an_end_knows_the_message_and_how_long_it_took():
    text = merged(grown([RAN, RAN, RAN]), "", [], {START + MINUTE: End("Failed", "exit code 1", 7)}, BOUNDS)
    found = Outcomes.of(text).of_slot(time(START + MINUTE))
    assert found == Stretch(START + 60, START + 60, 0, 1, BAD, 3, 7)
    assert kind_at(text, START) == kind_at(text, START + 120) == RAN


def test_the_end_of_a_run_stays_though_the_run_is_noted_again():
    text = merged(grown([BAD]), "", [Stretch.single(START, RAN)], {}, BOUNDS)
    assert kind_at(text, START) == BAD


def test_the_end_of_what_did_not_run_is_no_end():
    assert kind_at(merged(grown([FORBID]), "", [], {START: End("Failed")}, BOUNDS), START) == FORBID


def test_a_later_decision_on_a_slot_wins():
    text = merged(grown([OK, FORBID, OK]), "", [Stretch.single(START + MINUTE, BAD)], {}, BOUNDS)
    assert [each.kind for each in Outcomes.of(text)] == [OK, BAD, OK]


def test_a_late_run_keeps_a_row_of_its_own():
    late = [3, 3, 500, 700, 3]
    text = ""
    for number, each in enumerate(late):
        text = merged(text, "", [Stretch.single(START + number * MINUTE, OK, each)], {}, BOUNDS)
    assert [each.late for each in Outcomes.of(text)] == [3, 500, 700, 3]


def test_a_span_is_told_once_and_covers_each_slot_in_it():
    missed = Stretch.span(START + 60, START + 6000, Kind("missed"))
    text = merged(grown([OK]), "", [missed, Stretch.single(START + 6060, OK)], {}, BOUNDS)
    assert len(Outcomes.of(text).stretches) == 3
    assert {kind_at(text, START + second).word for second in (60, 600, 6000)} == {"missed"}
    assert kind_at(text, START) == kind_at(text, START + 6060) == OK


def test_a_span_leaves_what_is_known_of_a_slot():
    text = merged(
        grown([OK, OK, OK]), "", [Stretch.span(START - 60, START + 600, Kind("missed"))], {}, BOUNDS
    )
    assert kind_at(text, START + 60) == OK
    assert kind_at(text, START - 60).word == kind_at(text, START + 180).word == "missed"


def test_a_row_knows_its_slots_one_by_one():
    text = grown([OK] * 5, step=600)
    assert kind_at(text, START + 600) == OK
    assert kind_at(text, START + 660) is None


# --- bounds ---


def test_only_the_newest_are_kept():
    text = grown([OK, BAD, OK, OK, OK, OK], bounds=RecordBounds(3, 16_384, 120))
    assert [(each.first - START, each.number) for each in Outcomes.of(text)] == [(180, 3)]


def test_a_limit_of_nothing_keeps_nothing():
    assert grown([OK], bounds=RecordBounds(0, 16_384, 120)) == ""


def test_a_long_message_is_cut():
    text = grown([Kind("refused", "", "x" * 100_000)])
    assert kind_at(text, START) == Kind("refused", "", "x" * 159 + "…")


def failing(number: int) -> Kind:
    """With a message of its own, as long as they get."""
    return Kind("ran", "Failed", f"{number} " + "x" * 200)


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param([failing(number) for number in range(1440)], id="each fails in its own way"),
        pytest.param(
            [failing(number) if number // 8 % 2 else OK for number in range(1440)], id="180 alternations"
        ),
        pytest.param([OK if number % 2 else FORBID for number in range(1440)], id="each alternates"),
        pytest.param([OK] * 1440, id="all is well"),
    ],
)
def test_a_day_fits_whatever_happens(kinds):
    text = grown(kinds)
    assert len(text.encode()) <= 16_384
    known = Outcomes.of(text)
    wrong = [
        number
        for number, kind in enumerate(kinds)
        if (found := known.of_slot(time(START + number * MINUTE))) is None or found.kind.bare != kind.bare
    ]
    assert not wrong
    # The newest has lost nothing but the end of its message.
    assert kind_at(text, START + 1439 * MINUTE).message[:150] == kinds[-1].message[:150]


def test_a_day_of_unequal_distances_fits():
    text, slots = "", [START + 7 * number + number % 5 for number in range(DAY // 7)]
    for place in range(0, len(slots), 100):
        text = merged(
            text, "", [Stretch.single(slot, OK, 1) for slot in slots[place : place + 100]], {}, BOUNDS
        )
    assert len(text.encode()) <= 16_384
    found = Outcomes.of(text)
    assert all(found.of_slot(time(slot)) for slot in slots)


def test_the_oldest_go_first_where_even_that_is_too_much():
    kinds = [Kind(f"word {number}") for number in range(600)]
    text = grown(kinds, bounds=RecordBounds(20_000, 2_048, 120))
    assert len(text.encode()) <= 2_048
    assert kind_at(text, START) is None
    assert kind_at(text, START + 599 * MINUTE) == kinds[-1]


def test_each_new_slot_looks_at_its_neighbours_alone(monkeypatch):
    """Children of one CronWorkflow may be as many as somebody likes, and all be noted at once."""
    slots = [START + 61 * number for number in range(300)]
    bounds = RecordBounds(20_000, 10**6, 120)
    text = merged("", "", [Stretch.single(slot, FORBID) for slot in slots], {}, bounds)
    looked = []
    for name in ("before", "after", "has"):
        monkeypatch.setattr(Stretch, name, counted(getattr(Stretch, name), looked))
    fresh = [Stretch.single(slot + 7, RAN, number % 9) for number, slot in enumerate(slots)]
    ends = {each.first: End("Succeeded", "", number) for number, each in enumerate(fresh)}
    text = merged(text, "", fresh, ends, bounds)
    assert len(looked) < 10 * len(slots)
    assert {kind_at(text, slot).word for slot in slots} == {"forbid"}
    assert {kind_at(text, slot + 7) for slot in slots} == {OK}


def counted(function, calls):
    def called(*args):
        calls.append(1)
        return function(*args)

    return called


# --- what somebody else wrote ---


def test_the_record_of_earlier_releases_is_taken_over():
    older = json.dumps(
        [
            [START, "ran", START + 4, "hourly-1"],
            [START + 60, "forbid", START + 63, "hourly-1 is unfinished"],
            [START + 120, "missed", START + 999, f"and all up to {time(START + 600).isoformat()}"],
        ]
    )
    text = merged("", older, [Stretch.single(START + 660, OK)], {}, BOUNDS)
    kinds = {each.first - START: (each.kind, each.late) for each in Outcomes.of(text)}
    assert kinds[0] == (RAN, 4)
    assert kinds[60] == (FORBID, 3)
    assert kind_at(text, START + 540) == Kind("missed")
    assert kind_at(text, START + 660) == OK


def test_what_an_earlier_release_wrote_meanwhile_is_added():
    older = json.dumps([[START + 60, "forbid", START + 63], [START + 120, "ran", START + 124, "hourly-3"]])
    text = merged(grown([OK, BAD]), older, [Stretch.single(START + 180, OK)], {}, BOUNDS)
    assert [kind_at(text, START + second) for second in (0, 60, 120, 180)] == [OK, BAD, RAN, OK]


BROKEN = [
    pytest.param("not json", id="no JSON"),
    pytest.param("[1]", id="a list"),
    pytest.param("[" * 100_000, id="deeper than the parser goes"),
    pytest.param('{"last":1}', id="parts are missing"),
    pytest.param('{"last":1,"kinds":[["ran"]],"messages":[],"rows":[[0,1]]}', id="no such kind"),
    pytest.param('{"last":1,"kinds":[["ran"]],"messages":[],"rows":[[0,-1]]}', id="a negative kind"),
    pytest.param('{"last":1,"kinds":[["ran"]],"messages":[],"rows":[[0]]}', id="a short row"),
    pytest.param('{"last":1,"kinds":[["ran"]],"messages":[],"rows":[[5,0]]}', id="before 1970"),
    pytest.param('{"last":9,"kinds":[["ran"]],"messages":[],"rows":[[0,0,-5]]}', id="earlier than due"),
    pytest.param('{"last":9,"kinds":[["ran"]],"messages":[],"rows":[[0,0,0,2,0]]}', id="no slots"),
    pytest.param('{"last":9,"kinds":[["ran"]],"messages":[],"rows":[[0,0,0,2,-9]]}', id="fewer than none"),
    pytest.param('{"last":9,"kinds":[["ran"]],"messages":[],"rows":[[-3,0]]}', id="backwards"),
    pytest.param('{"last":9e99,"kinds":[["ran"]],"messages":[],"rows":[[0,0]]}', id="beyond all time"),
    pytest.param('{"last":9,"kinds":[["ran"]],"messages":[],"rows":[[0,true]]}', id="no numbers"),
    pytest.param('{"last":9,"kinds":[[1]],"messages":[],"rows":[[0,0]]}', id="a kind without a word"),
    pytest.param('{"last":9,"kinds":[["ran","",4]],"messages":[],"rows":[[0,0]]}', id="no such message"),
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_somebody_broke_is_as_good_as_none(text):
    assert not Outcomes.of(text)
    assert kind_at(merged(text, "", [Stretch.single(START, OK)], {}, BOUNDS), START) == OK


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
TABLES = st.fixed_dictionaries(
    {
        "last": st.integers(-5, 2**40) | JSON,
        "kinds": st.lists(st.lists(st.sampled_from(["ran", "", "x", 0, 7]), max_size=4), max_size=3),
        "messages": st.lists(st.text(max_size=3), max_size=2),
        "rows": st.lists(st.lists(st.integers(-9, 10**6), max_size=7), max_size=4),
    }
)


@given(st.builds(json.dumps, TABLES | JSON))
def test_no_text_raises(text):
    Outcomes.of(text)
    ran_later(text, "", datetime(2026, 1, 1, tzinfo=UTC))
    merged(text, text, [Stretch.single(START, OK)], {START - MINUTE: End("Failed")}, BOUNDS)


def test_a_record_of_a_thousand_million_slots_costs_nothing():
    text = '{"last":1764288000,"kinds":[["ran"]],"messages":[],"rows":[[0,0,0,1,1764288000]]}'
    assert len(ran_later(text, "", time(1))) == 1000


def test_only_what_ran_later_has_run_later():
    text = grown([OK, FORBID, OK, BAD])
    than = time(START + 60)
    assert ran_later(text, "", than) == {time(START + 120), time(START + 180)}
    assert ran_later(text, "", than + timedelta(hours=1)) == frozenset()


# --- any course of things ---

KINDS = st.sampled_from([OK, BAD, FORBID, RAN, Kind("missed"), Kind("ran", "Error", "deadline")])
STEPS = st.sampled_from([60, 60, 60, 120, 7, 3600])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(STEPS, KINDS, st.integers(0, 400)), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.sampled_from(["Succeeded", "Failed"])), max_size=20),
    st.booleans(),
)
def test_the_record_says_of_each_slot_what_was_said_last(course, ends, backwards):
    known: dict[int, Kind] = {}
    text, slot = "", START
    for step, kind, late in course:
        slot += -step if backwards else step
        text = merged(text, "", [Stretch.single(slot, kind, late)], {}, BOUNDS)
        known[slot] = kind
    for place, result in ends:
        ended = list(known)[place % len(known)]
        text = merged(text, "", [], {ended: End(result)}, BOUNDS)
        if known[ended] == RAN:
            known[ended] = Kind("ran", result)
    assert {slot: kind_at(text, slot) for slot in known} == known
    assert sum(each.number for each in Outcomes.of(text)) == len(known)


@settings(max_examples=15)
@given(st.lists(st.tuples(STEPS, KINDS), min_size=80, max_size=120))
def test_a_full_record_says_nothing_wrong(course):
    known: dict[int, Kind] = {}
    text, slot = "", START
    for step, kind in course:
        slot += step
        text = merged(text, "", [Stretch.single(slot, kind, 3)], {}, RecordBounds(20_000, 1_024, 120))
        known[slot] = kind
    found = Outcomes.of(text)
    assert len(text.encode()) <= 1_024
    told = {at: each.kind for at in known if (each := found.of_slot(time(at)))}
    assert all(known[at].bare == kind.bare for at, kind in told.items())
    assert max(told) == max(known)
