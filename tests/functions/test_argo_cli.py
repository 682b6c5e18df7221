"""Argo's own command line against the events function: each command works, or says where to go.

The table of docs/events.md is what comes of it. ``argo`` is built by Go once (tests/real/argo_cli.py).
"""

import contextlib
import itertools
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest
import yaml
from tests.functions.test_argo_api import SPEC
from tests.real.argo_cli import command
from tests.real.golang import Unavailable
from tests.support.deployed import until_allowed
from tests.support.events import ARGO, kind

pytestmark = pytest.mark.real

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
ELSEWHERE = "not served here: use argo-server or kubectl"
EVERYTHING = (
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflows", "workflowtemplates", "cronworkflows"],
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    },
)
CLUSTER_TEMPLATES = {
    "apiGroups": ["argoproj.io"],
    "resources": ["clusterworkflowtemplates"],
    "verbs": ["get", "list", "create", "update", "delete"],
}
CRON = {"schedules": ["0 0 * * *"], "workflowSpec": SPEC}
FILES = {
    "workflow.yaml": {"metadata": {"generateName": "w-"}, "spec": SPEC} | kind("Workflow"),
    "cron.yaml": {"metadata": {"name": "nightly"}, "spec": CRON} | kind("CronWorkflow"),
    "template.yaml": {"metadata": {"name": "build"}, "spec": SPEC} | kind("WorkflowTemplate"),
    "shared.yaml": {"metadata": {"name": "NAMESPACE"}, "spec": SPEC} | kind("ClusterWorkflowTemplate"),
    "broken.yaml": {"metadata": {"generateName": "w-"}, "spec": {**SPEC, "entrypoint": "nosuch"}}
    | kind("Workflow"),
}
# NAME is a Workflow of its own, which ends at once in the commands that wait; SHARED is the name of the
# ClusterWorkflowTemplate, which is this test's own.
COMMANDS = (
    "submit workflow.yaml",
    "submit --from workflowtemplate/my-wf-tmple",
    "submit --wait workflow.yaml",
    "submit --watch workflow.yaml",
    "submit --dry-run -o name workflow.yaml",
    "submit --log workflow.yaml",
    "list",
    "get NAME",
    "get @latest",
    "wait NAME",
    "watch NAME",
    "suspend NAME",
    "resume NAME",
    "stop NAME",
    "terminate NAME",
    "delete NAME",
    "lint workflow.yaml cron.yaml template.yaml shared.yaml",
    "logs NAME",
    "retry NAME",
    "resubmit NAME",
    "node set NAME --phase Succeeded --node-field-selector displayName=main",
    "cp NAME FOLDER",
    "archive list",
    "cron create cron.yaml",
    "cron update cron.yaml",
    "cron list",
    "cron get nightly",
    "cron suspend nightly",
    "cron resume nightly",
    "cron lint cron.yaml",
    "cron delete nightly",
    "template create template.yaml",
    "template update template.yaml",
    "template list",
    "template get build",
    "template lint template.yaml",
    "template delete build",
    "cluster-template create shared.yaml",
    "cluster-template update shared.yaml",
    "cluster-template list",
    "cluster-template get SHARED",
    "cluster-template lint shared.yaml",
    "cluster-template delete SHARED",
    "sync get limit --type database",
    "version",
)
WAITING = ("submit --wait", "submit --watch", "wait", "watch")


@pytest.fixture(scope="module")
def program():
    try:
        return command(os.environ)
    except Unavailable as error:
        pytest.skip(str(error))


