"""What a CronWorkflow says of its own past counts only where it can be true."""

import pytest
from tests.support.crons import RULES, active, at, cron, manifest, planned, stamp, told, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.record import patch as patch_of

AHEAD = "2030-01-01T00:00:00Z"
LAST_AHEAD = {"lastScheduledTime": AHEAD}
DAILY = {"schedules": ["0 2 * * *"], "concurrencyPolicy": "Forbid"}


def seen(text: str, it: CronWorkflow | None = None, **spec) -> dict[str, str]:
    it = it or cron(**spec)
    return {keys.SEEN: f"{text} {it.fingerprint(it.recorded)}"}


def claim(slot: str, by: str) -> dict[str, str]:
    return {keys.CLAIM: f"{slot} {by}"}


@pytest.mark.parametrize(
    ("it", "expected", "key"),
    [
        pytest.param(cron({keys.DECIDED: AHEAD}), "run 12:00", keys.DECIDED, id="decided"),
        pytest.param(cron(status=LAST_AHEAD), "run 12:00", "lastScheduledTime", id="status"),
        pytest.param(cron(seen(AHEAD)), "run 12:00", keys.SEEN, id="seen"),
        pytest.param(
            cron(claim(AHEAD, AHEAD), concurrencyPolicy="Forbid"), "claim, run 12:00", keys.CLAIM, id="claim"
        ),
        pytest.param(
            cron(claim(stamp("12:00"), AHEAD), concurrencyPolicy="Forbid"),
            "claim, run 12:00",
            keys.CLAIM,
            id="a claim by a tick of the future",
        ),
    ],
)
def test_what_lies_ahead_is_not_believed_and_told(it, expected, key):
    made = planned(it)
    assert told(made) == expected
    assert [key in doubt for doubt in made.doubts] == [True]


@pytest.mark.parametrize("seconds", ["12:00:59", "12:01:02"])
def test_clocks_may_differ_by_a_minute(seconds):
    made = planned(cron({keys.DECIDED: stamp(seconds)}), now="12:00:03")
    assert (told(made), made.doubts) == ("", ())


def test_what_is_not_believed_is_rewritten_at_once():
    body = patch_of(planned(cron({keys.DECIDED: AHEAD}), workflow("11:59"), now="11:59:59"), {}).body
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("11:59")


def test_a_last_time_ahead_stays_until_there_is_another():
    it = cron(status=LAST_AHEAD)
    assert patch_of(planned(it, now="11:59:59"), {}) is None


def test_in_place_of_a_mark_ahead_stands_what_is_known_to_be_decided():
    rows = f'[[{int(at("12:00").timestamp())},"ran",{int(at("12:00:02").timestamp())}]]'
    it = cron({keys.DECIDED: AHEAD, keys.DECISIONS: rows}, status=LAST_AHEAD)
    assert told(planned(it, now="12:00:40")) == ""
    assert told(planned(it, now="12:01:02")) == "run 12:01"


def test_a_child_that_a_clock_ahead_has_left_does_not_supersede():
    it = cron(concurrencyPolicy="Replace", status=active("13:00"))
    end = f"end {int(at('13:00').timestamp())}"
    assert told(planned(it, workflow("13:00"))) == f"claim, {end}, run 12:00"
    status, decided = active("13:00", "12:00"), {keys.DECIDED: stamp("12:00")}
    later = cron(decided, status, concurrencyPolicy="Replace")
    assert told(planned(later, workflow("13:00"), workflow("12:00"), now="12:00:40")) == end


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param(claim(stamp("10:59"), stamp("10:59:02")), id="a claim"),
        pytest.param(claim(stamp("11:00"), stamp("10:59:58")), id="a claim for the moment of the creation"),
        pytest.param({keys.DECIDED: stamp("10:00"), **seen(stamp("10:00"))}, id="decided and seen"),
    ],
)
def test_what_is_older_than_the_cron_workflow_is_dropped(notes):
    it = cron(notes, status={"lastScheduledTime": stamp("11:59")}, concurrencyPolicy="Forbid")
    made = planned(it)
    assert "12:00" in told(made)
    assert "10:59" not in told(made)
    assert all("before this CronWorkflow was created" in doubt for doubt in made.doubts)
    assert made.doubts


def every_ten(deadline, notes=None, **spec):
    last_used = {keys.LAST_USED_SCHEDULE: "*/10 * * * *", keys.DECIDED: stamp("11:40")}
    claimed = claim(stamp("11:50"), stamp("11:50:01"))
    spec = {"schedules": ["*/10 * * * *"], "startingDeadlineSeconds": deadline} | spec
    status = {"lastScheduledTime": stamp("11:40")}
    return cron(last_used | claimed | (notes or {}), status, concurrencyPolicy="Forbid", **spec)


@pytest.mark.parametrize(
    ("it", "now", "expected"),
    [
        pytest.param(every_ten(0), "11:51:30", "claim, run 11:50", id="on time"),
        pytest.param(every_ten(0), "11:53:00", "skip 11:50 missed", id="no deadline: never late"),
        pytest.param(every_ten(600), "11:53:00", "claim, run 11:50", id="within the deadline"),
        pytest.param(every_ten(170), "11:53:00", "skip 11:50 missed", id="after the deadline"),
        pytest.param(
            every_ten(600, {keys.CATCH_UP: "none"}),
            "11:53:00",
            "skip 11:50 missed",
            id="nothing is caught up",
        ),
        pytest.param(
            every_ten(0, {keys.CLAIM: f"{stamp('11:51')} {stamp('11:51')}"}),
            "11:52:30",
            "skip 11:51 missed",
            id="no slot of this schedule",
        ),
        pytest.param(
            every_ten(600, {keys.SEEN: f"{stamp('11:51')} abc"}),
            "11:53:00",
            "skip 11:50 missed",
            id="edited since",
        ),
        pytest.param(
            every_ten(600, {"triggerfish.dev/exclude": "2026-11-23"}),
            "11:53:00",
            "skip 11:50 missed",
            id="excluded since",
        ),
    ],
)
def test_a_claim_that_is_taken_up_starts_like_any_slot(it, now, expected):
    assert told(planned(it, now=now)) == expected


