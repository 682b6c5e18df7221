"""Passes over the open reports: what is posted, when nothing is, and when a Workflow is let go."""

import asyncio
import inspect
import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.hosts.fake_hosts import After, Before, answered, credential
from tests.simulation.history import NoFaults
from tests.simulation.server import NAMESPACES
from tests.support.reports import APP, CI, REPORT, REPORTED, SHA, Scene, intent

from triggerfish.cron.planning.shard import Shard
from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.reports.progress import ReportedRun
from triggerfish.hosts.reports.trust import seal_key
from triggerfish.kube.resources import EVENTS, WORKFLOWS


async def test_a_run_is_told_from_its_start_to_its_end_and_then_let_go():
    scene = Scene(workflow_url="https://argo.example.com/workflows/{namespace}/{name}")
    scene.put()
    seen = []
    for phase in ("", "Running", "Succeeded", ""):
        if phase:
            scene.move("run", phase)
        await scene.tick()
        seen.append((*scene.status(), scene.labels()["run"]))
    assert seen == [
        ("pending", "waiting to start", "pending"),
        ("pending", "running", "running"),
        ("success", "succeeded", "ended"),
        ("success", "succeeded", "done"),
    ]
    (run,) = scene.workflows()
    assert "finalizers" not in run["metadata"]
    assert scene.host.statuses[APP, SHA][0]["target_url"] == "https://argo.example.com/workflows/team/run"
    posted = len(scene.hosts.calls)
    await scene.tick()
    assert len(scene.hosts.calls) == posted


@pytest.mark.parametrize(
    ("phase", "message", "more", "expected"),
    [
        pytest.param("Failed", "child 'x' failed", {}, ("failure", "failed: child 'x' failed"), id="failed"),
        pytest.param("Failed", "", {}, ("failure", "failed"), id="failed without a word"),
        pytest.param("Error", "no pod", {}, ("error", "ended with an error: no pod"), id="error"),
        pytest.param("Failed", "Stopped", {"shutdown": "Stop"}, ("error", "stopped"), id="stopped"),
        pytest.param(
            "Failed",
            "see https://bob:hunter2@h/ token=hunter2",
            {},
            ("failure", "failed: see https://…@h/ token=…"),
            id="no credential of a message",
        ),
        pytest.param("Failed", "x" * 500, {}, ("failure", "failed: " + "x" * 131 + "…"), id="long"),
    ],
)
async def test_how_an_end_is_told(phase, message, more, expected):
    scene = Scene()
    scene.put(stage="running", phase="Running")
    scene.move("run", phase, message, **more)
    await scene.tick()
    assert scene.status() == expected
    assert scene.calls().count("get workflows") == 1


async def test_a_success_is_told_without_reading_the_workflow():
    scene = Scene()
    scene.put(stage="running", phase="Succeeded")
    await scene.tick()
    assert "get workflows" not in scene.calls()


async def test_a_thousand_open_reports_that_have_not_changed_cost_one_list():
    scene = Scene()
    for number in range(1000):
        scene.put(f"run-{number}", of=intent(sha=f"{number:040x}"), stage="running", phase="Running")
    marked = {"metadata": {"annotations": {REPORTED: "running 2026-11-23T11:00:00Z"}}}
    for run in scene.workflows():
        scene.model.edit(WORKFLOWS, "team", run["metadata"]["name"], marked)
    before = len(scene.model.history.entries)
    summary = await scene.tick()
    assert scene.calls(before) == ["list workflows"]
    assert (summary.open, scene.hosts.calls) == (1000, [])


async def test_a_late_first_state_is_put_right_by_the_next_pass():
    scene = Scene()
    scene.put(phase="Succeeded")
    await scene.tick()
    scene.host.statuses[APP, SHA].insert(0, {"context": "ci/build", "state": "pending", "description": ""})
    summary = await scene.tick()
    assert (scene.status()[0], summary.repaired, scene.labels()) == ("success", 1, {"run": "ended"})
    await scene.tick()
    assert scene.labels() == {"run": "done"}


