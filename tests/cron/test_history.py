"""What is deleted, and which finalizers are taken off."""

import pickle

import pytest
from tests.support.crons import at, cron, family, manifest, planned, stamp, workflow

from triggerfish import annotations as keys
from triggerfish.cron.manifest.children import Child
from triggerfish.cron.manifest.recorded_state import RecordedState
from triggerfish.cron.planning import history
from triggerfish.workflows import scheduled

EXACT = "triggerfish.dev/exact"
COMPLETED = {
    "time": "2026-11-23T12:00:00Z",
    "fieldsV1": {"f:metadata": {"f:labels": {"f:workflows.argoproj.io/completed": {}}}},
}


def ended(slot, finished, phase="Succeeded"):
    return workflow(slot, phase, status={"phase": phase, "finishedAt": stamp(finished)})


def deleted(it, *workflows, now="12:00:30"):
    made = planned(it, *workflows, now=now)
    state = it.recorded
    if not history.over_limit(made, state):
        return []
    return [each.name for each in history.excess(made, state, history.ended_of("u1", workflows))]


def name(slot):
    return scheduled.name("job", at(slot))


def test_the_newest_by_their_end_stay():
    it = cron({keys.DECIDED: stamp("12:00")}, successfulJobsHistoryLimit=1)
    first, second = ended("11:50", "11:58"), ended("11:51", "11:55")
    assert deleted(it, first, second) == [name("11:51")]


@pytest.mark.parametrize(
    ("workflows", "gone"),
    [
        pytest.param([ended("11:50", "11:51"), ended("11:51", "11:52")], [], id="within the limits"),
        pytest.param(
            [ended("11:50", "11:51", "Failed"), ended("11:51", "11:52", "Error")],
            ["11:50"],
            id="failed and in error are one kind",
        ),
        pytest.param(
            [ended(f"11:5{n}", f"11:5{n + 1}") for n in range(5)],
            ["11:50", "11:51"],
            id="three successes stay",
        ),
        pytest.param([workflow(f"11:5{n}") for n in range(6)], [], id="what runs is not counted"),
    ],
)
def test_the_usual_limits(workflows, gone):
    assert sorted(deleted(cron({keys.DECIDED: stamp("12:00")}), *workflows)) == [name(slot) for slot in gone]


def test_nothing_goes_that_is_not_recorded_or_too_young():
    none_kept = {"successfulJobsHistoryLimit": 0}
    unrecorded = cron({keys.DECIDED: stamp("11:40")}, **none_kept)
    assert deleted(unrecorded, ended("11:50", "11:51")) == []
    young = cron({keys.DECIDED: stamp("12:00")}, **none_kept)
    assert deleted(young, ended("12:00", "12:00:10")) == []
    assert deleted(young, ended("12:00", "12:00:10"), now="12:01:10") == [name("12:00")]
    claimed = cron(
        {keys.DECIDED: stamp("12:00"), keys.CLAIM: f"{stamp('11:50')} {stamp('11:50')}"}, **none_kept
    )
    assert deleted(claimed, ended("11:50", "11:51")) == []


def test_what_is_active_is_read_once_for_all_children(monkeypatch):
    """Both may be as many as somebody likes."""
    it = cron({keys.DECIDED: stamp("12:00"), keys.EXACT: "true"}, successfulJobsHistoryLimit=0)
    ours = [workflow(f"11:{n}", "Succeeded", finalizers=(EXACT,)) for n in range(10, 50)]
    made, read = planned(it, *ours, now="12:01:30"), []
    uids = RecordedState.active_uids
    monkeypatch.setattr(
        RecordedState, "active_uids", property(lambda self: read.append(1) or uids.fget(self))
    )
    assert len(history.releases(made, it.recorded)) == 40
    assert history.over_limit(made, it.recorded)
    assert len(history.excess(made, it.recorded, history.ended_of("u1", ours))) == 40
    assert len(read) == 3


def test_what_is_not_ours_is_not_deleted():
    it = cron({keys.DECIDED: stamp("12:00")}, successfulJobsHistoryLimit=0)
    other = ended("11:50", "11:51")
    other["metadata"]["ownerReferences"][0]["uid"] = "another"
    mine = ended("11:51", "11:52")
    made = planned(it, mine)
    assert [
        each.name for each in history.excess(made, it.recorded, history.ended_of("u1", [other, mine]))
    ] == [name("11:51")]


