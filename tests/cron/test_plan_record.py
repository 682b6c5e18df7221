"""What a tick writes on a CronWorkflow, and what it leaves as it is."""

import pytest
from tests.support import records
from tests.support.crons import active, at, cron, done, planned, stamp, told, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.planning.actions import CreateRefused, Unfinished
from triggerfish.cron.planning.record import patch as patch_of


def forbid(**more):
    return cron(concurrencyPolicy="Forbid", **more)


def claim(slot, by):
    return {keys.CLAIM: f"{stamp(slot)} {stamp(by)}"}


def recorded(it, *workflows, now="12:00:03", outcomes=None):
    made = planned(it, *workflows, now=now)
    patch = patch_of(made, done(made) if outcomes is None else outcomes)
    return patch and patch.body


def test_the_record_is_read_once_for_all_young_children(monkeypatch):
    """It may be as long as somebody likes, and the children as many."""
    it, read = cron({keys.DECIDED: stamp("12:00")}), []
    young = [workflow(f"11:{n}", "Succeeded", created="11:59:50") for n in range(10, 50)]
    of = Outcomes.of
    monkeypatch.setattr(Outcomes, "of", lambda *texts: read.append(1) or of(*texts))
    planned(it, *young)
    assert len(read) == 1


def test_a_run_is_recorded_in_one_guarded_patch():
    body = recorded(cron())
    assert body["metadata"]["resourceVersion"] == "7"
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    assert body["status"]["lastScheduledTime"] == stamp("12:00")
    assert [each["uid"] for each in body["status"]["active"]] == ["uid-12:00:00"]
    assert body["status"]["active"][0] | {"uid": "", "name": ""} == {
        "kind": "Workflow",
        "apiVersion": "argoproj.io/v1alpha1",
        "name": "",
        "namespace": "team",
        "uid": "",
        "resourceVersion": "9",
    }


@pytest.mark.parametrize(
    ("it", "workflows"),
    [
        pytest.param(cron(), [], id="settled"),
        pytest.param(cron(suspend=True), [], id="suspended"),
        pytest.param(cron(status=active("11:59")), [workflow("11:59")], id="a run goes on"),
        pytest.param(cron(status={"active": None}), [], id="active is null"),
        pytest.param(cron(), [workflow("11:58", "Succeeded")], id="one that ended was counted before"),
    ],
)
def test_without_a_change_nothing_is_written(it, workflows):
    assert recorded(it, *workflows, now="11:59:59") is None


def test_a_suspended_one_is_not_written_every_minute():
    assert recorded(cron(suspend=True), now="12:05") is None


def test_a_skipped_slot_is_recorded_and_so_decided():
    body = recorded(forbid(status=active("11:59")), workflow("11:59"))
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    assert "status" not in body


def test_a_claimed_slot_of_somebody_else_is_not_decided():
    assert recorded(forbid(notes=claim("12:00", "12:00:01"))) is None


def test_the_record_clears_the_claim():
    made = planned(forbid())
    assert made.claim.body == {
        "metadata": {
            "annotations": {keys.CLAIM: f"{stamp('12:00')} 2026-11-23T12:00:03.000123Z"},
            "resourceVersion": "7",
        }
    }
    after = made.claimed("8")
    body = patch_of(after, done(after)).body
    assert body["metadata"]["resourceVersion"] == "8"
    assert body["metadata"]["annotations"][keys.CLAIM] is None


def test_a_claim_stands_while_its_create_has_no_outcome():
    made = planned(forbid()).claimed("8")
    assert patch_of(made, {at("12:00"): Unfinished("500")}) is None


def test_slots_are_recorded_in_order():
    made = planned(cron(), now="12:01:03")
    outcomes = done(made) | {at("12:01"): Unfinished("500")}
    assert patch_of(made, outcomes).body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    outcomes = done(made) | {at("12:00"): Unfinished("500")}
    body = patch_of(made, outcomes)
    assert body is None or keys.DECIDED not in body.body["metadata"].get("annotations", {})


