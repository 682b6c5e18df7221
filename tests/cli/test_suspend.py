"""`suspend`, `resume` and `trigger` as people call them, on the embedded cluster."""

import getpass
import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tests.cli.calling import call, failure, make, merge, read

NOTES = "triggerfish.dev/suspended"
COMPLETED = "cronworkflows.argoproj.io/completed"


def cron(name: str, **labels: str) -> dict:
    spec = {
        "schedules": ["* * * * *"],
        "workflowSpec": {
            "entrypoint": "main",
            "templates": [{"name": "main", "suspend": {}}],
            "arguments": {"parameters": [{"name": "day", "value": "all"}]},
        },
    }
    return {"kind": "CronWorkflow", "metadata": {"name": name, "labels": labels}, "spec": spec}


@pytest.fixture
def place(embedded):
    """A namespace with three CronWorkflows, two of them of team blue."""
    namespace = embedded.new_namespace()
    for body in (cron("one", team="blue"), cron("two", team="blue"), cron("three", team="red")):
        make(embedded, namespace, "cronworkflows", body)
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


@pytest.fixture
def found(embedded, place):
    """A CronWorkflow as it is now."""
    return lambda name: read(embedded, place[0], "cronworkflows", name)


def until(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


class TestSuspend:
    def test_it_is_noted_who_when_and_why(self, found, place) -> None:
        call("suspend", "one", "--reason", "moving house", *place[1])
        body = found("one")
        notes = body["metadata"]["annotations"]
        assert body["spec"]["suspend"] is True
        assert notes[f"{NOTES}-by"] == getpass.getuser()
        assert notes[f"{NOTES}-reason"] == "moving house"
        assert abs(datetime.fromisoformat(notes[f"{NOTES}-at"]) - datetime.now(UTC)) < timedelta(minutes=5)
        assert "suspend" not in found("two")["spec"]

    def test_with_an_end_its_slots_are_left_out_until_then(self, found, place) -> None:
        end = until(2)
        (row,) = json.loads(
            call("suspend", "one", "--until", end, "--reason", "rest", "-o", "json", *place[1])
        )
        assert row["until"] == end
        assert found("one")["spec"]["suspend"] is False
        slot = (datetime.now(UTC) + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
        said = call("preview", "cron", "one", "--at", slot, *place[1])
        assert said == (
            f"It would not run: excluded by 'suspended until {end} by {getpass.getuser()}: rest'.\n"
        )
        after = (datetime.now(UTC) + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
        assert call("preview", "cron", "one", "--at", after, *place[1]).startswith("It would run as one-")

    def test_an_end_for_one_that_was_suspended_without(self, found, place) -> None:
        call("suspend", "one", *place[1])
        call("suspend", "one", "--until", until(2), *place[1])
        assert found("one")["spec"]["suspend"] is False
        assert f"{NOTES}-by" not in found("one")["metadata"]["annotations"]

    def test_by_label(self, found, place) -> None:
        rows = yaml.safe_load(call("suspend", "-l", "team=blue", "-o", "yaml", *place[1]))
        assert rows == [{"cron": "one", "state": "suspended"}, {"cron": "two", "state": "suspended"}]
        assert [found(name)["spec"].get("suspend") for name in ("one", "two", "three")] == [True, True, None]

    def test_nothing_is_written_when_one_of_the_names_is_of_nothing(self, found, place) -> None:
        assert "there is no CronWorkflow 'other'" in failure("suspend", "one", "other", *place[1])
        assert "suspend" not in found("one")["spec"]


class TestResume:
    def test_both_forms_end(self, found, place) -> None:
        call("suspend", "one", "--reason", "x", *place[1])
        call("suspend", "two", "--until", until(2), *place[1])
        call("resume", "one", "two", *place[1])
        for name in ("one", "two"):
            assert found(name)["spec"]["suspend"] is False
            assert f"{NOTES}-by" not in (found(name)["metadata"].get("annotations") or {})
        soon = (datetime.now(UTC) + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
        assert call("preview", "cron", "two", "--at", soon, *place[1]).startswith("It would run as two-")

    def test_a_pause_after_failures_ends(self, embedded, found, place) -> None:
        notes = {"triggerfish.dev/failures-in-a-row": "3"}
        merge(embedded, place[0], "cronworkflows", "one", {"metadata": {"annotations": notes}})
        call("resume", "one", *place[1])
        assert not found("one")["metadata"].get("annotations")

    def test_only_a_restart_sets_a_stopped_one_going(self, embedded, found, place) -> None:
        stop = {"metadata": {"labels": {COMPLETED: "true"}}, "status": {"phase": "Stopped"}}
        merge(embedded, place[0], "cronworkflows", "one", stop)
        (row,) = json.loads(call("resume", "one", "-o", "json", *place[1], code=1))
        assert row["state"] == "stopped"
        call("resume", "one", "--restart", *place[1])
        assert found("one")["status"]["phase"] == "Active"
        assert COMPLETED not in found("one")["metadata"]["labels"]


class TestTrigger:
    def test_the_run_is_a_child_with_the_parameters_given(self, embedded, found, place) -> None:
        name = call("trigger", "one", "-p", "day=monday", *place[1]).strip()
        assert name.startswith("one-")
        made = read(embedded, place[0], "workflows", name)
        owner = made["metadata"]["ownerReferences"][0]
        assert (owner["uid"], owner["controller"]) == (found("one")["metadata"]["uid"], True)
        assert made["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"] == "one"
        assert made["spec"]["arguments"]["parameters"] == [{"name": "day", "value": "monday"}]

    def test_each_call_is_a_run_of_its_own(self, embedded, place) -> None:
        made = json.loads(call("trigger", "one", "-o", "json", *place[1]))
        assert made["kind"] == "Workflow"
        call("trigger", "one", *place[1])
        assert len(read(embedded, place[0], "workflows")["items"]) == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["suspend", "one", "--until", "2020-01-01T00:00"], "is not in the future"),
        (["suspend", "one", "--until", "soon"], "is not a date or a time"),
        (["suspend", "-l", "team=green"], "there is no CronWorkflow with team=green"),
        (["resume", "other"], "there is no CronWorkflow 'other'"),
        (["trigger", "other"], "not found"),
        (["trigger", "one", "-p", "day"], "day"),
    ],
)
def test_wrong_input_is_one_sentence(arguments: list[str], problem: str, place) -> None:
    assert problem in failure(*arguments, *place[1])


@pytest.mark.parametrize(
    "words", [["suspend"], ["suspend", "one", "-l", "team=blue"], ["resume"], ["trigger"]]
)
def test_what_is_no_call_at_all_is_exit_code_2(words: list[str], place) -> None:
    call(*words, *place[1], code=2)
