"""A real Gitea, a real API server and both functions: what is pushed runs, and the commit says so."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.real.apiserver import ApiServer
from tests.real.clones import Clone
from tests.real.forge import Forge, connect
from tests.real.gitea import Gitea
from tests.support import functions
from tests.support.controller import COMPLETED, PHASE
from tests.support.deployed import GROUP, bound, cluster_role, kubeconfig
from tests.support.events import ARGO, Place
from tests.support.real import Real

FUNCTIONS = ("events", "cron")
CREDENTIALS = "triggerfish-hosts"
MERGE = "application/merge-patch+json"
LINK = "https://argo.example.com/workflows/{namespace}/{name}"


@dataclass
class Loop(Forge):
    """``cron`` is the function that ticks; a binding of the repository alone is ``bind``'s."""

    cron: functions.Function

    def bind(self, name: str, selector: str, *, report: str = "ci/build", **annotations: str) -> None:
        """A binding for events of this repository that says on the commit what becomes of them."""
        notes = {key.replace("_", "-"): text for key, text in annotations.items()}
        notes |= {"report": report} if report else {}
        self.place.binding(
            name=f"{name}-{self.owner.name}",
            selector=f'git.repository == "{self.repository}" && ({selector})',
            value="git",
            annotations={f"triggerfish.dev/{key}": text for key, text in notes.items()},
        )

    def may_look_at_runs(self) -> None:
        """Let the webhook's account do to runs what commands do."""
        account = f"gitea-{self.repository.replace('/', '-')}"
        path = f"/apis/{GROUP}/v1/namespaces/{self.place.namespace}/rolebindings"
        subject = {"kind": "ServiceAccount", "name": account, "namespace": self.place.namespace}
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": "triggerfish-webhook-runs"}
        body = {"metadata": {"name": f"{account}-runs"}, "roleRef": reference, "subjects": [subject]}
        status, answer = self.place.cluster.request("POST", path, body)
        assert status == 201, answer

    def workflows(self) -> list[dict]:
        """Those of this repository, the oldest first."""
        found = [
            each
            for each in self.place.workflows()
            if self.facts_of(each).get("repository") == self.repository
        ]
        return sorted(
            found, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"])
        )

    def facts_of(self, workflow: dict) -> dict:
        """``git`` of the event that it was created for."""
        (parameter,) = workflow["spec"]["arguments"]["parameters"]
        return json.loads(parameter["value"])

    def one(self, what: str, **facts: object) -> str:
        """The name of the Workflow whose facts are these; waits for it."""

        def found() -> str:
            for each in self.workflows():
                git = self.facts_of(each)
                if all(git[name] == value for name, value in facts.items()):
                    return str(each["metadata"]["name"])
            return ""

        return str(self.until(found, what))

    def workflow(self, name: str) -> dict:
        """One of them, as it is now."""
        path = f"{ARGO}/namespaces/{self.place.namespace}/workflows/{name}"
        status, found = self.place.cluster.request("GET", path)
        assert status == 200, found
        return found

    def becomes(self, name: str, phase: str, message: str = "") -> None:
        """Do what Argo's controller does: there is none here."""
        over = {COMPLETED: "true"} if phase in ("Succeeded", "Failed", "Error") else {}
        patch = {
            "metadata": {"labels": {PHASE: phase, **over}},
            "status": {"phase": phase, "message": message},
        }
        path = f"{ARGO}/namespaces/{self.place.namespace}/workflows/{name}"
        status, answer = self.place.cluster.request("PATCH", path, patch, content_type=MERGE)
        assert status == 200, answer

    def annotate(self, name: str, key: str, text: str) -> None:
        """Write an annotation of a Workflow."""
        path = f"{ARGO}/namespaces/{self.place.namespace}/workflows/{name}"
        patch = {"metadata": {"annotations": {key: text}}}
        status, answer = self.place.cluster.request("PATCH", path, patch, content_type=MERGE)
        assert status == 200, answer

    def tick(self) -> dict:
        """What a tick says of the reports."""
        answer = self.cron.send("POST", "/")
        assert answer.status == 200, answer.body
        found: dict = answer.json.get("reports") or {}
        return found

    def status(self, sha: str, context: str = "ci/build") -> tuple[str, str] | None:
        """State and description of the newest status of that name, as Gitea has it."""
        found = [each for each in self.gitea.statuses(self.repository, sha) if each["context"] == context]
        newest = max(found, key=lambda each: each["id"], default=None)
        return None if newest is None else (newest["status"], newest["description"])

    def announced(self, sha: str, count: int = 1, context: str = "ci/build") -> None:
        """Wait for the first status of each of so many runs, which comes a moment after the answer.

        One that came after the last status would stay until that is read back, a minute later.
        """
        self.until(
            lambda: sum(e["context"] == context for e in self.gitea.statuses(self.repository, sha)) >= count,
            f"{sha} has not {count} statuses",
        )

    def says(self, sha: str, state: str, description: str, context: str = "ci/build") -> None:
        """Wait until the commit says so: the first status comes a moment after the answer."""
        self.until(
            lambda: self.status(sha, context) == (state, description),
            f"{sha} says {self.status(sha, context)}, not {(state, description)}\n{self.cron.log[-2000:]}",
        )

    def credential(self, name: str, token: str) -> None:
        """A credential for this repository, which counts when the function reads the Secret again."""
        text = f"type: gitea\nurl: {self.gitea.url}\ntoken: {token}\nrepositories: [{self.repository}]\n"
        path = f"/api/v1/namespaces/{self.place.namespace}/secrets/{CREDENTIALS}"
        patch = {"stringData": {name: text}}
        status, answer = self.place.cluster.request("PATCH", path, patch, content_type=MERGE)
        assert status == 200, answer

    def recorded(self) -> str:
        """The record of deliveries of the namespace, as text."""
        path = f"/api/v1/namespaces/{self.place.namespace}/configmaps/triggerfish-deliveries"
        status, found = self.place.cluster.request("GET", path)
        return json.dumps(found["data"]) if status == 200 else ""

    def events_of(self, kind: str, name: str) -> list[tuple[str, str]]:
        """Reason and message of each Kubernetes Event on an object."""
        path = f"/api/v1/namespaces/{self.place.namespace}/events"
        status, found = self.place.cluster.request("GET", path)
        assert status == 200, found
        about = [each for each in found["items"] if each["involvedObject"]["name"] == name]
        return [(e["reason"], e["message"]) for e in about if e["involvedObject"]["kind"] == kind]