@pytest.mark.parametrize(
    ("phase", "counted"),
    [
        ("Succeeded", {"succeeded": 1, "failed": 0}),
        ("Failed", {"succeeded": 0, "failed": 1}),
        ("Error", {"succeeded": 0, "failed": 1}),
    ],
)
def test_an_ended_run_is_counted_and_leaves_active_in_one_patch(phase, counted):
    body = recorded(cron(status=active("11:59")), workflow("11:59", phase), now="11:59:59")
    assert {key: body["status"][key] for key in counted} == counted
    assert body["status"]["active"] == []


def test_a_run_that_was_deleted_leaves_active_uncounted():
    body = recorded(cron(status=active("11:59")), now="11:59:59")
    assert (body["status"]["active"], body["status"]["succeeded"], body["status"]["failed"]) == ([], 0, 0)


def test_one_submitted_by_hand_is_adopted():
    body = recorded(cron(), workflow(), now="11:59:59")
    assert [each["name"] for each in body["status"]["active"]] == ["job-x7f2k"]


def test_a_child_that_nobody_recorded_is_recorded_and_counted_once():
    it = cron()
    body = recorded(it, workflow("12:00", "Succeeded"), now="12:00:40")
    assert (body["status"]["succeeded"], body["status"]["active"]) == (1, [])
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    after = cron({keys.DECIDED: stamp("12:00")}, body["status"])
    assert recorded(after, workflow("12:00", "Succeeded"), now="12:00:50") is None


def test_a_refused_create_is_a_condition_and_decided():
    body = recorded(cron(), outcomes={at("12:00"): CreateRefused("forbidden")})
    assert body["status"]["conditions"] == [
        {"type": "SubmissionError", "status": "True", "message": "forbidden"}
    ]
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    assert body["status"]["lastScheduledTime"] == stamp("11:59")
    assert body["status"]["failed"] == 0


@pytest.mark.parametrize("kind", ["SubmissionError", "SpecError"])
def test_a_condition_goes_away_when_healed_and_no_other(kind):
    others = {"type": "Other", "status": "True", "message": "somebody's"}
    status = {"conditions": [{"type": kind, "status": "True", "message": "old"}, others]}
    assert recorded(cron(status=status))["status"]["conditions"] == [others]


def test_two_conditions_of_a_type_are_not_both_kept():
    ours = {"type": "SpecError", "status": "True", "message": "spec.concurrencyPolicy: 'Maybe' is not known"}
    argos = {"type": "SpecError", "status": "True", "message": "invalid concurrency policy"}
    for conditions in ([argos, ours], [ours, argos], [argos]):
        it = cron(status={"conditions": conditions}, concurrencyPolicy="Maybe")
        (kept,) = recorded(it)["status"]["conditions"]
        assert kept["message"].startswith("spec.concurrencyPolicy")


def test_an_error_of_when_stays_until_when_is_asked_again():
    status = {"conditions": [{"type": "SpecError", "status": "True", "message": "spec.when: no"}]}
    assert recorded(cron(status=status, when="1 =="), now="11:59:59") is None
    assert recorded(cron(status=status, when="1 == 1"))["status"]["conditions"] == []


def test_stopping_sets_phase_and_label():
    body = recorded(cron(stopStrategy={"expression": "true"}))
    assert body["status"]["phase"] == "Stopped"
    assert body["metadata"]["labels"] == {keys.CRON_COMPLETED: "true"}


def test_failures_in_a_row_are_counted_where_they_matter():
    it = cron({keys.PAUSE_AFTER_FAILURES: "3"}, active("11:58", "11:59"))
    ended = [workflow("11:58", "Succeeded"), workflow("11:59", "Failed")]
    assert recorded(it, *ended, now="11:59:59")["metadata"]["annotations"][keys.FAILURES] == "1"
    without = recorded(cron(status=active("11:59")), ended[1], now="11:59:59")
    assert "annotations" not in without["metadata"]


def test_after_a_claim_was_taken_up_the_rest_is_planned_again():
    made = planned(forbid(notes=claim("12:00", "12:00:01")), now="12:01:03")
    assert (told(made), made.again) == ("claim, run 12:00", True)