async def test_what_another_pass_may_still_post_is_waited_for():
    scene = Scene()
    scene.put(phase="Succeeded")
    await scene.tick()
    await scene.tick(seconds=5)
    assert scene.labels() == {"run": "ended"}
    await scene.tick(seconds=51)
    assert scene.labels() == {"run": "done"}


async def test_the_newest_run_of_a_commit_counts_and_older_ones_never_again():
    scene = Scene()
    scene.put("old", stage="running", phase="Running")
    scene.model.now += timedelta(seconds=1)
    scene.put("new", phase="Running")
    await scene.tick()
    scene.move("old", "Failed")
    await scene.tick()
    assert scene.status() == ("pending", "running")
    assert scene.labels() == {"old": "done", "new": "running"}
    old = next(run for run in scene.workflows() if run["metadata"]["name"] == "old")
    assert old["metadata"]["annotations"][REPORTED].endswith(" by new")
    scene.move("new", "Succeeded")
    await scene.tick()
    assert scene.status() == ("success", "succeeded")


async def test_a_status_that_an_older_run_left_late_is_put_right():
    scene = Scene()
    scene.put("old", stage="running", phase="Running")
    scene.model.now += timedelta(seconds=1)
    scene.put("new", phase="Running")
    await scene.tick()
    scene.host.statuses[APP, SHA].insert(0, {"context": "ci/build", "state": "failure", "description": "old"})
    await scene.tick()
    assert scene.status() == ("pending", "running")


async def test_an_older_run_is_not_told_when_the_newer_one_is_gone():
    scene = Scene()
    scene.put("old", stage="running", phase="Running")
    scene.model.now += timedelta(seconds=1)
    scene.put("new", phase="Running")
    await scene.tick()
    scene.model.edit(WORKFLOWS, "team", "new", {"metadata": {"finalizers": None}})
    scene.model.remove(WORKFLOWS, "team", "new")
    scene.move("old", "Succeeded")
    await scene.tick()
    assert scene.status() == ("pending", "running")
    assert scene.labels() == {"old": "done"}


async def test_a_run_that_gave_way_says_to_which():
    scene = Scene()
    scene.put("old", phase="Failed", **{"triggerfish.dev/superseded-by": "new"})
    await scene.tick()
    assert scene.status() == ("error", "superseded by new")


async def test_a_run_that_is_deleted_is_stopped_told_and_let_go():
    scene = Scene()
    scene.put(phase="Running")
    scene.model.remove(WORKFLOWS, "team", "run")
    await scene.tick()
    assert scene.status() == ("error", "deleted before it ended")
    assert scene.workflows()[0]["spec"] == {"shutdown": "Terminate"}
    await scene.tick()
    assert scene.workflows() == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Before(answered(status=401)), "GitHub answered 401", id="wrong token"),
        pytest.param(Before(answered(status=500)), "GitHub answered 500", id="5xx"),
        pytest.param(Before(answered(status=429, retry_after="9")), "GitHub answered 429", id="429"),
        pytest.param(Before(HostUnanswered("GitHub did not answer in time")), "in time", id="time-out"),
        pytest.param(After(), "did not answer", id="answer lost"),
    ],
)
async def test_a_failure_is_an_event_and_made_up_for_by_the_next_pass(fault, reason):
    scene = Scene()
    scene.put(phase="Succeeded")
    scene.hosts.faults = [fault]
    summary = await scene.tick()
    assert (summary.failed, scene.labels()) == (1, {"run": "pending"})
    (event,) = scene.model.objects(EVENTS)
    assert event["reason"] == "ReportFailed"
    assert reason in event["message"]
    assert event["involvedObject"]["name"] == "run"
    assert "hush" not in str(event)
    await scene.tick()
    assert (scene.status()[0], scene.labels()) == ("success", {"run": "ended"})