@dataclass(frozen=True)
class Site:
    """A namespace, and both functions, which report from it to Gitea."""

    place: Place
    cron: functions.Function


@pytest.fixture(scope="module")
def site(real_server: ApiServer, gitea: Gitea, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Both functions with the shipped rights, and nothing that a repository needs."""
    folder = tmp_path_factory.mktemp("site")
    with contextlib.closing(Real(real_server)) as real, contextlib.ExitStack() as stack:
        namespace = real.new_namespace()
        cluster_role(real, "triggerfish-webhook-runs")
        running = []
        for name in FUNCTIONS:
            config = kubeconfig(real, f"triggerfish-{name}", folder)
            settings = {
                "KUBECONFIG": str(config),
                "MANAGED_NAMESPACE": namespace,
                "REPORTS": "on",
                "HOST_ADDRESSES": "127.0.0.0/8",
                "HOST_CA": str(gitea.ca),
                "SECRET_CACHE_SECONDS": "0",
                "WORKFLOW_URL": LINK,
                **({"RESPONSE_DETAIL": "full", "DELIVERY_RECORD": "50"} if name == "events" else {}),
            }
            running.append(stack.enter_context(functions.start(name, settings)))
        bound(real, "triggerfish-events-record", "triggerfish-events")
        events, cron = running
        place = Place(real, events, namespace, "")
        place.template()
        yield Site(place, cron)


@pytest.fixture
def loop(site: Site, gitea: Gitea, tmp_path: Path) -> Loop:
    """A new repository; `triggerfish connect` makes all that it needs."""
    with contextlib.closing(Real(site.place.cluster.server)) as real:
        cluster_role(real, "triggerfish-webhook")
    owner = gitea.person(f"owner-{secrets.token_hex(3)}")
    repository = gitea.repository(owner, "app")
    connect(site.place, gitea, owner, repository, "--keep-token")
    clone = Clone.of(gitea, owner, repository, tmp_path)
    return Loop(gitea, site.place, owner, repository, clone, tmp_path, site.cron)
