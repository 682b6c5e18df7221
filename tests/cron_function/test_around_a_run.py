"""What happens around a run: rest, deletion, names that are taken, conflicts, and what is told of it."""

from datetime import timedelta

import pytest
from tests.simulation.statuses import refusal
from tests.support.ticks import CRON_LABEL, NOON, RUN, Patient, calls, children, finish, put, run, team_model

from triggerfish import annotations as keys
from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    WORKFLOWS,
)
from triggerfish.settings import Settings


@pytest.fixture
def model():
    return team_model()


def skipped(summary):
    return [
        (f"{entry.slot:%H:%M}", entry.reason.value) for entry in summary.entries if entry.what == "skipped"
    ]


@pytest.mark.parametrize("memory", [True, False], ids=["warm", "cold"])
async def test_suspended_slots_are_told_once_and_never_written(model, memory):
    put(model, suspend=True)
    kept = tick.Memory(Calendars(Patient())) if memory else None
    await run(model, 50, memory=kept)
    before = len(model.history.writes(CRON_WORKFLOWS))
    told, due = [], []
    for minute in (1, 2, 3, 4):
        summary = await run(model, minute * 60 + 2, memory=kept)
        told.append(skipped(summary))
        due.append(summary.due)
    assert told == [[(f"12:0{minute}", "suspended")] for minute in (1, 2, 3, 4)]
    assert due == [1, 1, 1, 1]
    assert len(model.history.writes(CRON_WORKFLOWS)) == before


async def test_a_warm_instance_tells_no_slot_twice_and_none_too_few(model):
    put(model, suspend=True)
    memory = tick.Memory(Calendars(Patient()))
    told = [skipped(await run(model, seconds, memory=memory)) for seconds in (50, 61, 70, 130, 215)]
    assert told == [
        [],
        [("12:01", "suspended")],
        [],
        [("12:02", "suspended")],
        [("12:03", "suspended")],
    ]


async def test_stopped_slots_are_told_once(model):
    put(model, stopStrategy={"expression": "true"})
    memory = tick.Memory(Calendars(Patient()))
    told = [skipped(await run(model, seconds, memory=memory)) for seconds in (62, 100, 122)]
    assert told == [[("12:01", "stopped")], [], [("12:02", "stopped")]]


async def test_what_is_being_deleted_starts_nothing(model):
    cron = put(model, "held")
    model.edit(CRON_WORKFLOWS, "team", "held", {"metadata": {"finalizers": ["example.com/hold"]}})
    put(model, "other")
    model.remove(CRON_WORKFLOWS, "team", cron["metadata"]["name"])
    assert "deletionTimestamp" in model.objects(CRON_WORKFLOWS)[0]["metadata"]
    told = []
    for minute in (1, 2):
        told += skipped(await run(model, minute * 60 + 2))
    assert {child.rpartition("-")[0] for child in children(model)} == {"other"}
    assert told == [("12:01", "deleting"), ("12:02", "deleting")]


async def test_finished_children_of_what_is_being_deleted_are_let_go(model):
    put(model, "held", notes={keys.EXACT: "true"})
    model.edit(CRON_WORKFLOWS, "team", "held", {"metadata": {"finalizers": ["example.com/hold"]}})
    await run(model, 62)
    (child,) = children(model)
    finish(model, child)
    model.remove(CRON_WORKFLOWS, "team", "held")
    await run(model, 190)
    (workflow,) = model.objects(WORKFLOWS)
    assert not workflow["metadata"].get("finalizers")


@pytest.mark.parametrize("orphan", [False, True], ids=["of a CronWorkflow", "of one that is gone"])
async def test_other_finalizers_stay_however_many_they_are(model, orphan):
    others = [f"example.com/{number}" for number in range(100)]
    put(model, notes={keys.EXACT: "true"})
    await run(model, 62)
    (child,) = children(model)
    model.edit(WORKFLOWS, "team", child, {"metadata": {"finalizers": [*others, keys.EXACT]}})
    finish(model, child)
    if orphan:
        model.remove(CRON_WORKFLOWS, "team", "job")
    await run(model, 190)
    assert {tuple(each["metadata"].get("finalizers") or ()) for each in model.objects(WORKFLOWS)} >= {
        tuple(others)
    }
    assert all(
        keys.EXACT not in each["metadata"].get("finalizers", ())
        for each in model.objects(WORKFLOWS)
        if each["metadata"]["name"] == child
    )


