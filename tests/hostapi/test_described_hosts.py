"""Each host over real HTTPS: its description allows every request, and its examples are understood."""

import asyncio
import contextlib
import copy
import re

import pytest
from tests.hostapi.hosts import secret
from tests.hosts.served import DESCRIPTIONS, Described, Fault, described, serving

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.hosts import Hosts
from triggerfish.hosts.api.conversation import send
from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import GitChange, HostUser, Permission, State, Status
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

SHA, OLD = "1a" * 20, "2b" * 20
# Gitea and Forgejo: tests/real asks a real Gitea.
HOSTS = ["github", "gitlab", "bitbucket", "bitbucketserver", "azuredevops"]
STATUS = Status(State.SUCCESS, "ci/build", "it ran", "https://argo.example/x")
REPOSITORY = "group/app"
USER = {
    "github": HostUser("octocat"),
    "gitlab": HostUser("alice", 5),
    "bitbucket": HostUser("alice", "557058:a"),
    "bitbucketserver": HostUser("alice"),
    "azuredevops": HostUser("alice"),
}
CALLS = {
    "post_status": lambda api, user: api.post_status(REPOSITORY, SHA, STATUS),
    "read_status": lambda api, user: api.read_status(REPOSITORY, SHA, "ci/build"),
    "files of a pull request": lambda api, user: api.files(GitChange(REPOSITORY, 7)),
    "files between commits": lambda api, user: api.files(GitChange(REPOSITORY, base=OLD, head=SHA)),
    "permission": lambda api, user: api.permission(REPOSITORY, user),
    "pull_request": lambda api, user: api.pull_request(REPOSITORY, 7),
    "failed_deliveries": lambda api, user: api.failed_deliveries(REPOSITORY, "3", 0.0),
    "redeliver": lambda api, user: api.redeliver(REPOSITORY, "3", "12"),
    "create_hook": lambda api, user: api.create_hook(
        REPOSITORY, "https://events.example", "s3cret", ("push", "tag", "pull_request", "comment")
    ),
    "ping": lambda api, user: api.ping(REPOSITORY, "10"),
}
FILES = {
    "github": ("file1.txt",),
    "gitlab": ("README.md", "README"),
    "bitbucket": ("README.md", "README"),
    "bitbucketserver": ("README.md", "README"),
    "azuredevops": ("README.md", "README"),
}


def github(operation, target, example):
    """GitHub's examples are of its own repositories: here of ours."""
    found = copy.deepcopy(example)
    if operation == "GET /repos/{owner}/{repo}/commits/{ref}/statuses":
        found[0] |= {"context": "ci/build", "description": "it ran", "target_url": "https://argo.example/x"}
    elif operation == "GET /repos/{owner}/{repo}/pulls/{pull_number}":
        repository = found["base"]["repo"] | {"full_name": REPOSITORY}
        found |= {"number": 7, "state": "open"}
        found["head"] |= {"sha": SHA, "ref": "topic", "repo": repository}
        found["base"] |= {"ref": "main", "repo": repository}
    elif operation == "GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries":
        for number, each in enumerate(found):
            each |= {"status_code": 0 if number == 0 else 200, "status": "timed out", "guid": str(number)}
    # Three of GitHub's examples lack what its schemas ask for.
    if operation.endswith("/permission"):
        found["user"] |= {"role_name": "admin"}
    elif operation.endswith("/attempts"):
        found = {}
    elif operation.endswith("/pulls/{pull_number}"):
        found["requested_teams"] = []
    return found


def same(operation, target, example):
    return example


class Site:
    """One host with its description, and hosts that have a credential for it."""

    def __init__(self, host, description, served):
        self.host, self.description, self.served = host, description, served
        url = f"{served.base}/org" if host == "azuredevops" else served.base
        text = f"{{type: {host}, url: '{url}', token: hush-token, repositories: ['group/*']}}"
        self.settings = Settings(host_addresses="127.0.0.0/8", host_ca=served.authority)
        self.hosts = Hosts(self.settings, secret(ci=text), Clock())

    async def run(self, call, seconds=10.0):
        used = await self.hosts.credential("team-a", self.host, REPOSITORY)
        user = USER[self.host]
        return await self.hosts.run(used, lambda api: CALLS[call](api, user), seconds=seconds)

    async def refused(self, call="permission", seconds=10.0):
        with pytest.raises((HostRefused, HostUnanswered)) as caught:
            await self.run(call, seconds)
        assert "hush" not in str(caught.value)
        return caught.value


@pytest.fixture(params=HOSTS)
async def site(request, tmp_path):
    description = Described(request.param)
    values = github if request.param == "github" else same
    with contextlib.ExitStack() as running:
        served = running.enter_context(serving(described(description, values), tmp_path))
        found = Site(request.param, description, served)
        yield found
        await found.hosts.close()
        # Both ends of a connection see that it ends.
        await asyncio.to_thread(running.close)


