"""Azure DevOps: each request as it goes out, each answer as it is read."""

import pytest
from tests.hosts.api.talk import OLD, SHA, sent, urls
from tests.hosts.fake_hosts import answered

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.azuredevops import AzureDevOpsApi
from triggerfish.hosts.api.credentials import AccessToken, Basic
from triggerfish.hosts.api.values import GitChange, HostUser, State, Status

BASE = "https://dev.azure.com/org"
APP = "/My%20Project/_apis/git/repositories/app"
REPOSITORY = "My Project/app"
VERSION = "api-version=7.1"
api = AzureDevOpsApi(BASE)


def test_a_token_is_the_password_of_nobody():
    assert api.authorize(AccessToken("hush")) == (("Authorization", "Basic Omh1c2g="),)
    assert api.authorize(Basic("u", "hush")) == (("Authorization", "Basic dTpodXNo"),)


@pytest.mark.parametrize(
    ("state", "word", "back"),
    [
        (State.PENDING, "pending", State.PENDING),
        (State.RUNNING, "pending", State.PENDING),
        (State.SUCCESS, "succeeded", State.SUCCESS),
        (State.FAILURE, "failed", State.FAILURE),
        (State.ERROR, "error", State.ERROR),
        (State.CANCELED, "error", State.ERROR),
    ],
)
def test_a_status_is_posted_in_its_words_and_read_back(state, word, back):
    status = Status(state, "ci/build", "it is so", "https://argo.example")
    requests, done = sent(api.post_status(REPOSITORY, SHA, status), answered({}, 201))
    assert (urls(requests, BASE), done) == ([f"POST {APP}/commits/{SHA}/statuses?{VERSION}"], None)
    body = requests[0].json
    assert body == {
        "state": word,
        "context": {"genre": "triggerfish", "name": "ci/build"},
        "description": "it is so",
        "targetUrl": "https://argo.example",
    }
    others = [
        body | {"id": 5, "context": {"genre": "other", "name": "ci/build"}, "state": "notSet"},
        body | {"id": 6, "context": {"genre": "triggerfish", "name": "ci"}, "state": "notSet"},
        body | {"id": 1, "state": "notSet"},
        body | {"id": 4},
    ]
    requests, found = sent(api.read_status(REPOSITORY, SHA, "ci/build"), {"value": others})
    assert found == api.as_read(status) == Status(back, "ci/build", "it is so", "https://argo.example")
    query = f"latestOnly=true&top=1000&skip=0&{VERSION}"
    assert urls(requests, BASE) == [f"GET {APP}/commits/{SHA}/statuses?{query}"]


def test_without_a_url_there_is_none_in_it():
    requests, _ = sent(api.post_status(REPOSITORY, SHA, Status(State.SUCCESS, "c")), answered({}, 201))
    assert "targetUrl" not in requests[0].json


def test_a_status_that_is_not_there():
    assert sent(api.read_status(REPOSITORY, SHA, "c"), {"value": []})[1] is None


CHANGES = [
    {"item": {"path": "/src", "isFolder": True, "gitObjectType": "tree"}},
    {"item": {"path": "/src/a.py", "gitObjectType": "blob"}},
    {"item": {"path": "/src/b.py"}, "originalPath": "/src/old.py"},
]


class TestFiles:
    def test_of_the_newest_iteration_of_a_pull_request(self):
        answers = {"value": [{"id": 2}, {"id": 3}, {"id": 1}]}, {"changeEntries": CHANGES}
        requests, found = sent(api.files(GitChange(REPOSITORY, 7)), *answers)
        assert found == ("src/a.py", "src/b.py", "src/old.py")
        path = f"GET {APP}/pullRequests/7/iterations"
        assert urls(requests, BASE) == [
            f"{path}?{VERSION}",
            f"{path}/3/changes?$top=1000&$skip=0&{VERSION}",
        ]

    def test_of_none_nothing_is_known(self):
        assert sent(api.files(GitChange(REPOSITORY, 7)), {"value": []})[1] is None

    def test_between_commits_on_all_pages(self):
        full = {"changes": [{"item": {"path": f"/{number}"}} for number in range(1000)]}
        requests, found = sent(
            api.files(GitChange(REPOSITORY, base=OLD, head=SHA)), full, {"changes": CHANGES}
        )
        assert len(found) == 1003
        versions = f"baseVersion={OLD}&baseVersionType=commit&targetVersion={SHA}&targetVersionType=commit"
        path = f"GET {APP}/diffs/commits?diffCommonCommit=true&{versions}"
        assert urls(requests, BASE) == [
            f"{path}&$top=1000&$skip=0&{VERSION}",
            f"{path}&$top=1000&$skip=1000&{VERSION}",
        ]

    def test_a_list_without_end_is_left(self):
        full = answered({"changes": [{"item": {"path": f"/{number}"}} for number in range(1000)]})
        requests, error = sent(api.files(GitChange(REPOSITORY, base=OLD, head=SHA)), *[full] * 31)
        assert (len(requests), str(error)) == (30, "Azure DevOps answered more than 30 pages")