async def test_what_ended_is_read_whole_within_room_for_it(model, monkeypatch):
    put(model, successfulJobsHistoryLimit=0)
    await run(model, 62)
    (child,) = children(model)
    finish(model, child)
    rooms, pages = [], Client.pages
    monkeypatch.setattr(
        Client, "pages", lambda *args, **more: rooms.append(more.get("room")) or pages(*args, **more)
    )
    await run(model, 250)
    assert child not in children(model)
    assert len([room for room in rooms if room]) == 1


class Terminating:
    """A namespace that takes no new objects, as the API server's admission says it."""

    def __init__(self, model):
        self.model = model

    async def send(self, request, *, timeout):
        if request.method == "POST" and "/namespaces/team/" in request.path:
            cause = {"reason": "NamespaceTerminating", "field": "metadata.namespace"}
            message = "unable to create new content in namespace team because it is being terminated"
            return refusal(403, "Forbidden", message, details={"causes": [cause]})
        return await self.model.send(request, timeout=timeout)


@pytest.mark.parametrize("policy", ["Allow", "Forbid", "Replace"])
async def test_a_terminating_namespace_is_no_failure(model, policy):
    put(model, concurrencyPolicy=policy)
    model.now = NOON + timedelta(seconds=62)
    summary = await tick.run(Client(Terminating(model)), Settings(), Patient())
    assert (summary.count("failed"), summary.retry, skipped(summary)) == (0, False, [("12:01", "deleting")])
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert cron.get("status", {}).get("conditions", []) == []
    assert keys.CLAIM not in cron["metadata"]["annotations"]
    assert skipped(await run(model, 70)) == []


# -- names that belong to somebody else ---------------------------------------------------------------


@pytest.mark.parametrize("owner", ["another-uid", None], ids=["recreated", "nobody's"])
async def test_a_name_that_is_taken_is_no_run_of_ours(model, owner):
    cron = put(model, concurrencyPolicy="Forbid")
    slot = int((NOON + timedelta(minutes=1)).timestamp())
    reference = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "name": "job",
        "controller": True,
    }
    owners = [reference | {"uid": owner}] if owner else []
    metadata = {"name": f"job-{slot}", "labels": {CRON_LABEL: "job"}, "ownerReferences": owners}
    model.put(WORKFLOWS, "team", {"metadata": metadata, "spec": {}})
    summary = await run(model)
    assert [(each.what, each.reason.value) for each in summary.entries] == [("failed", "refused")]
    (now,) = model.objects(CRON_WORKFLOWS)
    (condition,) = now["status"]["conditions"]
    assert condition["type"] == "SubmissionError"
    assert "does not belong to this CronWorkflow" in condition["message"]
    assert now["status"].get("active", []) == []
    assert "lastScheduledTime" not in now["status"]
    assert cron["metadata"]["uid"] != owner


class Meddling:
    """Somebody edits the CronWorkflow between a tick's lists and its first patch."""

    def __init__(self, model, patch, times=1):
        self.model, self.patch, self.times = model, patch, times

    async def send(self, request, *, timeout):
        if self.times and request.method == "PATCH" and "cronworkflows" in request.path:
            self.times -= 1
            self.model.edit(CRON_WORKFLOWS, "team", "job", self.patch)
        return await self.model.send(request, timeout=timeout)


@pytest.mark.parametrize("policy", ["Forbid", "Replace"])
async def test_a_claim_that_meets_a_conflict_is_planned_again(model, policy):
    put(model, concurrencyPolicy=policy)
    await run(model, 50)
    model.now = NOON + timedelta(seconds=62)
    transport = Meddling(model, {"spec": {"startingDeadlineSeconds": -1}})
    summary = await tick.run(Client(transport), Settings(), Patient())
    assert children(model) == []
    assert skipped(summary) == [("12:01", "spec-error")]


async def test_a_record_that_meets_a_conflict_is_written_on_what_is_there_now(model):
    put(model)
    model.now = NOON + timedelta(seconds=62)
    transport = Meddling(model, {"metadata": {"labels": {"team": "data"}}})
    await tick.run(Client(transport), Settings(), Patient())
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert cron["metadata"]["labels"]["team"] == "data"
    assert cron["status"]["lastScheduledTime"] == "2026-11-23T12:01:00Z"
    patches = [call for call in calls(model) if call == "patch cronworkflows"]
    assert len(patches) == 3  # the meddler's, the one refused, and the one after it