async def test_credentials_that_cannot_be_read_fail_nothing():
    scene = Scene()
    scene.put(phase="Succeeded")
    scene.hosts.unreadable = HostRefused("the Secret may not be read")
    summary = await scene.tick()
    assert (summary.failed, scene.told()) == (1, ["ReportFailed"])
    scene.hosts.unreadable = None
    await scene.tick()
    assert scene.status()[0] == "success"


async def test_a_report_that_cannot_be_made_holds_its_workflow_for_a_day_at_most():
    scene = Scene()
    scene.put(phase="Running")
    scene.move("run", "Succeeded")
    scene.hosts.unreadable = HostRefused("no")
    await scene.tick(seconds=23 * 3600)
    assert scene.labels() == {"run": "pending"}
    await scene.tick(seconds=2 * 3600)
    (run,) = scene.workflows()
    assert (scene.labels(), "finalizers" in run["metadata"]) == ({"run": "done"}, False)
    assert "ReportGivenUp" in scene.told()


async def test_a_host_that_never_shows_what_it_was_told_is_not_told_for_ever():
    scene = Scene()
    scene.put(phase="Running")
    scene.move("run", "Succeeded")
    answer = scene.hosts.answer
    scene.hosts.answer = lambda request: answered([]) if request.method == "GET" else answer(request)
    for _ in range(3):
        await scene.tick()
    assert (len(scene.posts()), scene.labels()) == (3, {"run": "ended"})
    await scene.tick(seconds=25 * 3600)
    assert (len(scene.posts()), scene.labels()) == (3, {"run": "done"})


async def test_a_dead_host_holds_no_workflow_for_more_than_a_day_however_many_there_are():
    scene = Scene()
    for number in range(20):
        scene.put(f"run-{number}", of=intent(sha=f"{number:040x}"))
        scene.move(f"run-{number}", "Succeeded")
    scene.hosts.answer = lambda request: answered(status=500)
    await scene.tick(seconds=25 * 3600)
    assert set(scene.labels().values()) == {"done"}


async def test_a_long_run_that_has_just_ended_is_not_given_up():
    scene = Scene()
    scene.put(phase="Running")
    scene.hosts.unreadable = HostRefused("no")
    await scene.tick(seconds=30 * 3600)
    scene.move("run", "Succeeded")
    await scene.tick(seconds=3600)
    assert scene.labels() == {"run": "pending"}


async def test_a_run_of_more_than_a_day_is_not_given_up():
    scene = Scene()
    scene.put(phase="Running")
    scene.hosts.unreadable = HostRefused("no")
    await scene.tick(seconds=30 * 3600)
    assert scene.labels() == {"run": "pending"}


async def test_sixty_posts_with_a_credential_the_final_states_first():
    scene = Scene()
    for number in range(100):
        phase = "Succeeded" if number % 2 else "Running"
        scene.put(f"run-{number}", of=intent(sha=f"{number:040x}"), phase=phase)
    summary = await scene.tick()
    posted = [call.json["state"] for call in scene.posts()]
    assert (len(posted), posted.count("success")) == (60, 50)
    assert summary.left == 40


async def test_a_host_that_does_not_answer_is_not_asked_for_every_run():
    scene = Scene()
    for number in range(40):
        scene.put(f"run-{number}", of=intent(sha=f"{number:040x}"), phase="Succeeded")
    scene.hosts.faults = [Before(HostUnanswered("no answer")) for _ in range(40)]
    await scene.tick()
    assert len(scene.hosts.calls) < 40


# --- whose word counts ---


def rewritten(**changes):
    """The annotation of the run, with other fields, as somebody who may patch Workflows would write it."""

    def write(scene):
        known = json.loads(scene.workflows()[0]["metadata"]["annotations"][REPORT])
        return json.dumps({key: value for key, value in {**known, **changes}.items() if value is not None})

    return write


