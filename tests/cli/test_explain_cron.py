"""`explain cron` and `preview cron` as people call them, on the embedded cluster."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tests.cli.calling import call, failure, make, merge

CRON = {
    "kind": "CronWorkflow",
    "metadata": {"name": "often"},
    "spec": {
        "schedules": ["* * * * *"],
        "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
    },
}


@pytest.fixture
def place(embedded):
    """A namespace with a CronWorkflow of every minute."""
    namespace = embedded.new_namespace()
    make(embedded, namespace, "cronworkflows", CRON)
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


def minute(ahead: int) -> datetime:
    """So many minutes from now, a whole one."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=ahead)


def preview(place, *more: str, at: datetime, code: int = 0) -> dict:
    return json.loads(
        call("preview", "cron", "often", "--at", at.isoformat(), "-o", "json", *more, *place[1], code=code)
    )


class TestPreview:
    def test_the_sentence_and_the_workflow_for_people(self, place) -> None:
        at = minute(5)
        text = call("preview", "cron", "often", "--at", at.isoformat(), *place[1])
        sentence, _, manifest = text.partition("\n")
        assert sentence == f"It would run as often-{int(at.timestamp())}."
        assert yaml.safe_load(manifest)["spec"] == {
            "entrypoint": "main",
            "templates": [{"name": "main", "suspend": {}}],
        }

    def test_run_creates_the_child_of_the_slot_once(self, embedded, place) -> None:
        at = minute(5)
        name = f"often-{int(at.timestamp())}"
        assert preview(place, "--run", at=at)["run"] == f"Created {name}."
        assert preview(place, "--run", at=at)["run"] == f"{name} exists already: this slot has run."
        made = embedded.request("GET", f"/apis/argoproj.io/v1alpha1/namespaces/{place[0]}/workflows/{name}")[
            1
        ]
        assert made["metadata"]["ownerReferences"][0]["name"] == "often"

    def test_a_workflow_of_the_same_name_that_is_not_its_child(self, embedded, place) -> None:
        at = minute(6)
        name = f"often-{int(at.timestamp())}"
        make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": {"name": name}, "spec": {}})
        assert "something else created it" in failure(
            "preview", "cron", "often", "--at", at.isoformat(), "--run", *place[1]
        )

    def test_run_of_what_would_not_run_is_exit_code_1(self, embedded, place) -> None:
        merge(embedded, place[0], "cronworkflows", "often", {"spec": {"suspend": True}})
        found = preview(place, "--run", at=minute(5), code=1)
        assert found == {
            "sentence": "It would not run: The CronWorkflow is suspended.",
            "workflow": None,
            "run": "",
        }

    def test_an_instant_without_a_slot(self, place) -> None:
        assert preview(place, at=minute(5) + timedelta(seconds=7))["sentence"].startswith(
            "Nothing is due at "
        )

    def test_a_slot_is_named_by_its_own_time_also_when_it_is_shifted(self, embedded, place) -> None:
        notes = {"triggerfish.dev/jitter": "10"}
        merge(embedded, place[0], "cronworkflows", "often", {"metadata": {"annotations": notes}})
        found = [preview(place, at=minute(ahead)) for ahead in (20, 21, 22)]
        assert [
            f"often-{int(minute(ahead).timestamp())}" in each["sentence"]
            for ahead, each in zip((20, 21, 22), found, strict=True)
        ] == [True] * 3