async def test_replace_tells_nobody_twice_to_end(model):
    put(model, concurrencyPolicy="Replace")
    for seconds in (62, 122, 130, 182):
        await run(model, seconds)
    told = [entry.call.name for entry in model.history.writes(WORKFLOWS) if entry.call.verb == "patch"]
    assert sorted(told) == sorted(set(told))
    assert len(told) == 2


async def test_labels_that_say_how_far_a_run_is_are_not_the_manifests(model):
    given = {
        "workflows.argoproj.io/completed": "true",
        "workflows.argoproj.io/phase": "Succeeded",
        "team": "x",
    }
    put(model, concurrencyPolicy="Forbid", workflowMetadata={"labels": given})
    for seconds in (62, 122):
        await run(model, seconds)
    (workflow,) = model.objects(WORKFLOWS)
    assert workflow["metadata"]["labels"] == {CRON_LABEL: "job", "team": "x"}
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert [each["name"] for each in cron["status"]["active"]] == [workflow["metadata"]["name"]]
    assert cron["status"]["succeeded"] == 0


async def test_children_that_a_ttl_of_seconds_deletes_are_counted(model):
    workflow = {**RUN, "ttlStrategy": {"secondsAfterCompletion": 5}}
    put(model, workflowSpec=workflow, stopStrategy={"expression": "cronworkflow.succeeded >= 3"})
    for minute in range(1, 8):
        await run(model, minute * 60 + 2)
        for child in children(model):
            finish(model, child)
            model.remove(WORKFLOWS, "team", child)
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert (cron["status"]["succeeded"], cron["status"]["phase"]) == (3, "Stopped")
    assert children(model) == []


async def test_who_says_so_does_without_the_finalizer(model):
    workflow = {**RUN, "ttlStrategy": {"secondsAfterCompletion": 5}}
    put(model, workflowSpec=workflow, notes={keys.EXACT: "false"})
    await run(model)
    (child,) = model.objects(WORKFLOWS)
    assert "finalizers" not in child["metadata"]


async def test_what_is_recorded_and_cannot_be_true_is_told_and_rewritten(model):
    put(model, notes={keys.DECIDED: "2030-01-01T00:00:00Z"})
    told = []
    for minute in (1, 2, 3):
        summary = await run(model, minute * 60 + 2)
        told += [entry.detail for entry in summary.entries if entry.what == "corrected"]
    assert len(children(model)) == 3
    (said,) = told
    assert keys.DECIDED in said
    assert "later than now" in said


@pytest.mark.parametrize(
    ("cluster", "settings"),
    [
        pytest.param(False, {}, id="of the template"),
        pytest.param(True, {}, id="of the cluster's template"),
        pytest.param(
            None, {"workflow_defaults": '{"spec": {"ttlStrategy": {"secondsAfterSuccess": 5}}}'}, id="default"
        ),
        pytest.param(False, {"notes": {keys.EXACT: "false"}}, id="not where it says no"),
    ],
)
async def test_a_short_life_that_is_not_the_cron_workflows_own(model, cluster, settings):
    settings = dict(settings)
    notes = settings.pop("notes", None)
    template = {"metadata": {"name": "build"}, "spec": {**RUN, "ttlStrategy": {"secondsAfterCompletion": 5}}}
    if cluster is None:
        put(model)
    else:
        kind = CLUSTER_WORKFLOW_TEMPLATES if cluster else WORKFLOW_TEMPLATES
        model.put(kind, None if cluster else "team", template)
        reference = {"name": "build", "clusterScope": True} if cluster else {"name": "build"}
        put(model, workflowSpec={"workflowTemplateRef": reference}, notes=notes)
    await run(model, **settings)
    (child,) = model.objects(WORKFLOWS)
    assert child["metadata"].get("finalizers") == (None if notes else [keys.EXACT])
    assert len([call for call in calls(model) if "templates" in call and "get" in call]) == (
        cluster is not None
    )


async def test_a_removal_leaves_no_time_but_came_before_the_slot_that_was_waited_for(model):
    spec = {"schedules": ["* * * * *"], "timezone": "Europe/Berlin", "workflowSpec": RUN}
    model.put(CRON_WORKFLOWS, "team", {"metadata": {"name": "job"}, "spec": spec}, user="kubectl")
    await run(model, 62)
    model.edit(CRON_WORKFLOWS, "team", "job", {"spec": {"timezone": None}}, user="kubectl")
    await run(model, 118)
    assert len(children(model)) == 2
