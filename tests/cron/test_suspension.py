"""A suspension with an end is a span of the timetable; one without is the spec's own field."""

import json
from datetime import UTC, datetime

import pytest

from triggerfish.cron.manifest import suspension
from triggerfish.cron.manifest.suspension import Suspension
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import SpecError

TEN = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def hourly(note: str) -> Timetable:
    metadata = {"name": "hourly", "annotations": {"triggerfish.dev/suspended": note}}
    return Timetable.of(
        {"metadata": metadata, "spec": {"schedules": ["0 * * * *"], "timezone": "Europe/Berlin"}}
    )


def note(reason: str = "moving house") -> str:
    text = Suspension(TEN, NOON, "ada", reason).patch["metadata"]["annotations"]["triggerfish.dev/suspended"]
    assert isinstance(text, str)
    return text


def test_slots_in_the_span_are_excluded_and_it_ends_by_itself() -> None:
    found = hourly(note()).slots(TEN.replace(minute=0, second=0, hour=9), NOON, 10)
    said = "suspended until 2026-11-23T12:00:00Z by ada: moving house"
    assert [(slot.at.hour, slot.excluded) for slot in found] == [(10, ""), (11, said), (12, "")]


def test_without_a_reason() -> None:
    (slot,) = hourly(note("")).slots(TEN, TEN.replace(hour=11), 1)
    assert slot.excluded == "suspended until 2026-11-23T12:00:00Z by ada"


def test_with_an_end_the_spec_itself_is_not_suspended() -> None:
    assert Suspension(TEN, NOON, "ada").patch["spec"] == {"suspend": False}


def test_without_an_end_it_says_who_when_and_why() -> None:
    patch = Suspension(TEN, None, "ada", "moving house").patch
    assert patch["spec"] == {"suspend": True}
    assert patch["metadata"]["annotations"] == {
        "triggerfish.dev/suspended": None,
        "triggerfish.dev/suspended-by": "ada",
        "triggerfish.dev/suspended-reason": "moving house",
        "triggerfish.dev/suspended-at": "2026-11-23T10:00:30Z",
    }


def test_an_end_takes_the_place_of_an_earlier_suspension() -> None:
    notes = Suspension(TEN, NOON, "ada").patch["metadata"]["annotations"]
    assert notes["triggerfish.dev/suspended-by"] is None


def test_a_restart_clears_the_phase_and_the_label() -> None:
    cron = {"metadata": {"name": "hourly"}}
    assert "status" not in suspension.resume(cron, NOON)
    patch = suspension.resume(cron, NOON, restart=True)
    assert patch["status"] == {"phase": "Active"}
    assert patch["metadata"]["labels"] == {"cronworkflows.argoproj.io/completed": None}


@pytest.mark.parametrize(
    ("text", "at", "until"),
    [
        pytest.param(note(), TEN.replace(minute=30), "2026-11-23T10:30:30Z", id="it is cut"),
        pytest.param(note(), NOON.replace(hour=13), "2026-11-23T12:00:00Z", id="it is over anyway"),
        pytest.param(note(), TEN, None, id="nothing of it has passed"),
        pytest.param("till noon", NOON, None, id="it cannot be read"),
    ],
)
def test_what_a_resume_leaves_of_a_span(text: str, at: datetime, until: str | None) -> None:
    cron = {"metadata": {"name": "hourly", "annotations": {"triggerfish.dev/suspended": text}}}
    left = suspension.resume(cron, at)["metadata"]["annotations"]["triggerfish.dev/suspended"]
    assert (json.loads(left)["until"] if left else None) == until


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("till noon", "not JSON", id="not JSON"),
        pytest.param("[]", "not an object", id="not an object"),
        pytest.param("[" * 100_000, "not JSON", id="too deep"),
        pytest.param("{}", "not a date or a time", id="no times"),
        pytest.param(
            json.dumps({"from": "2026-11-23T12:00:00Z", "until": "2026-11-23T10:00:00Z"}),
            "ends before it begins",
            id="ends before it begins",
        ),
    ],
)
def test_what_cannot_be_read_is_an_error_of_that_annotation(text: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        hourly(text)
    assert caught.value.field == "metadata.annotations[triggerfish.dev/suspended]"