PULL = {
    "pullRequestId": 7,
    "status": "active",
    "createdBy": {"uniqueName": "alice@example.com", "id": "9-9"},
    "sourceRefName": "refs/heads/topic",
    "targetRefName": "refs/heads/main",
    "lastMergeSourceCommit": {"commitId": SHA},
    "repository": {"id": "1-1", "name": "app", "project": {"name": "My Project"}, "remoteUrl": "https://r"},
}


class TestPullRequest:
    def test_from_the_repository_itself(self):
        requests, found = sent(api.pull_request(REPOSITORY, 7), PULL)
        assert urls(requests, BASE) == [f"GET {APP}/pullRequests/7?{VERSION}"]
        assert (found.sha, found.branch, found.base, found.open) == (SHA, "topic", "main", True)
        assert (found.author, found.fork) == (HostUser("alice@example.com", "9-9"), False)

    def test_from_a_fork(self):
        fork = {"repository": {"name": "fork", "project": {"name": "Theirs"}}}
        _, found = sent(api.pull_request(REPOSITORY, 7), PULL | {"forkSource": fork, "status": "completed"})
        assert (found.fork, found.source, found.open) == (True, "Theirs/fork", False)


def test_one_subscription_for_each_kind_of_event():
    about = {"id": "1-1", "project": {"id": "2-2"}}
    made = [answered({"id": f"s{number}"}) for number in range(4)]
    requests, hook = sent(
        api.create_hook(REPOSITORY, "https://e.example", "hush", ("push", "tag", "pull_request")),
        about,
        {"value": []},
        *made,
    )
    assert urls(requests, BASE)[2] == f"POST /_apis/hooks/subscriptions?{VERSION}"
    assert [each.json["eventType"] for each in requests[2:]] == [
        "git.push",
        "git.pullrequest.created",
        "git.pullrequest.updated",
        "git.pullrequest.merged",
    ]
    assert requests[2].json["consumerInputs"]["basicAuthPassword"] == "hush"
    assert hook.id == "s0,s1,s2,s3"


def test_a_subscription_for_the_address_is_changed():
    about = {"id": "1-1", "project": {"id": "2-2"}}
    there = [
        {
            "id": name,
            "eventType": "git.push",
            "publisherInputs": {"repository": repository},
            "consumerInputs": {"url": url},
        }
        for name, repository, url in (
            ("a", "other", "https://e.example"),
            ("b", "1-1", "https://another.example"),
            ("c", "1-1", "https://e.example"),
        )
    ]
    exchange = api.create_hook(REPOSITORY, "https://e.example", "hush", ("push",))
    requests, hook = sent(exchange, about, {"value": there}, {"id": "c"})
    assert (urls(requests, BASE)[2], hook.id) == (f"PUT /_apis/hooks/subscriptions/c?{VERSION}", "c")


def test_what_it_has_no_api_for():
    for exchange in (
        api.permission(REPOSITORY, HostUser("a")),
        api.ping(REPOSITORY, "1"),
        api.failed_deliveries(REPOSITORY, "1", 0.0),
        api.redeliver(REPOSITORY, "1", "2"),
    ):
        requests, error = sent(exchange)
        assert (requests, type(error)) == ([], HostRefused)
        assert str(error).startswith("Azure DevOps")
