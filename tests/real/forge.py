"""A repository on the tests' Gitea whose webhook the events function serves, at a real API server."""

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.real.apiserver import ApiServer
from tests.real.clones import Clone
from tests.real.gitea import Gitea, Person
from tests.support import functions
from tests.support.deployed import HOME, cluster_role, kubeconfig, until_allowed
from tests.support.events import Place
from tests.support.real import Real

ACCOUNT = "gitea-hooks"
GROUP = "rbac.authorization.k8s.io"
PATIENCE = 60.0


@dataclass
class Forge:
    """``owner`` has the repository; ``clone`` is the owner's working copy; ``place`` is its namespace."""

    gitea: Gitea
    place: Place = field(repr=False)
    owner: Person
    repository: str
    clone: Clone
    folder: Path

    def facts(self, true: Callable[[dict], bool], what: str) -> dict:
        """``git`` of the one Workflow whose facts are so; waits for it."""
        return self.until(lambda: [one for one in self.runs() if true(one)], what)[0]

    def runs(self) -> list[dict]:
        """``git`` of each Workflow, as its parameter ``message`` has it."""
        parameters = (each["spec"]["arguments"]["parameters"] for each in self.place.workflows())
        return [json.loads(parameter["value"]) for found in parameters for parameter in found]

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """What ``found`` returns, when that is something; Gitea delivers a moment after it has answered."""
        end = time.monotonic() + PATIENCE
        while not (result := found()):
            assert time.monotonic() < end, f"{what}\n{self.place.function.log[-3000:]}"
            time.sleep(0.1)  # Gitea tells nobody when it has delivered
        return result

    def person(self, name: str) -> tuple[Person, Clone]:
        """Somebody without rights here, and a working copy of theirs of their fork."""
        person = self.gitea.person(f"{name}-{secrets.token_hex(3)}")
        self.gitea.call("POST", f"/repos/{self.repository}/forks", {}, by=person)
        fork = f"{person.name}/{self.repository.partition('/')[2]}"
        return person, Clone.of(self.gitea, person, fork, self.folder)

    def pull_request(self, by: Person, head: str, title: str = "Please") -> int:
        """Open one to ``main``; its number."""
        body = {"head": head, "base": "main", "title": title}
        return int(self.gitea.call("POST", f"/repos/{self.repository}/pulls", body, by=by)["number"])

    def comment(self, by: Person, number: int, text: str) -> None:
        """Comment on an issue or a pull request."""
        path = f"/repos/{self.repository}/issues/{number}/comments"
        self.gitea.call("POST", path, {"body": text}, by=by)


def made(place: Place, gitea: Gitea, folder: Path) -> Forge:
    """A repository with a webhook to that place, whose account may do its work."""
    secret = secrets.token_hex(32)
    allow(place)
    place.clients(**{ACCOUNT: f"type: gitea\nsecret: {secret}\n"})
    place.template()
    owner = gitea.person(f"owner-{secrets.token_hex(3)}")
    repository = gitea.repository(owner, "app")
    gitea.hook(repository, f"{place.function.url}/api/v1/events/{place.namespace}/", secret, by=owner)
    return Forge(gitea, place, owner, repository, Clone.of(gitea, owner, repository, folder), folder)


def allow(place: Place) -> None:
    """Let the events function act as the client's account, and that account start Workflows."""
    real, namespace = place.cluster, place.namespace
    real.service_account(namespace, ACCOUNT, cluster_role(real, "triggerfish-webhook"))
    right = {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "verbs": ["create"],
        "resourceNames": [ACCOUNT],
    }
    access = f"/apis/{GROUP}/v1/namespaces/{namespace}"
    metadata = {"name": f"{ACCOUNT}-token"}
    subject = {"kind": "ServiceAccount", "name": "triggerfish-events", "namespace": HOME}
    reference = {"apiGroup": GROUP, "kind": "Role", "name": metadata["name"]}
    for kind, body in (
        ("roles", {"metadata": metadata, "rules": [right]}),
        ("rolebindings", {"metadata": metadata, "roleRef": reference, "subjects": [subject]}),
    ):
        status, answer = real.request("POST", f"{access}/{kind}", body)
        assert status == 201, answer
    until_allowed(real, f"system:serviceaccount:{HOME}:triggerfish-events", namespace, right)


@pytest.fixture(scope="module")
def events_function(
    real_server: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[functions.Function]:
    """The events function with the shipped rights, at the real API server."""
    with contextlib.closing(Real(real_server)) as real:
        config = kubeconfig(real, "triggerfish-events", tmp_path_factory.mktemp("events"))
    with functions.start("events", {"KUBECONFIG": str(config)}) as function:
        yield function


@pytest.fixture
def forge(
    real_server: ApiServer, events_function: functions.Function, gitea: Gitea, tmp_path: Path
) -> Iterator[Forge]:
    """A repository with a webhook, and a binding that tells every fact of every event but the ping."""
    with contextlib.closing(Real(real_server)) as real:
        forge = made(Place(real, events_function, real.new_namespace(), ""), gitea, tmp_path)
        forge.place.binding(selector='git.event != "ping"', value="git")
        yield forge
