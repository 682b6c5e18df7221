"""`triggerfish submit`, `send` and `match`."""

import json
from pathlib import Path

import pytest
import yaml
from tests.support.events import MAY_SUBMIT
from typer.testing import CliRunner

from triggerfish.cli.main import app
from triggerfish.errors import TriggerfishError
from triggerfish.hosts.registry import SENDERS

BINDINGS = """\
kind: WorkflowEventBinding
metadata: {name: on-push}
spec:
  event: {selector: 'payload.ref == "refs/heads/main" && metadata["x-github-event"] == ["push"]'}
  submit:
    workflowTemplateRef: {name: build}
    arguments: {parameters: [{name: ref, valueFrom: {event: payload.ref}}]}
---
kind: WorkflowEventBinding
metadata: {name: on-tag}
spec:
  event: {selector: 'payload.ref startsWith "refs/tags/"'}
  submit: {workflowTemplateRef: {name: build}}
"""


def run(*words, code=0, text=None):
    done = CliRunner().invoke(app, [str(word) for word in words], input=text)
    if done.exception and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, TriggerfishError), done.exception
        assert code == 1
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def files(tmp_path):
    (tmp_path / "b.yaml").write_text(BINDINGS)
    (tmp_path / "p.json").write_text(json.dumps({"ref": "refs/heads/main"}))
    (tmp_path / "q.json").write_text(json.dumps({"ref": "refs/heads/dev"}))
    return tmp_path


class TestMatch:
    def test_what_would_be_made_and_why_not(self, files: Path) -> None:
        words = [
            "match",
            "--binding",
            files / "b.yaml",
            "--payload",
            files / "p.json",
            "-H",
            "X-GitHub-Event: push",
        ]
        made, other = yaml.safe_load(run(*words))
        assert (made["binding"], made["matched"]) == ("on-push", True)
        assert made["workflow"]["spec"] == {
            "workflowTemplateRef": {"name": "build"},
            "arguments": {"parameters": [{"name": "ref", "value": "refs/heads/main"}]},
        }
        assert (other["binding"], other["matched"]) == ("on-tag", False)
        assert "refs/tags/" in other["reason"]

    def test_what_the_git_host_would_answer_comes_from_a_file(self, files: Path) -> None:
        selector = 'git.command == "retest" && git.permission in ["admin", "write"]'
        bound = {"kind": "WorkflowEventBinding", "metadata": {"name": "retest"}}
        bound["spec"] = {"event": {"selector": selector}, "submit": {"workflowTemplateRef": {"name": "b"}}}
        (files / "c.yaml").write_text(yaml.safe_dump(bound))
        comment = {"action": "created", "comment": {"body": "/retest", "user": {"login": "mona"}}}
        comment |= {"issue": {"number": 7, "pull_request": {}}, "repository": {"full_name": "o/r"}}
        (files / "comment.json").write_text(json.dumps(comment))
        (files / "facts.yaml").write_text("permission: {mona: write}")
        words = ["match", "--binding", files / "c.yaml", "--payload", files / "comment.json"]
        [made] = yaml.safe_load(run(*words, "--facts", files / "facts.yaml"))
        assert (made["matched"], made["facts"]) == (True, {"permission": '"write"'})
        [without] = yaml.safe_load(run(*words, code=1))
        assert without["reason"].endswith("git.permission is nil: no answer of the host was given")

    def test_nothing_matches(self, files: Path) -> None:
        words = ["match", "--binding", files / "b.yaml", "--payload", files / "q.json", "-o", "json"]
        told = json.loads(run(*words, code=1))
        assert [each["matched"] for each in told] == [False, False]

    def test_a_template_that_wants_more(self, files: Path) -> None:
        template = {"kind": "WorkflowTemplate", "metadata": {"name": "build"}}
        template["spec"] = {"arguments": {"parameters": [{"name": "must"}]}}
        (files / "t.yaml").write_text(yaml.safe_dump(template))
        words = [
            "match",
            "--binding",
            files / "b.yaml",
            "--payload",
            files / "p.json",
            "-H",
            "X-GitHub-Event: push",
        ]
        told = yaml.safe_load(run(*words, "--template", files / "t.yaml"))
        assert "must" in told[0]["error"]

    @pytest.mark.parametrize(
        ("binding", "payload", "said"),
        [
            ("nosuch.yaml", "p.json", "--binding"),
            ("b.yaml", "nosuch.json", "--payload"),
            ("b.yaml", "b.yaml", "--payload: the body is not JSON"),
            ("p.json", "p.json", None),
        ],
    )
    def test_a_file_that_will_not_do(self, files: Path, binding: str, payload: str, said: str | None) -> None:
        answer = run("match", "--binding", files / binding, "--payload", files / payload, code=1)
        assert said is None or said in answer