def sealed_for(namespace="team", name="run", key=None, **more):
    """A whole annotation that was sealed for another Workflow, or with another key."""
    return lambda scene: intent(**more).sealed(namespace, name, seal_key(CI) if key is None else key)


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param(rewritten(repository="org/other"), id="another repository"),
        pytest.param(rewritten(sha="2b" * 20), id="another commit"),
        pytest.param(rewritten(context="ci/other"), id="another name of the status"),
        pytest.param(rewritten(host="gitlab"), id="another host"),
        pytest.param(rewritten(credential="other"), id="another credential"),
        pytest.param(rewritten(at=1.5), id="another time"),
        pytest.param(rewritten(ids={"source": "org/other"}), id="another fork"),
        pytest.param(rewritten(installation=7), id="another installation"),
        pytest.param(rewritten(seal=None), id="no seal"),
        pytest.param(rewritten(seal=""), id="an empty seal"),
        pytest.param(rewritten(seal=["x"]), id="a seal that is no text"),
        pytest.param(rewritten(seal="é" * 64), id="a seal of other characters"),
        pytest.param(rewritten(more="x"), id="a field that we do not write"),
        pytest.param(rewritten(sha=7), id="a commit that is no text"),
        pytest.param(sealed_for(namespace="other"), id="of another namespace"),
        pytest.param(sealed_for(namespace="tea", name="mrun"), id="names that run together"),
        pytest.param(sealed_for(name="other"), id="of another Workflow"),
        pytest.param(sealed_for(key=b""), id="sealed with nothing"),
        pytest.param(sealed_for(key=b"hush-token"), id="sealed with the token itself"),
        pytest.param(
            sealed_for(key=seal_key(credential("ci", repositories=("*",), url="https://h"))),
            id="of another url",
        ),
        pytest.param(lambda scene: "", id="nothing"),
        pytest.param(lambda scene: "ci/build", id="as on a binding"),
        pytest.param(lambda scene: "[]", id="a list"),
        pytest.param(lambda scene: "{" * 5000, id="deep"),
        pytest.param(lambda scene: json.dumps({"seal": "x" * 9000}), id="large"),
    ],
)
async def test_an_annotation_that_is_not_ours_makes_no_call_and_an_event(annotation):
    scene = Scene(CI, replace(CI, name="other", auth=AccessToken("another")))
    scene.put(phase="Succeeded")
    changed = {"metadata": {"annotations": {REPORT: annotation(scene)}}}
    scene.model.edit(WORKFLOWS, "team", "run", changed)
    summary = await scene.tick()
    assert scene.hosts.calls == []
    assert (summary.ignored + summary.failed, len(scene.model.objects(EVENTS))) == (1, 1)
    assert scene.labels() == {"run": "pending"}
    await scene.tick(seconds=600)
    (run,) = scene.workflows()
    assert (scene.labels(), "finalizers" in run["metadata"]) == ({"run": "done"}, False)


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param((replace(CI, repositories=("org/other",)),), id="not for the repository any more"),
        pytest.param((replace(CI, name="other"),), id="another name"),
        pytest.param((replace(CI, auth=AccessToken("new")),), id="rotated"),
        pytest.param((replace(CI, type="gitea", url="https://git.example.com"),), id="of another host"),
        pytest.param((replace(CI, url="https://git.example.com"),), id="of another server"),
    ],
)
async def test_what_no_credential_stands_for_makes_no_call(credentials):
    scene = Scene(*credentials)
    scene.put(phase="Succeeded")
    await scene.tick()
    assert scene.hosts.calls == []
    assert scene.told() in (["ReportFailed"], ["ReportIgnored"])


async def test_a_forged_run_never_takes_the_place_of_a_real_one():
    scene = Scene()
    scene.put("real", phase="Running")
    scene.model.now += timedelta(seconds=1)
    copy = scene.workflows()[0]["metadata"]["annotations"][REPORT]
    scene.put("forged", phase="Succeeded")
    scene.model.edit(WORKFLOWS, "team", "forged", {"metadata": {"annotations": {REPORT: copy}}})
    await scene.tick()
    await scene.tick()
    assert scene.status() == ("pending", "running")
    scene.move("real", "Failed")
    await scene.tick()
    assert scene.status() == ("failure", "failed")