@pytest.mark.parametrize("call", CALLS)
async def test_every_request_is_one_that_the_description_allows(site, call):
    method = call.partition(" ")[0].replace("redeliver", "failed_deliveries")
    if method in APIS[site.host].cannot:
        assert str(await site.refused(call)) == APIS[site.host].cannot[method]
        assert site.served.requests == []
        return
    await site.run(call)
    assert site.served.requests
    assert site.description.wrong == []


async def test_a_webhook_that_is_there_is_changed_as_the_description_allows(site):
    there = "https://example.com/webhook" if site.host == "github" else "https://elsewhere.example"
    used = await site.hosts.credential("team-a", site.host, REPOSITORY)
    await site.hosts.run(
        used, lambda api: api.create_hook(REPOSITORY, there, "s3cret", ("push",)), seconds=10
    )
    assert site.served.requests[-1].partition(" ")[0] == ("PATCH" if site.host == "github" else "PUT")
    assert site.description.wrong == []


async def test_its_example_is_understood(site):
    assert await site.run("read_status") == STATUS
    assert await site.run("files of a pull request") == FILES[site.host]
    pull = await site.run("pull_request")
    assert (pull.number, pull.sha, pull.branch, pull.base, pull.open) == (7, SHA, "topic", "main", True)
    assert (pull.repository, pull.fork) == (REPOSITORY, False)
    if "permission" not in APIS[site.host].cannot:
        assert await site.run("permission") in (Permission.WRITE, Permission.ADMIN)
    if "failed_deliveries" not in APIS[site.host].cannot:
        (lost,) = await site.run("failed_deliveries")
        assert lost.reason.startswith("it had no answer")
    assert site.description.wrong == []


async def test_what_the_description_does_not_allow_is_noticed(site):
    used = await site.hosts.credential("team-a", site.host, REPOSITORY)
    target = next(each for each in site.description.operations if each.described.get("body"))
    path = target.path
    for name in ("owner", "workspace", "projectKey", "project", "id"):
        path = path.replace(f"{{{name}}}", "group")
    path = path.replace("{sha}", SHA)
    path = re.sub(r"\{[^}]+\}", "app", path)
    base = target.base.removeprefix("/org")

    def wrong(api):
        root = api.url.removesuffix(base)
        return send(api.title, target.method.upper(), f"{root}{base}{path}?nonsense=1", {"nonsense": 1})

    await site.hosts.run(used, wrong, seconds=10)
    assert any("no such parameter: nonsense" in each for each in site.description.wrong)
    assert any("no such field: nonsense" in each for each in site.description.wrong)


class TestFaults:
    """Of the one sender, at each host."""

    async def test_a_token_that_has_ended(self, site):
        site.served.faults = [Fault(401, {"message": "hush"})]
        error = await site.refused("pull_request")
        assert (type(error), str(error)) == (HostRefused, f"{APIS[site.host].title} answered 401")
        assert len(site.served.requests) == 1

    async def test_what_is_not_there(self, site):
        site.served.faults = [Fault(404, {"message": "hush"})]
        assert str(await site.refused("pull_request")) == f"{APIS[site.host].title} answered 404"

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    async def test_trouble_that_passes(self, site, status):
        site.served.faults = [Fault(status), Fault(status)]
        await site.run("pull_request")
        assert len(site.served.requests) >= 3

    async def test_trouble_that_stays(self, site):
        site.served.faults = [Fault(503)] * 20
        error = await site.refused("pull_request")
        assert (type(error), str(error)) == (HostUnanswered, f"{APIS[site.host].title} answered 503")
        assert len(site.served.requests) == 4

    async def test_a_rate_that_is_free_again_soon(self, site):
        site.served.faults = [
            Fault(429, headers={"Retry-After": "0"}),
            Fault(403, headers={"Retry-After": "0"}),
        ]
        await site.run("pull_request")
        assert len(site.served.requests) >= 3

    @pytest.mark.parametrize(
        "headers",
        [
            {"Retry-After": "600"},
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4000000000"},
        ],
        ids=["Retry-After", "X-RateLimit-Reset"],
    )
    async def test_a_rate_that_is_not(self, site, headers):
        site.served.faults = [Fault(403, headers=headers)]
        error = await site.refused("pull_request")
        assert type(error) is HostUnanswered
        assert error.retry_after >= 600
        assert len(site.served.requests) == 1

    async def test_slowness(self, site):
        site.served.faults = [Fault(0, seconds=20.0)]
        error = await site.refused("pull_request", seconds=0.3)
        assert str(error) == f"{APIS[site.host].title} did not answer in time"