class TestSend:
    @pytest.fixture
    def ready(self, place, files: Path):
        place.cluster.service_account(place.namespace, "github.com", MAY_SUBMIT)
        place.template()
        place.binding("all", "true", "payload.ref")
        words = [files / "p.json", "--server", place.function.url, "-n", place.namespace]
        return place, words

    @pytest.mark.parametrize("sender", sorted(SENDERS))
    def test_each_sender_signs_what_the_function_takes(self, ready, sender: str, files: Path) -> None:
        place, words = ready
        options = {"header": "X-Mine"} if sender == "hmac" else {}
        client = {"type": sender, "secret": SECRETS.get(sender, "a-secret"), **options}
        place.clients(github_com=yaml.safe_dump(client))
        given = [f"--option={name}={value}" for name, value in options.items()]
        output = run("send", *words, "--sender", sender, "--secret", client["secret"], *given)
        assert output.startswith("200 ")
        assert len(place.workflows()) == 1

    def test_a_wrong_secret(self, ready) -> None:
        place, words = ready
        place.clients(github_com="type: github\nsecret: one")
        assert run("send", *words, "--sender", "github", "--secret", "two", code=1).startswith("401 ")

    def test_with_a_token(self, ready) -> None:
        place, words = ready
        assert run("send", *words, "--token", place.token, "-d", "x").startswith("200 ")

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ([], "--sender"),
            (["--sender", "github"], "--secret"),
            (["--sender", "nosuch", "--secret", "x"], "nosuch"),
            (["--sender", "github", "--secret", "x", "--header", "novalue"], "--header"),
        ],
    )
    def test_what_is_missing_is_named(self, files: Path, words: list[str], said: str) -> None:
        assert said in run("send", files / "p.json", *words, code=1)

    def test_nobody_answers(self, files: Path) -> None:
        words = ["--sender", "github", "--secret", "x", "--server", "http://127.0.0.1:1"]
        assert "does not answer" in run("send", files / "p.json", *words, code=1)


# Standard Webhooks' secrets are keys.
SECRETS = {"standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


class TestSubmit:
    def test_a_template(self, place) -> None:
        place.template()
        words = ["--kubeconfig", place.cluster.kubeconfig, "-n", place.namespace]
        name = run("submit", "workflowtemplate/my-wf-tmple", "-p", "message=hi", *words).strip()
        (workflow,) = place.workflows()
        assert workflow["metadata"]["name"] == name
        assert workflow["spec"]["arguments"]["parameters"] == [{"name": "message", "value": "hi"}]

    def test_a_file(self, place, tmp_path: Path) -> None:
        spec = {"entrypoint": "m", "templates": [{"name": "m", "container": {"image": "busybox"}}]}
        manifest = {"kind": "Workflow", "metadata": {"generateName": "mine-"}, "spec": spec}
        (tmp_path / "w.yaml").write_text(yaml.safe_dump(manifest))
        words = ["--kubeconfig", place.cluster.kubeconfig, "-n", place.namespace]
        shown = yaml.safe_load(run("submit", tmp_path / "w.yaml", "--dry-run", "-o", "yaml", *words))
        assert shown["spec"] == spec
        assert place.workflows() == []
        assert run("submit", tmp_path / "w.yaml", *words).startswith("mine-")

    @pytest.mark.parametrize(("what", "said"), [("nosuch", "WHAT"), ("workflowtemplate/nosuch", "not found")])
    def test_what_cannot_be_submitted(self, place, what: str, said: str) -> None:
        words = ["--kubeconfig", place.cluster.kubeconfig, "-n", place.namespace]
        assert said in run("submit", what, *words, code=1)