# --- the Kubernetes API ---


async def test_a_workflow_that_its_controller_writes_meanwhile_is_marked_all_the_same():
    scene = Scene()
    scene.put(phase="Running")

    class Writes(NoFaults):
        async def before(self, call):
            if call.kind_of_call == "patch workflows":
                scene.model.faults = NoFaults()
                scene.model.edit(WORKFLOWS, "team", "run", {"status": {"progress": "1/2"}}, "controller")

    scene.model.faults = Writes()
    await scene.tick()
    assert scene.labels() == {"run": "running"}


async def test_a_label_that_another_pass_moved_on_is_not_moved_back():
    scene = Scene()
    scene.put(phase="Running")

    class Other(NoFaults):
        async def before(self, call):
            if call.kind_of_call == "patch workflows":
                scene.model.faults = NoFaults()
                mark = {
                    "labels": {REPORT: "ended"},
                    "annotations": {REPORTED: "success 2026-11-23T12:00:30Z"},
                }
                scene.model.edit(WORKFLOWS, "team", "run", {"metadata": mark})

    scene.model.faults = Other()
    await scene.tick()
    assert scene.labels() == {"run": "ended"}


async def test_a_shard_has_all_runs_of_a_commit_and_no_other_shard_has_them():
    scene = Scene()
    for number in range(8):
        for name in ("old", "new"):
            scene.put(f"{name}-{number}", of=intent(sha=f"{number:040x}"), phase="Running")
            scene.model.now += timedelta(seconds=1)
    opened = [(await scene.tick(seconds=1, shard=Shard(index, 3))).open for index in (1, 2, 3)]
    assert sum(opened) == 16
    assert all(count % 2 == 0 for count in opened)
    assert len(scene.posts()) == 8


async def test_runs_of_another_installation_are_left_alone():
    scene = Scene(instance_id="blue")
    scene.put(phase="Succeeded")
    assert (await scene.tick()).open == 0


async def test_a_namespace_whose_secrets_hang_holds_up_no_other():
    scene = Scene()
    scene.model.put(NAMESPACES, None, {"metadata": {"name": "slow"}})
    scene.put(phase="Succeeded")
    scene.put("late", namespace="slow", of=intent(sha="2b" * 20), phase="Succeeded")
    known = scene.hosts.credentials

    async def credentials(namespace):
        if namespace == "slow":
            raise HostUnanswered("the store does not answer")
        return await known(namespace)

    scene.hosts.credentials = credentials
    await scene.tick()
    assert scene.status()[0] == "success"
    assert scene.labels() == {"run": "ended", "late": "pending"}


async def test_a_host_that_hangs_holds_up_no_other_namespace_and_no_pass():
    scene = Scene(tick_deadline_seconds=1)
    scene.model.put(NAMESPACES, None, {"metadata": {"name": "slow"}})
    for number in range(40):
        scene.put(f"late-{number}", namespace="slow", of=intent(sha=f"{number:040x}"), phase="Succeeded")
    scene.put(phase="Succeeded")
    run, hung = scene.hosts.run, []

    async def slow(credential, make, **more):
        told = inspect.getclosurevars(make).nonlocals["run"].intent
        if told.sha != SHA:
            hung.append(told.sha)
            await asyncio.Event().wait()
        return await run(credential, make, **more)

    scene.hosts.run = slow
    # The clock of the pass stands still; its end comes by the loop's own.
    scene.settings = replace(scene.settings, tick_deadline_seconds=0.2)
    summary = await scene.tick()
    assert scene.status()[0] == "success"
    assert scene.labels()["run"] == "ended"
    assert (len(hung) < 40, summary.left) == (True, 1)