async def asked_with(values, host, call, tmp_path):
    """What a call finds, and the requests that it takes; the description must allow them and the answers."""
    description = Described(host)
    with serving(described(description, lambda *asked: values(served, *asked)), tmp_path) as served:
        site = Site(host, description, served)
        found = await site.run(call)
        await site.hosts.close()
    assert description.wrong == []
    return found, served.requests


def number_in(target, name, otherwise):
    found = re.search(rf"[?&]{name}=(\d+)", target)
    return int(found[1]) if found else otherwise


async def test_pages_of_github_over_https(tmp_path):
    def values(served, operation, target, example):
        page = number_in(target, "page", 1)
        files = [example[0] | {"filename": f"{page}-{number}"} for number in range(100)]
        more = f'<{served.base}/elsewhere?per_page=100&page={page + 1}>; rel="next"'
        return (files, {"Link": more}) if page < 3 else files[:1]

    found, requests = await asked_with(values, "github", "files of a pull request", tmp_path)
    assert len(found) == 201
    assert [each.partition("?")[0] for each in requests] == ["GET /api/v3/repos/group/app/pulls/7/files"] * 3


async def test_pages_of_gitlab_over_https(tmp_path):
    def values(served, operation, target, example):
        if not operation.endswith("/diffs"):
            return example | {"changes_count": "201"}
        page = number_in(target, "page", 1)
        files = [
            example[0] | {"new_path": f"{page}-{each}", "old_path": f"{page}-{each}"} for each in range(100)
        ]
        more = f'<https://elsewhere.example/x?page={page + 1}&per_page=100>; rel="next"'
        return (files, {"Link": more}) if page < 3 else files[:1]

    found, requests = await asked_with(values, "gitlab", "files of a pull request", tmp_path)
    assert (len(found), len(requests)) == (201, 4)


async def test_pages_of_bitbucket_cloud_over_https(tmp_path):
    def values(served, operation, target, example):
        page = number_in(target, "page", 1)
        listed = [
            example["values"][0] | {"new": {"path": f"{page}-{each}"}, "old": None} for each in range(100)
        ]
        path = target.partition("?")[0]
        more = {"next": f"{served.base}{path}?page={page + 1}&pagelen=100"} if page < 3 else {}
        return {"values": listed if more else listed[:1], "page": page, "pagelen": 100, **more}

    found, requests = await asked_with(values, "bitbucket", "files of a pull request", tmp_path)
    assert (len(found), len(requests)) == (201, 3)


async def test_pages_of_azure_devops_over_https(tmp_path):
    def values(served, operation, target, example):
        if not operation.endswith("/changes"):
            return example
        skip = number_in(target, "(?:[$]|%24)skip", 0)
        entry = example["changeEntries"][0]
        listed = [entry | {"item": {"path": f"/{skip + each}"}, "originalPath": None} for each in range(1000)]
        return {"changeEntries": listed if skip < 2000 else listed[:1]}

    found, requests = await asked_with(values, "azuredevops", "files of a pull request", tmp_path)
    assert len(found) == 2001
    assert sum("/changes?" in each for each in requests) == 3


def changes(start, most, *, last):
    """A page of Bitbucket Data Center."""
    listed = [{"type": "ADD", "path": {"toString": f"{each}"}} for each in range(start, start + most)]
    following = None if last else start + most
    return {"values": listed, "size": most, "isLastPage": last, "start": start, "nextPageStart": following}


async def test_pages_of_bitbucket_data_center_over_https(tmp_path):
    def values(served, operation, target, example):
        start = number_in(target, "start", 0)
        return changes(start, 1000, last=False) if start < 2000 else changes(start, 1, last=True)

    found, requests = await asked_with(values, "bitbucketserver", "files between commits", tmp_path)
    assert (len(found), len(requests)) == (2001, 3)


@pytest.mark.parametrize(("most", "known"), [(1000, True), (1001, False)])
async def test_the_one_page_of_a_pull_request_of_bitbucket_data_center(most, known, tmp_path):
    """It ends at the limit that is asked for, and there is no other, whatever start is asked for."""

    def values(served, operation, target, example):
        limit = number_in(target, "limit", 25)
        return changes(0, min(most, limit), last=most <= limit)

    found, requests = await asked_with(values, "bitbucketserver", "files of a pull request", tmp_path)
    assert (found is not None, len(requests)) == (known, 1)


def test_each_description_says_where_it_is_from():
    for host in HOSTS:
        (file,) = DESCRIPTIONS.glob(f"{host}.*")
        assert (
            "octokit" in file.read_text()[-400:] + file.read_text()[:400]
            or "in our own words" in file.read_text()
        )