def test_a_claim_of_half_a_day_ago_is_missed():
    created = {"creationTimestamp": stamp("01:00")}
    notes = {keys.DECIDED: stamp("01:30"), **claim(stamp("02:00"), stamp("02:00"))}
    it = cron(notes, {"lastScheduledTime": stamp("01:30")}, metadata=created, **DAILY)
    assert told(planned(it, now="14:00:03")) == "skip 02:00 missed"


# -- edits and replaces -------------------------------------------------------------------------------


def entry(time: str, *fields: str) -> dict:
    owned = {f"f:{name}": {} for name in fields}
    return {"manager": "kubectl", "operation": "Update", "time": stamp(time), "fieldsV1": {"f:spec": owned}}


@pytest.mark.parametrize(
    ("noted", "written", "expected"),
    [
        pytest.param("11:59:30", "11:59:30", "run 12:00", id="in the second of the mark"),
        pytest.param(f"11:50 {stamp('11:59:30')}", "11:59:30", "run 12:00", id="in the second of the tick"),
        pytest.param(f"11:50 {stamp('11:59:30')}", "11:50", "run 12:00", id="a removal after the mark"),
        pytest.param(f"11:50 {stamp('12:00:01')}", "11:50", "", id="a removal: no slot before the mark"),
    ],
)
def test_an_edit_counts_from_its_own_second(noted, written, expected):
    since, _, later = noted.partition(" ")
    notes = {keys.SEEN: f"{stamp(since)} abc {later}".strip(), keys.DECIDED: stamp("11:58")}
    it = cron(notes, metadata={"managedFields": [entry(written, "schedules")]}, schedules=["0 12 * * *"])
    assert told(planned(it)) == expected


@pytest.mark.parametrize("noted", ["11:59:30", f"11:50 {stamp('11:59:30')}"])
def test_an_edit_in_the_second_of_the_mark_keeps_its_time(noted):
    since, _, later = noted.partition(" ")
    notes = {keys.SEEN: f"{stamp(since)} abc {later}".strip(), keys.DECIDED: stamp("11:58")}
    it = cron(notes, metadata={"managedFields": [entry("11:59:30", "schedules")]}, schedules=["0 12 * * *"])
    assert told(planned(it, now="12:01:30")) == "run 12:00"


@pytest.mark.parametrize(
    ("by", "expected"),
    [("a person", "run 12:00, run 12:01"), ("a person, and ticks by the same manager since", "run 12:01")],
)
def test_the_time_of_a_ticks_write_is_not_that_of_an_edit(by, expected):
    written = entry("11:59:30", "schedules")
    if "ticks" in by:
        written["fieldsV1"]["f:metadata"] = {"f:annotations": {f"f:{keys.SEEN}": {}}}
    it = cron({keys.SEEN: f"{stamp('11:50')} abc"}, metadata={"managedFields": [written]})
    assert told(planned(it, now="12:01:03")) == expected


def replaced(*, generation=5, edited="11:59:58", **more):
    """As ``kubectl replace`` leaves it: no annotation of ours, no status."""
    notes = dict.fromkeys((keys.SEEN, keys.DECIDED, keys.LAST_USED_SCHEDULE))
    metadata = {"generation": generation, "managedFields": [entry(edited, "schedules", "workflowSpec")]}
    body = manifest(notes | {keys.SEEN: "none"}, metadata=metadata, **more)
    del body["status"], body["metadata"]["annotations"]
    return CronWorkflow.of(body, RULES)


@pytest.mark.parametrize(
    ("it", "workflows", "now", "expected"),
    [
        pytest.param(
            replaced(edited="12:00:02"),
            [workflow("11:59", "Succeeded")],
            "12:00:05",
            "run 12:00",
            id="between slot and tick: a child says that the timetable is older",
        ),
        pytest.param(
            replaced(edited="12:00:02"), [], "12:00:05", "", id="nothing says so: no slot before the edit"
        ),
        pytest.param(
            replaced(edited="11:00"),
            [],
            "12:01:05",
            "run 12:01",
            id="after a run whose child a TTL has deleted",
        ),
        pytest.param(
            replaced(edited="11:00"), [], "12:00:05", "run 12:00", id="the slot of this minute is not lost"
        ),
        pytest.param(
            replaced(edited="11:00", generation=1),
            [],
            "12:01:05",
            "run 12:00, run 12:01, skip 11:01 missed",
            id="one that was never written again is new",
        ),
        pytest.param(
            replaced(edited="12:00:02", schedules=["*/2 * * * *"]),
            [workflow("11:59", "Succeeded")],
            "12:00:05",
            "",
            id="the child is of another timetable: it was edited",
        ),
    ],
)
def test_one_without_its_annotations_is_not_new(it, workflows, now, expected):
    assert told(planned(it, *workflows, now=now)) == expected


def test_a_claim_from_before_an_edit_is_not_said_to_be_late():
    fields = {"f:spec": {"f:schedules": {}}}
    managed = [{"manager": "kubectl", "operation": "Update", "time": stamp("12:00:20"), "fieldsV1": fields}]
    notes = {keys.CLAIM: f"{stamp('12:00')} {stamp('12:00:01')}", keys.SEEN: f"{stamp('11:00')} other"}
    it = cron(notes, metadata={"managedFields": managed})
    assert told(planned(it, now="12:01:10")).startswith("skip 12:00 edited")