async def test_two_credentials_for_one_commit_tell_its_newest_run():
    other = replace(CI, name="a-new")
    scene = Scene(CI, other)
    scene.put("old", phase="Running")
    scene.model.now += timedelta(seconds=1)
    scene.put("new", of=replace(intent(), credential="a-new"), phase="Running")
    await scene.tick()
    scene.move("old", "Failed")
    await scene.tick()
    assert scene.status() == ("pending", "running")


async def test_two_servers_with_one_commit_are_both_told():
    enterprise = replace(CI, name="ghe", url="https://git.example.com")
    scene = Scene(CI, enterprise)
    scene.put("public", phase="Succeeded")
    scene.model.now += timedelta(seconds=1)
    sealed = replace(intent(), credential="ghe")
    scene.put("private", of=sealed, key=seal_key(enterprise), phase="Failed")
    await scene.tick()
    told = {(urlsplit(call.url).hostname, call.json["state"]) for call in scene.posts()}
    assert told == {("api.github.com", "success"), ("git.example.com", "failure")}


async def test_long_lists_of_finalizers_are_read_when_ours_is_taken_off_and_stay():
    scene = Scene()
    scene.put(phase="Succeeded")
    others = [f"x.example.com/{number:04}" for number in range(100)]
    scene.model.edit(WORKFLOWS, "team", "run", {"metadata": {"finalizers": [*others, REPORT]}})
    await scene.tick()
    before = len(scene.model.history.entries)
    await scene.tick()
    assert scene.labels() == {"run": "done"}
    assert scene.workflows()[0]["metadata"]["finalizers"] == others
    got = [e.call.request for e in scene.model.history.entries[before:] if e.call.kind_of_call[:3] == "get"]
    assert ["as=PartialObjectMetadata;" in request.accept for request in got] == [True]


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param({"triggerfish.dev/superseded-by": "x" * 250_000}, id="superseded by"),
        pytest.param({REPORTED: "superseded 2026-11-23T11:00:00Z by " + "x" * 250_000}, id="a mark"),
        pytest.param({REPORT: json.dumps({"ids": {f"{n:x}": n for n in range(300)}})}, id="ids"),
    ],
)
def test_little_is_kept_of_what_anybody_may_write_by_the_megabyte(notes):
    told = json.loads(intent().sealed("team", "run", b"key")) | json.loads(notes.get(REPORT, "{}"))
    metadata = {
        "namespace": "team",
        "name": "run",
        "uid": "u",
        "resourceVersion": "1",
        "labels": {REPORT: "pending"},
        "annotations": {**notes, REPORT: json.dumps(told)},
        "finalizers": [REPORT, *(f"x.example.com/{number}" for number in range(50_000))],
    }
    run = ReportedRun.of({"metadata": metadata})
    assert (run.held, run.rest) == (True, None)
    assert len(repr(run)) < 2000


async def test_keys_that_are_dear_to_derive_hold_up_nobody():
    seal_key.cache_clear()
    dear = [replace(CI, name=f"c{n:02}", auth=Basic("user", f"{n}")) for n in range(12)]
    scene = Scene(*dear)
    for number, each in enumerate(dear):
        told = replace(intent(sha=f"{number:040x}"), credential=each.name)
        scene.put(f"run-{number}", of=told, key=b"another")
    turns, ended = [], asyncio.Event()

    async def served():
        while not ended.is_set():
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(0.001)
            turns.append(asyncio.get_running_loop().time() - began)

    serving = asyncio.create_task(served())
    assert (await scene.tick()).ignored == 12
    ended.set()
    await serving
    assert len(turns) > 50, "twelve keys take half a second"


async def test_what_fails_by_the_thousand_fills_no_log(caplog):
    scene = Scene()
    for number in range(50):
        told = replace(intent(sha=f"{number:040x}"), credential="absent")
        scene.put(f"run-{number}", of=told)
    assert (await scene.tick()).failed == 50
    assert len([each for each in caplog.messages if "report" in each]) == 21