@pytest.mark.parametrize(
    ("decided", "phase", "deleting", "now", "released"),
    [
        pytest.param("12:00", "Succeeded", False, "12:01:10", True, id="recorded and ended"),
        pytest.param("11:59", "Succeeded", False, "12:01:10", False, id="not recorded"),
        pytest.param("12:00", "Running", False, "12:01:10", False, id="still running"),
        pytest.param("12:00", "Running", True, "12:01:10", True, id="somebody deleted it"),
        pytest.param(
            "12:00", "Succeeded", False, "12:00:40", False, id="too young: a slow tick may be about"
        ),
    ],
)
def test_the_finalizer_is_taken_off_when_it_has_served(decided, phase, deleting, now, released):
    it = cron({keys.DECIDED: stamp(decided), keys.EXACT: "true"})
    child = workflow("12:00", phase, finalizers=("other/one", EXACT))
    if deleting:
        child["metadata"]["deletionTimestamp"] = stamp("12:00")
    patches = [each.body(each.rest) for each in history.releases(planned(it, child, now=now), it.recorded)]
    expected = {"metadata": {"finalizers": ["other/one"], "resourceVersion": "9"}}
    assert patches == ([expected] if released else [])


@pytest.mark.parametrize(
    "change",
    [
        {"finalizers": ["x" * 50_000 + f"/{n}" for n in range(9)] + [EXACT]},
        {"finalizers": [f"example.com/{n}" for n in range(9_000)]},
        {"managedFields": [COMPLETED for _ in range(9_000)]},
    ],
    ids=["ours among long ones", "very many", "very many writers"],
)
def test_what_is_kept_of_a_child_is_small(change):
    child = workflow("11:59", "Succeeded")
    child["metadata"] |= change
    kept = Child.of(child)
    assert len(pickle.dumps(kept)) < 1_500
    assert kept.held == (EXACT in child["metadata"]["finalizers"])


def test_what_is_kept_of_what_ended_is_small():
    whole = ended("11:50", "11:58") | {"spec": {"x": "y" * 50_000}}
    (kept,) = history.ended_of("u1", [whole])
    assert kept.at == at("11:58")
    assert len(pickle.dumps(kept)) < 1_500


@pytest.mark.parametrize("field", ["name", "uid"])
def test_an_owner_that_no_api_has_made_is_none(field):
    child = workflow("11:59")
    child["metadata"]["ownerReferences"][0][field] = "x" * 254
    assert Child.of(child) is None


def test_the_child_is_what_argo_would_make():
    body = manifest(
        labels={
            "workflows.argoproj.io/controller-instanceid": "blue",
            "workflows.argoproj.io/creator": "ann",
            "team": "data",
        },
        workflowMetadata={
            "labels": {"from": "cron", "workflows.argoproj.io/creator": "bob"},
            "annotations": {"a": "b"},
            "finalizers": ["x/y"],
            "name": "ignored",
        },
        workflowSpec={"entrypoint": "main", "unknown": {"deep": [1, None]}},
    )
    made = scheduled.workflow(body, at("12:00"), exact=True)
    assert made == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": f"job-{int(at('12:00').timestamp())}",
            "namespace": "team",
            "labels": {
                "workflows.argoproj.io/cron-workflow": "job",
                "workflows.argoproj.io/controller-instanceid": "blue",
                "workflows.argoproj.io/creator": "bob",
                "from": "cron",
            },
            "annotations": {"workflows.argoproj.io/scheduled-time": "2026-11-23T12:00:00Z", "a": "b"},
            "ownerReferences": [
                {
                    "apiVersion": "argoproj.io/v1alpha1",
                    "kind": "CronWorkflow",
                    "name": "job",
                    "uid": "u1",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
            "finalizers": ["x/y", EXACT],
        },
        "spec": {"entrypoint": "main", "unknown": {"deep": [1, None]}},
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"labels": {"workflows.argoproj.io/backfill": "job"}}, id="a backfill has no such label"
        ),
        pytest.param({"ownerReferences": []}, id="nobody owns it"),
        pytest.param(
            {"ownerReferences": [{"kind": "CronWorkflow", "name": "job", "uid": "u1", "controller": False}]},
            id="its owner is no controller",
        ),
    ],
)
def test_what_is_no_child_is_not_seen(change):
    other = workflow("11:59")
    other["metadata"] |= change
    assert len(family(other)) == 0


@pytest.mark.parametrize(
    "status", [None, "x", [], {"active": "x", "succeeded": "3", "phase": 1, "conditions": 7}]
)
def test_a_status_of_any_shape_can_be_read(status):
    body = manifest()
    body["status"] = status
    state = RecordedState.of(body)
    assert (state.active, state.succeeded, state.phase, state.conditions) == ((), 0, "", ())
