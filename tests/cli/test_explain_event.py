"""`explain event` as people call it, on the embedded cluster."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.cli.calling import call, failure, make, merge

from triggerfish.events.deliveries import BindingVerdict, Delivered, config_map, line, refusals, value
from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.hosts.reports.intent import Intent

SELECTOR = 'payload.ref == "refs/heads/main" && payload.size > 2'


@pytest.fixture
def place(embedded):
    """A namespace with a template and a binding on a push to main."""
    namespace = embedded.new_namespace()
    parameters = {"arguments": {"parameters": [{"name": "ref"}]}}
    template = {"kind": "WorkflowTemplate", "metadata": {"name": "build"}, "spec": parameters}
    make(embedded, namespace, "workflowtemplates", template)
    bind(embedded, namespace, "on-push", SELECTOR)
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


def bind(embedded, namespace: str, name: str, selector: str, template: str = "build", **notes: str) -> None:
    submit = {
        "workflowTemplateRef": {"name": template},
        "arguments": {"parameters": [{"name": "ref", "valueFrom": {"event": "payload.ref"}}]},
    }
    body = {
        "kind": "WorkflowEventBinding",
        "metadata": {
            "name": name,
            "annotations": {f"triggerfish.dev/{key}": text for key, text in notes.items()},
        },
        "spec": {"event": {"selector": selector}, "submit": submit},
    }
    make(embedded, namespace, "workfloweventbindings", body)


@pytest.fixture
def payload(tmp_path: Path):
    """A file with that payload."""

    def write(content: object) -> str:
        path = tmp_path / "payload.json"
        path.write_text(json.dumps(content))
        return str(path)

    return write


def test_each_part_with_its_value_and_why_it_does_not_match(place, payload) -> None:
    file = payload({"ref": "refs/heads/work", "size": 3})
    assert call("explain", "event", "on-push", "--payload", file, *place[1], code=1).splitlines() == [
        "on-push: does not match",
        '  payload.ref == "refs/heads/main" && payload.size > 2  = false',
        '    payload.ref == "refs/heads/main"  = false',
        '      payload.ref  = "refs/heads/work"',
        "    payload.size > 2  (not reached)",
        'payload.ref == "refs/heads/main" is false: payload.ref is "refs/heads/work"',
    ]


def test_the_workflow_that_would_result(embedded, place, payload) -> None:
    file = payload({"ref": "refs/heads/main", "size": 3})
    (found,) = yaml.safe_load(call("explain", "event", "on-push", "--payload", file, "-o", "yaml", *place[1]))
    assert found["matched"] is True
    assert found["tree"]["value"] == "true"
    assert found["workflow"]["spec"] == {
        "workflowTemplateRef": {"name": "build"},
        "arguments": {"parameters": [{"name": "ref", "value": "refs/heads/main"}]},
    }
    # Nothing was made.
    assert (
        embedded.request("GET", f"/apis/argoproj.io/v1alpha1/namespaces/{place[0]}/workflows")[1]["items"]
        == []
    )


def test_headers_and_the_discriminator_are_seen(embedded, place, payload) -> None:
    bind(embedded, place[0], "headers", 'metadata["x-kind"] == ["push"] && discriminator == "ci"')
    words = ["--payload", payload({"ref": "x"}), "-H", "X-Kind: push", "-d", "ci"]
    (found,) = json.loads(call("explain", "event", "headers", *words, "-o", "json", *place[1]))
    assert found["matched"] is True


def test_a_selector_that_fails_says_where(embedded, place, payload) -> None:
    bind(embedded, place[0], "fails", "payload.ref + 1 == 2")
    text = call("explain", "event", "fails", "--payload", payload({"ref": "x"}), *place[1], code=1)
    assert "fails:" in text
    assert "^" in text


def test_a_selector_that_cannot_be_read(embedded, place, payload) -> None:
    bind(embedded, place[0], "wrong", "payload.ref ==")
    text = call("explain", "event", "wrong", "--payload", payload({}), *place[1], code=1)
    assert "spec.event.selector" in text


def test_a_template_that_is_not_there(embedded, place, payload) -> None:
    bind(embedded, place[0], "lost", "true", template="nowhere")
    text = call("explain", "event", "lost", "--payload", payload({"ref": "x"}), *place[1], code=1)
    assert "failed to get workflow template" in text


def test_each_part_in_cel(embedded, place, payload) -> None:
    bind(embedded, place[0], "cel", "payload.size > 2 && payload.ref == 'y'", dialect="cel")
    file = payload({"ref": "x", "size": 3})
    assert call("explain", "event", "cel", "--payload", file, *place[1], code=1).splitlines() == [
        "cel: does not match",
        "  payload.size > 2 && payload.ref == 'y'  = false",
        "    payload.size > 2  = true",
        "      payload.size  = 3",
        "    payload.ref == 'y'  = false",
        '      payload.ref  = "x"',
        "payload.ref == 'y' is false: payload.ref is \"x\"",
    ]


class TestDelivery:
    @pytest.fixture(autouse=True)
    def recorded(self, embedded, place) -> None:
        tree = {
            "text": "payload.x && true",
            "value": "false",
            "parts": [
                {"text": "payload.x", "value": "false", "more": 2},
                {"text": "true", "reached": False},
            ],
        }
        verdicts = (
            BindingVerdict("on-push", matched=True),
            BindingVerdict("other", matched=False, reason="payload.x is false", tree=tree),
        )
        at = datetime(2026, 11, 23, 6, tzinfo=UTC)
        record = Delivered(at, "d-1", "github", "push", "created", ("build-1",), verdicts)
        cause = RefusalCause.SIGNATURE
        refused = Refusal(at, place[0], "github", "push", "d-3", "refused", cause, "no secret fits")
        body = config_map(place[0], {"me": value([line(record)]), "me.refused": refusals([refused])})
        make(embedded, place[0], "configmaps", body)

    def test_what_each_binding_made_of_it(self, place) -> None:
        assert call("explain", "event", "--delivery", "d-1", *place[1]).splitlines() == [
            "on-push: matches",
            "",
            "other: does not match",
            "  payload.x && true  = false",
            "    payload.x  = false",
            "      … and 2 more parts",
            "    true  (not reached)",
            "payload.x is false",
        ]

    def test_one_that_was_refused(self, place) -> None:
        words = ("explain", "event", "--delivery", "d-3", *place[1])
        assert call(*words, code=1).splitlines() == [
            "it was refused before any binding was asked (signature)",
            "no secret fits",
        ]
        (found,) = json.loads(call(*words, "-o", "json", code=1))
        assert (found["matched"], found["cause"], found["reason"]) == (False, "signature", "no secret fits")

    def test_one_whose_workflow_could_not_be_made(self, embedded, place) -> None:
        verdicts = (
            BindingVerdict("on-push", matched=True),
            BindingVerdict("lost", matched=True, reason="template not found"),
            BindingVerdict("other", matched=False, reason="payload.x is false"),
        )
        at = datetime(2026, 11, 23, 6, tzinfo=UTC)
        record = Delivered(at, "d-9", "github", "push", "failed", (), verdicts)
        body = config_map(place[0], {"me": value([line(record)])})
        merge(embedded, place[0], "configmaps", body["metadata"]["name"], {"data": body["data"]})
        words = ("explain", "event", "--delivery", "d-9", "-o", "json", *place[1])
        found = json.loads(call(*words, code=1))
        assert [each["binding"] for each in found if each.get("failed")] == ["lost"]
        call("explain", "event", "on-push", "--delivery", "d-9", *place[1])
        call("explain", "event", "lost", "--delivery", "d-9", *place[1], code=1)

    def test_one_binding_that_did_not_match(self, place) -> None:
        (found,) = json.loads(
            call("explain", "event", "other", "--delivery", "d-1", "-o", "json", *place[1], code=1)
        )
        assert found["tree"]["parts"][1] == {"text": "true", "reached": False, "parts": [], "more": 0}
        assert (found["binding"], found["matched"]) == ("other", False)

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            (["--delivery", "d-2"], "no record of delivery 'd-2'"),
            (["lost", "--delivery", "d-1"], "does not name a binding 'lost'"),
        ],
    )
    def test_what_is_not_recorded(self, place, words: list[str], problem: str) -> None:
        assert problem in failure("explain", "event", *words, *place[1])


def test_a_namespace_without_records(place) -> None:
    assert "DELIVERY_RECORD" in failure("explain", "event", "--delivery", "d-1", *place[1])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["lost", "--payload", "{file}"], "there is no WorkflowEventBinding 'lost'"),
        (["on-push", "--payload", "./nowhere.json"], "nowhere.json cannot be read"),
        (["on-push", "--payload", "{file}", "-H", "push"], "have the form NAME: VALUE"),
    ],
)
def test_wrong_input_is_one_sentence(place, payload, words: list[str], problem: str) -> None:
    words = [word.replace("{file}", payload({})) for word in words]
    assert problem in failure("explain", "event", *words, *place[1])


@pytest.mark.parametrize(
    "words", [["on-push"], ["--payload", "x.json"], ["on-push", "--payload", "x", "--delivery", "y"]]
)
def test_what_is_no_call_at_all_is_exit_code_2(place, words: list[str]) -> None:
    call("explain", "event", *words, *place[1], code=2)


def test_what_the_git_host_would_answer_comes_from_a_file(embedded, place, payload, tmp_path) -> None:
    bind(embedded, place[0], "retest", 'git.event == "comment" && git.permission == "write"')
    comment = {"action": "created", "comment": {"body": "/retest", "user": {"login": "mona"}}}
    comment |= {"issue": {"number": 7, "pull_request": {}}, "repository": {"full_name": "o/r"}}
    (tmp_path / "facts.json").write_text('{"permission": {"refused": "GitHub answered 403"}}')
    words = ["explain", "event", "retest", "--payload", payload(comment), *place[1]]
    lines = call(*words, "--facts", str(tmp_path / "facts.json"), code=1).splitlines()
    assert "      git.permission  = null: GitHub answered 403" in lines
    assert lines[-2:] == [
        "git.permission, from the Git host: nil: GitHub answered 403",
        'git.permission == "write" is false: git.permission is nil: GitHub answered 403',
    ]
    (tmp_path / "facts.json").write_text('{"permission": "write"}')
    assert "retest: matches" in call(*words, "--facts", str(tmp_path / "facts.json"))


def test_what_the_host_was_asked_for_a_recorded_delivery(embedded, place) -> None:
    facts = {"permission": '"write"', "sha": "nil: GitHub answered 404"}
    one = BindingVerdict("retest", matched=False, reason="x is false")
    text = value(
        [line(Delivered(datetime.now(UTC), "d-9", "github", "comment", "nothing", (), (one,), facts=facts))]
    )
    make(embedded, place[0], "configmaps", {"apiVersion": "v1", **config_map(place[0], {"a": text})})
    told = call("explain", "event", "--delivery", "d-9", *place[1], code=1)
    assert 'git.permission, from the Git host: "write"' in told
    assert "git.sha, from the Git host: nil: GitHub answered 404" in told


def test_where_the_run_would_be_reported(embedded, place, payload) -> None:
    bind(embedded, place[0], "told", "true", report='"ci/" + git.branch')
    bind(embedded, place[0], "wrong", "true", report="payload.ref + 1")
    sha = "1a" * 20
    push = {"ref": "refs/heads/main", "before": "0" * 40, "after": sha, "repository": {"full_name": "o/a"}}
    words = ("--payload", payload(push), *place[1])
    assert f"status on the commit: ci/main on o/a@{sha}" in call("explain", "event", "told", *words)
    assert "status on the commit: not reported: " in call("explain", "event", "wrong", *words)
    assert "status on the commit" not in call("explain", "event", "on-push", *words, code=1)


def test_what_became_of_the_report_of_a_recorded_delivery(embedded, place) -> None:
    namespace = place[0]
    intent = Intent("github", "ci", "o/a", "1a" * 20, "ci/build")
    notes = {
        "report": intent.sealed(namespace, "run-1", b"key"),
        "reported": "pending 2026-11-29T02:00:07Z",
        "superseded-by": "run-2",
    }
    metadata = {
        "name": "run-1",
        "labels": {
            "triggerfish.dev/report": "running",
            "workflows.argoproj.io/workflow-event-binding": "told",
        },
        "annotations": {f"triggerfish.dev/{key}": text for key, text in notes.items()},
    }
    make(embedded, namespace, "workflows", {"kind": "Workflow", "metadata": metadata, "spec": {}})
    for at, message in (("01", "an older one"), ("02", "GitHub answered 401"), ("03", "of something else")):
        other = at == "03"
        event = {
            "apiVersion": "v1",
            "metadata": {"name": f"run-1.{at}"},
            "involvedObject": {"kind": "Workflow", "namespace": namespace, "name": "run-1"},
            "reason": "Started" if other else "ReportFailed",
            "message": message,
            "lastTimestamp": f"2026-11-29T02:{at}:00Z",
        }
        make(embedded, namespace, "events", event)
    verdict = BindingVerdict("told", matched=True, report=f"{intent}")
    record = Delivered(datetime.now(UTC), "d-8", "github", "push", "created", ("run-1", "gone"), (verdict,))
    make(embedded, namespace, "configmaps", config_map(namespace, {"me": value([line(record)])}))
    about = "ci/build on o/a@1a1a1a1a1a1a"
    told = f"{about}: running, last told: pending 2026-11-29T02:00:07Z; GitHub answered 401"
    lines = call("explain", "event", "--delivery", "d-8", *place[1]).splitlines()
    # How far the run is by now the simulated controller decides.
    phase = lines[2].removeprefix("run run-1: ").partition(",")[0]
    assert lines == [
        "told: matches",
        f"status on the commit: {about}",
        f"run run-1: {phase}, commit o/a@1a1a1a1a1a1a, superseded by run-2",
        f"status of run-1: {told}",
    ]
    (found,) = json.loads(call("explain", "event", "--delivery", "d-8", "-o", "json", *place[1]))
    (run,) = found["runs"]
    assert (run["sha"], run["superseded_by"]) == ("1a" * 20, "run-2")
    assert run["report"]["problem"] == "GitHub answered 401"