class TestExplain:
    def test_a_slot_that_ran_and_one_by_hand(self, embedded, place) -> None:
        at = minute(5)
        preview(place, "--run", at=at)
        cron = embedded.request(
            "GET", f"/apis/argoproj.io/v1alpha1/namespaces/{place[0]}/cronworkflows/often"
        )[1]
        owner = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "name": "often",
            "controller": True,
            "uid": cron["metadata"]["uid"],
        }
        metadata = {
            "name": "often-x7",
            "labels": {"workflows.argoproj.io/cron-workflow": "often"},
            "ownerReferences": [owner],
        }
        make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": metadata, "spec": {}})
        (ran,) = json.loads(call("explain", "cron", "often", "--at", at.isoformat(), "-o", "json", *place[1]))
        assert (ran["outcome"], ran["child"], ran["kind"]) == (
            "ran",
            f"often-{int(at.timestamp())}",
            "scheduled",
        )
        rows = yaml.safe_load(call("explain", "cron", "often", "--last", "1h", "-o", "yaml", *place[1]))
        assert ("often-x7", "manual", "Submitted by hand.") in [
            (row.get("child"), row["kind"], row["reason"]) for row in rows if "reason" in row
        ]

    def test_a_coming_slot_is_not_told_by_a_record_of_it(self, embedded, place) -> None:
        at = minute(4)
        second = int(at.timestamp())
        notes = {"triggerfish.dev/decisions": json.dumps([[second, "forbid", second + 3, "often-1"]])}
        spec = {"startingDeadlineSeconds": 60}
        merge(
            embedded, place[0], "cronworkflows", "often", {"metadata": {"annotations": notes}, "spec": spec}
        )
        (row,) = json.loads(call("explain", "cron", "often", "--at", at.isoformat(), "-o", "json", *place[1]))
        assert row["outcome"] == "coming"

    def test_a_coming_slot_of_a_suspended_one(self, embedded, place) -> None:
        merge(embedded, place[0], "cronworkflows", "often", {"spec": {"suspend": True}})
        at = minute(3).strftime("%Y-%m-%dT%H:%M")
        (line,) = call("explain", "cron", "often", "--at", at, *place[1]).splitlines()[1:]
        assert "coming" in line
        assert line.endswith("It would not run: the CronWorkflow is suspended.")

    def test_nothing_was_due(self, embedded, place) -> None:
        merge(embedded, place[0], "cronworkflows", "often", {"spec": {"schedules": ["0 0 1 1 *"]}})
        assert call("explain", "cron", "often", "--last", "1m", *place[1]) == "nothing was due\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["explain", "cron", "other"], "there is no CronWorkflow 'other'"),
        (["explain", "cron", "often", "--last", "soon"], "--last 'soon' is not a duration"),
        (["explain", "cron", "often", "--at", "noon"], "is not a date or a time"),
        (
            ["explain", "cron", "often", "--at", "2026-11-23T06:00:07"],
            "Nothing is due at 2026-11-23T06:00:07Z",
        ),
        (["preview", "cron", "other", "--at", "2026-11-23T06:00"], "there is no CronWorkflow 'other'"),
        (["preview", "cron", "often", "--at", "2026-11-23"], "is a day"),
        (
            ["preview", "cron", "often", "--at", "2026-11-23T06:00", "--timezone", "Mars/Base"],
            "unknown time zone",
        ),
    ],
)
def test_wrong_input_is_one_sentence(arguments: list[str], problem: str, place) -> None:
    assert problem in failure(*arguments, *place[1])


def test_a_missing_option_is_exit_code_2(place) -> None:
    call("preview", "cron", "often", *place[1], code=2)


@pytest.mark.parametrize("command", ["preview", "explain"])
def test_a_template_that_is_not_there_is_the_reason(embedded, command):
    namespace = embedded.new_namespace()
    spec = {"schedules": ["* * * * *"], "workflowSpec": {"workflowTemplateRef": {"name": "later"}}}
    make(
        embedded,
        namespace,
        "cronworkflows",
        {"kind": "CronWorkflow", "metadata": {"name": "job"}, "spec": spec},
    )
    at = minute(60).isoformat()
    cluster = ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]
    told = call(command, "cron", "job", "--at", at, *cluster)
    assert "spec.workflowSpec.workflowTemplateRef: WorkflowTemplate 'later' was not found" in told
    template = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    body = {"kind": "WorkflowTemplate", "metadata": {"name": "later"}, "spec": template}
    make(embedded, namespace, "workflowtemplates", body)
    assert "was not found" not in call(command, "cron", "job", "--at", at, *cluster)