class Laptop:
    """Somebody's folder with files and a token."""

    def __init__(self, program, place, folder):
        self.program, self.place, self.folder = program, place, folder
        self.token = place.cluster.service_account(place.namespace, "hand", EVERYTHING)
        place.hidden.append(self.token)
        self.numbers = itertools.count()
        for name, body in FILES.items():
            text = yaml.safe_dump(body).replace("NAMESPACE", place.namespace)
            (folder / name).write_text(text)

    def argo(self, words):
        common = ["--argo-http1", "--argo-server", f"127.0.0.1:{self.place.function.port}", "--secure=false"]
        return subprocess.run(
            [self.program, *words, *common, "--namespace", self.place.namespace],
            capture_output=True,
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"], "ARGO_TOKEN": f"Bearer {self.token}"},
            text=True,
            timeout=120,
            check=False,
        )

    def typed(self, line):
        """The command, with names that are there."""
        if "NAME" in line.split():
            line = line.replace("NAME", self.workflow())
        return line.replace("SHARED", self.place.namespace).replace("FOLDER", ".").split()

    def workflow(self):
        name = f"made-{next(self.numbers)}"
        artifact = {"name": "log", "s3": {"key": "log"}}
        node = {"id": name, "name": name, "displayName": "main", "type": "Pod", "phase": "Running"}
        status = {"phase": "Running", "nodes": {name: {**node, "outputs": {"artifacts": [artifact]}}}}
        made = {"metadata": {"name": name}, "spec": SPEC, "status": status} | kind("Workflow")
        self.place.put("workflows", made)
        return name

    @contextlib.contextmanager
    def ending(self):
        """Every Workflow succeeds before long, as if a controller ran it."""
        over = threading.Event()
        thread = threading.Thread(target=self._end, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _end(self, over):
        status = {
            "phase": "Succeeded",
            "startedAt": "2026-03-01T00:00:00Z",
            "finishedAt": "2026-03-01T00:00:09Z",
        }
        while not over.wait(0.2):
            for workflow in self.place.workflows():
                if (workflow.get("status") or {}).get("phase") != "Succeeded":
                    path = (
                        f"{ARGO}/namespaces/{self.place.namespace}/workflows/{workflow['metadata']['name']}"
                    )
                    self.place.cluster.request("PUT", path, {**workflow, "status": status})


@pytest.fixture
def laptop(program, place, tmp_path):
    place.template()
    found = Laptop(program, place, tmp_path)
    allow_everywhere(place, CLUSTER_TEMPLATES)
    return found


def allow_everywhere(place, rule):
    """A ClusterWorkflowTemplate is not of a namespace, and neither are the rights to it."""
    name, access = f"hand-{place.namespace}", "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "hand", "namespace": place.namespace}
    role = {"apiGroup": access, "kind": "ClusterRole", "name": name}
    for resource, body in (
        ("clusterroles", {"rules": [rule]}),
        ("clusterrolebindings", {"roleRef": role, "subjects": [subject]}),
    ):
        made = {"metadata": {"name": name}, **body}
        status, answer = place.cluster.request("POST", f"/apis/{access}/v1/{resource}", made)
        assert status == 201, answer
    until_allowed(place.cluster, f"system:serviceaccount:{place.namespace}:hand", place.namespace, rule)


def outcome(done):
    told = done.stdout + done.stderr
    if ELSEWHERE in told:
        return f"`{ELSEWHERE}`"
    if "501 Not Implemented" in told:
        # The command shows nothing else of an answer to it.
        return "`501 Not Implemented`"
    return "works" if done.returncode == 0 else f"exit code {done.returncode}: {told}"


def test_each_command_works_or_says_where_to_go(laptop):
    rows = []
    for line in COMMANDS:
        with laptop.ending() if line.startswith(WAITING) else contextlib.nullcontext():
            rows.append(f"| `argo {line}` | {outcome(laptop.argo(laptop.typed(line)))} |")
    shown = re.findall(r"^\| `argo .*\|$", PAGE.read_text(), re.MULTILINE)
    assert shown == rows, "\n".join(rows)


@pytest.mark.parametrize("line", ["submit broken.yaml", "lint broken.yaml"])
def test_what_could_not_run_is_refused_with_its_reason(laptop, line):
    done = laptop.argo(line.split())
    assert done.returncode == 1
    assert "template 'nosuch' is not defined" in done.stdout + done.stderr
    assert laptop.place.workflows() == []


def test_a_pipeline_that_waits_makes_one_workflow_and_learns_how_it_ended(laptop):
    with laptop.ending():
        done = laptop.argo(["submit", "--wait", "workflow.yaml"])
    assert done.returncode == 0, done.stderr
    (workflow,) = laptop.place.workflows()
    assert f"{workflow['metadata']['name']} Succeeded" in done.stdout
