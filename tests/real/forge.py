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
from tests.support.deployed import HOME, bound, cluster_role, kubeconfig
from tests.support.events import Place
from tests.support.real import Real
from typer.testing import CliRunner

from triggerfish.cli.main import app

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
    """A repository that `triggerfish connect` connects with that place."""
    with contextlib.closing(Real(place.cluster.server)) as real:
        cluster_role(real, "triggerfish-webhook")
    owner = gitea.person(f"owner-{secrets.token_hex(3)}")
    repository = gitea.repository(owner, "app")
    connect(place, gitea, owner, repository)
    return Forge(gitea, place, owner, repository, Clone.of(gitea, owner, repository, folder), folder)


def connect(place: Place, gitea: Gitea, owner: Person, repository: str, *options: str, code: int = 0) -> dict:
    """What `triggerfish connect gitea REPOSITORY --create-hook` says, called with the owner's token."""
    where = ["--kubeconfig", str(place.cluster.kubeconfig), "-n", place.namespace, "--functions", HOME]
    at = ["--server", place.function.url, "--host-url", gitea.url, "--create-hook"]
    done = CliRunner().invoke(
        app,
        ["connect", "gitea", repository, *where, *at, "-o", "json", *options],
        env={"TRIGGERFISH_HOST_TOKEN": owner.token, "HOST_CA": str(gitea.ca)},
    )
    assert done.exit_code == code, f"{done.output} {done.exception!r}"
    assert owner.token not in done.output
    found: dict = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def events_function(
    real_server: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[functions.Function]:
    """The events function with the shipped rights, at the real API server."""
    with contextlib.closing(Real(real_server)) as real:
        config = kubeconfig(real, "triggerfish-events", tmp_path_factory.mktemp("events"))
        bound(real, "triggerfish-events-record", "triggerfish-events")
    with functions.start("events", {"KUBECONFIG": str(config), "DELIVERY_RECORD": "20"}) as function:
        yield function


@pytest.fixture
def forge(
    real_server: ApiServer, events_function: functions.Function, gitea: Gitea, tmp_path: Path
) -> Iterator[Forge]:
    """A repository with a webhook, and a binding that tells every fact of every event but the ping."""
    with contextlib.closing(Real(real_server)) as real:
        forge = made(Place(real, events_function, real.new_namespace(), ""), gitea, tmp_path)
        forge.place.template()
        forge.place.binding(selector='git.event != "ping"', value="git")
        yield forge
