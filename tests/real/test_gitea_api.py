"""What the functions ask Gitea and tell it, in conversations with a real one."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.real.clones import Clone
from tests.real.gitea import Gitea, Person

from triggerfish.errors import HostRefused
from triggerfish.hostapi.hosts import Hosts
from triggerfish.hosts.api.credentials import AccessToken, Credential
from triggerfish.hosts.api.values import (
    GitChange,
    HostUser,
    Permission,
    PullRequest,
    State,
    Status,
)
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

pytestmark = pytest.mark.real


class Scene:
    """A repository of ``owner`` with a working copy, and conversations about it."""

    def __init__(self, gitea: Gitea, hosts: Hosts, folder: Path) -> None:
        self.gitea, self.hosts, self.folder = gitea, hosts, folder
        self.owner = self.person("owner")
        self.repository = gitea.repository(self.owner, "app")
        self.clone = Clone.of(gitea, self.owner, self.repository, folder)
        self.credential = Credential("gitea", "gitea", gitea.url, ("*",), AccessToken(self.owner.token))

    def person(self, name: str) -> Person:
        return self.gitea.person(f"{name}-{secrets.token_hex(3)}")

    async def ask(self, make: Callable, credential: Credential | None = None):
        return await self.hosts.run(credential or self.credential, make, seconds=30)

    def pull(self, head: str, by: Person) -> int:
        body = {"head": head, "base": "main", "title": "Please"}
        path = f"/repos/{self.repository}/pulls"
        return int(self.gitea.call("POST", path, body, by=by)["number"])

    async def permission(self, login: str) -> Permission:
        return await self.ask(lambda api: api.permission(self.repository, HostUser(login)))

    async def files(self, **change: object) -> tuple[str, ...] | None:
        return await self.ask(lambda api: api.files(GitChange(self.repository, **change)))


async def none(namespace: str, name: str) -> dict:
    raise AssertionError("no Secret is read here")


@pytest.fixture
async def scene(gitea: Gitea, tmp_path: Path) -> AsyncIterator[Scene]:
    settings = replace(Settings(), host_addresses="127.0.0.1/32", host_ca=str(gitea.ca))
    hosts = Hosts(settings, none, Clock())
    yield Scene(gitea, hosts, tmp_path)
    await hosts.close()


async def test_each_state_reads_back_as_it_was_told(scene: Scene) -> None:
    sha = scene.clone.git("rev-parse", "HEAD")
    for state in State:
        status = Status(
            state, "ci/build", f"It is {state.value}. " + "ß" * 300, "https://argo.example.com/w/1"
        )
        await scene.ask(lambda api, status=status: api.post_status(scene.repository, sha, status))
        read = await scene.ask(lambda api: api.read_status(scene.repository, sha, "ci/build"))
        expected = await _as_read(scene, status)
        assert read == expected
        newest = scene.gitea.statuses(scene.repository, sha)[0]
        assert (newest["context"], newest["status"]) == ("ci/build", _words[state])
    assert await scene.ask(lambda api: api.read_status(scene.repository, sha, "ci/other")) is None
    await scene.ask(lambda api: api.post_status(scene.repository, sha, Status(State.SUCCESS, "ci/other")))
    read = await scene.ask(lambda api: api.read_status(scene.repository, sha, "ci/build"))
    assert read == await _as_read(scene, status)


_words = {
    State.PENDING: "pending",
    State.RUNNING: "pending",
    State.SUCCESS: "success",
    State.FAILURE: "failure",
    State.ERROR: "error",
    State.CANCELED: "error",
}


async def _as_read(scene: Scene, status: Status) -> Status:
    found = []

    def conversation(api):
        found.append(api.as_read(status))
        return api.read_status(scene.repository, scene.clone.git("rev-parse", "HEAD"), "none")

    await scene.ask(conversation)
    return found[0]


async def test_the_newest_of_many_statuses_is_read(scene: Scene) -> None:
    sha = scene.clone.git("rev-parse", "HEAD")
    for number in range(60):
        status = Status(State.PENDING, f"ci/{number}")
        await scene.ask(lambda api, status=status: api.post_status(scene.repository, sha, status))
        await scene.ask(lambda api: api.post_status(scene.repository, sha, Status(State.PENDING, "ci/0")))
    await scene.ask(lambda api: api.post_status(scene.repository, sha, Status(State.SUCCESS, "ci/0")))
    for context, state in (("ci/0", State.SUCCESS), ("ci/1", State.PENDING)):
        found = await scene.ask(lambda api, name=context: api.read_status(scene.repository, sha, name))
        assert found == Status(state, context)


async def test_all_files_of_a_pull_request_are_told(scene: Scene) -> None:
    clone = scene.clone
    clone.commit(old="same text\n" * 9, gone="1", kept="1")
    clone.push("main")
    clone.git("checkout", "--quiet", "-b", "topic")
    before = clone.git("rev-parse", "HEAD")
    clone.git("mv", "old", "new")
    clone.git("rm", "--quiet", "gone")
    many = {f"many__{number}": "1" for number in range(120)}
    sha = clone.commit(kept="2", **many, **{"a b ü": "1"})
    clone.push("topic")
    number = scene.pull("topic", scene.owner)
    expected = {"old", "new", "gone", "kept", "a b ü", *(f"many/{number}" for number in range(120))}
    found = await scene.files(number=number)
    assert found is not None
    assert set(found) == expected
    assert len(found) == len(expected)
    compared = await scene.files(base=before, head=sha)
    assert compared is None or set(compared) == expected


async def test_the_files_of_a_long_push_are_told(scene: Scene) -> None:
    before = scene.clone.git("rev-parse", "HEAD")
    for number in range(30):
        sha = scene.clone.commit(**{f"file{number}": "1"})
    scene.clone.push("main")
    found = await scene.files(base=before, head=sha)
    assert found is not None
    assert set(found) == {f"file{number}" for number in range(30)}


async def test_the_rights_of_people(scene: Scene) -> None:
    writer, reader, stranger = (scene.person(name) for name in ("writer", "reader", "stranger"))
    for person, right in ((writer, "write"), (reader, "read")):
        path = f"/repos/{scene.repository}/collaborators/{person.name}"
        scene.gitea.call("PUT", path, {"permission": right}, by=scene.owner)
    assert await scene.permission(scene.owner.name) is Permission.ADMIN
    assert await scene.permission(writer.name) is Permission.WRITE
    assert await scene.permission(reader.name) is Permission.READ
    # Everybody may read a public repository, and nobody else's.
    assert await scene.permission(stranger.name) is Permission.READ
    scene.gitea.call("PATCH", f"/repos/{scene.repository}", {"private": True}, by=scene.owner)
    assert await scene.permission(stranger.name) is Permission.NONE
    with pytest.raises(HostRefused, match="Gitea answered 404"):
        await scene.permission("nobody-of-that-name")


async def test_who_may_not_administer_may_not_ask_for_rights(scene: Scene) -> None:
    stranger = scene.person("stranger")
    credential = replace(scene.credential, auth=AccessToken(stranger.token))
    with pytest.raises(HostRefused, match="Gitea answered 403"):
        await scene.ask(lambda api: api.permission(scene.repository, HostUser(scene.owner.name)), credential)


async def test_a_wrong_token_is_told_by_its_status(scene: Scene) -> None:
    sha = scene.clone.git("rev-parse", "HEAD")
    credential = replace(scene.credential, auth=AccessToken("0" * 40))
    with pytest.raises(HostRefused, match=r"^Gitea answered 401$"):
        await scene.ask(
            lambda api: api.post_status(scene.repository, sha, Status(State.SUCCESS, "ci")), credential
        )
    assert scene.gitea.statuses(scene.repository, sha) == []


async def test_pull_requests_as_they_are(scene: Scene) -> None:
    stranger = scene.person("stranger")
    scene.gitea.call("POST", f"/repos/{scene.repository}/forks", {}, by=stranger)
    fork = Clone.of(scene.gitea, stranger, f"{stranger.name}/app", scene.folder)

    async def pull_request(number: int) -> PullRequest:
        return await scene.ask(lambda api: api.pull_request(scene.repository, number))

    scene.clone.git("checkout", "--quiet", "-b", "topic")
    own_sha = scene.clone.commit(a="1")
    scene.clone.push("topic")
    own = await pull_request(scene.pull("topic", scene.owner))
    assert (own.sha, own.branch, own.base) == (own_sha, "topic", "main")
    assert (own.author.login, own.fork, own.source, own.open) == (
        *(scene.owner.name, False, scene.repository, True),
    )
    fork.git("checkout", "--quiet", "-b", "fix")
    sha = fork.commit(b="1")
    fork.push("fix")
    foreign = await pull_request(scene.pull(f"{stranger.name}:fix", stranger))
    assert (foreign.sha, foreign.author.login, foreign.fork) == (sha, stranger.name, True)
    assert (foreign.source, foreign.source_url) == (
        fork.repository,
        f"{scene.gitea.url}/{fork.repository}.git",
    )
    fork.git("remote", "add", "upstream", fork.url(scene.repository))
    sha = fork.commit(c="1")
    fork.git("push", "--quiet", "upstream", "HEAD:refs/for/main", "-o", "topic=agit", "-o", "title=AGit")
    (agit,) = [
        each["number"]
        for each in scene.gitea.call("GET", f"/repos/{scene.repository}/pulls")
        if each["title"] == "AGit"
    ]
    without_branch = await pull_request(agit)
    assert (without_branch.sha, without_branch.fork) == (sha, True)
    path = f"/repos/{scene.repository}/pulls/{agit}"
    scene.gitea.call("PATCH", path, {"state": "closed"}, by=scene.owner)
    assert (await pull_request(agit)).open is False


async def test_a_private_address_is_not_asked_unless_it_is_allowed(scene: Scene, gitea: Gitea) -> None:
    hosts = Hosts(replace(Settings(), host_ca=str(gitea.ca)), none, Clock())
    with pytest.raises(HostRefused, match="no public address"):
        await hosts.run(scene.credential, lambda api: api.pull_request(scene.repository, 1), seconds=10)
    await hosts.close()