def test_the_next_claim_does_not_hide_a_run_that_nobody_noted():
    """After an edit the old claim alone says that its run is not counted yet: it is settled first."""
    it = forbid(notes=claim("11:58", "11:58:01"))
    made = planned(it, workflow("11:58", "Succeeded"))
    assert (told(made), made.again) == ("", True)
    body = patch_of(made, {}).body
    assert (body["metadata"]["annotations"][keys.CLAIM], body["status"]["succeeded"]) == (None, 1)


def test_a_child_that_came_after_its_slot_was_decided_has_run():
    body = recorded(cron(status={"lastScheduledTime": stamp("11:58")}), workflow("11:59"), now="11:59:59")
    assert body["status"]["lastScheduledTime"] == stamp("11:59")
    assert '"ran"' in body["metadata"]["annotations"][keys.OUTCOMES]


def left_out(now, created=""):
    """What is written when a child that has ended is found, and another tick has decided against its slot."""
    against = recorded(cron(), outcomes={at("12:00"): CreateRefused("no")})
    notes = {key: against["metadata"]["annotations"][key] for key in (keys.DECIDED, keys.OUTCOMES)}
    return recorded(cron(notes, against["status"]), workflow("12:00", "Succeeded", created=created), now=now)


def test_a_child_that_ended_before_anybody_listed_it_has_run_and_is_counted_once():
    body = left_out("12:00:50")
    assert body["status"]["succeeded"] == 1
    outcomes = body["metadata"]["annotations"][keys.OUTCOMES]
    assert records.rows(outcomes) == [("12:00", "12:00", "Succeeded", "")]
    after = cron({keys.OUTCOMES: outcomes, keys.DECIDED: stamp("12:00")}, body["status"])
    assert recorded(after, workflow("12:00", "Succeeded"), now="12:00:55") is None


def counted_once(listed, *, now):
    """A tick decides against a slot whose child is in ``active``; who finds it ended counts it once.

    ``listed`` writes ``active``, given what that tick has written; ``now`` is the clock of who counts.
    """
    against = recorded(cron(), outcomes={at("12:00"): CreateRefused("no")})
    notes, status = listed(against["metadata"]["annotations"], against["status"])
    child = workflow("12:00", "Succeeded", created="12:00:10")
    body = recorded(cron(notes, status), child, now=now)
    assert body["status"]["succeeded"] == 1
    after = cron({**notes, **body["metadata"]["annotations"]}, body["status"])
    assert recorded(after, child, now="12:00:55") is None


def test_a_child_that_argo_listed_after_its_slot_was_decided_is_counted_once():
    counted_once(lambda notes, status: (notes, status | active("12:00")), now="12:00:50")


def test_a_child_of_a_slot_that_is_not_due_by_a_tick_s_clock_is_counted_once():
    """A tick that began before the slot was due reads again after a conflict, and others have decided it."""

    def listed(notes, status):
        running = workflow("12:00", created="12:00:10")
        body = recorded(cron(notes, status), running, now="11:59:50")
        assert [each["uid"] for each in body["status"]["active"]] == ["uid-12:00"]
        return {**notes, **body["metadata"]["annotations"]}, body["status"]

    counted_once(listed, now="12:00:50")
    counted_once(listed, now="11:59:50")


def test_a_child_of_long_ago_is_history_whatever_the_record_says():
    assert left_out("12:00:50", created="11:50") is None


def test_a_child_that_argo_listed_before_its_slot_was_decided_is_counted_once():
    """Another tick's claim is young: nothing is decided. Argo's controller runs still and lists children."""
    notes = {keys.DECIDED: stamp("11:58"), **claim("12:00", "12:00:02")}
    it = cron(notes, active("11:59"), concurrencyPolicy="Replace")
    failed = workflow("11:59", "Failed")
    assert recorded(it, failed) is None
    settled = cron({keys.DECIDED: stamp("11:58")}, active("11:59"), concurrencyPolicy="Replace")
    body = recorded(settled, failed)
    assert body["metadata"]["annotations"][keys.DECIDED] == stamp("12:00")
    assert (body["status"]["failed"], [each["uid"] for each in body["status"]["active"]]) == (
        1,
        ["uid-12:00:00"],
    )
