"""How a status is posted and read back, with what the hosts answer."""

from dataclasses import replace

import pytest
from tests.hosts.fake_hosts import FakeHost, answered, converse

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.github import GitHubApi
from triggerfish.hosts.api.gitlab import GitLabApi
from triggerfish.hosts.api.values import State, Status
from triggerfish.hosts.reports.conversations import agreeing, posting
from triggerfish.hosts.reports.intent import Intent

INTENT = Intent("github", "ci", "org/app", "1a" * 20, "ci/build")
RUNNING = Status(State.RUNNING, "ci/build", "running")


class GitLab:
    """Answers 400 to a state that the status has already."""

    def __init__(self, state, name="ci/build"):
        self.state, self.name, self.posted = state, name, []

    def __call__(self, request):
        if request.method == "POST":
            self.posted.append(request.json["state"])
            return answered({"message": "Cannot transition status via :run from :running"}, 400)
        return answered([{"name": self.name, "status": self.state, "id": 1}])


def test_a_state_that_gitlab_has_already_counts():
    host = GitLab("running")
    converse(posting(GitLabApi(""), INTENT, RUNNING), host)
    assert host.posted == ["running"]


@pytest.mark.parametrize(
    "host", [GitLab("success"), GitLab("running", "another")], ids=["another state", "another status"]
)
def test_a_refusal_of_gitlab_that_is_one(host):
    with pytest.raises(HostRefused):
        converse(posting(GitLabApi(""), INTENT, RUNNING), host)


def test_what_waits_while_an_older_run_goes_on_is_right():
    host = GitLab("running")
    converse(posting(GitLabApi(""), INTENT, Status(State.PENDING, "ci/build", url="https://a/new")), host)
    assert host.posted == ["pending"]


def test_gitlab_keeps_the_link_to_an_older_run_that_goes_on():
    """Nothing that is told changes it: the newer one would be told for ever."""
    there = [{"name": "ci/build", "status": "running", "id": 1, "target_url": "https://a/old"}]
    told = replace(RUNNING, url="https://a/new")
    assert converse(agreeing(GitLabApi(""), INTENT, told), lambda _: answered(there))


def test_of_a_fork_s_merge_request_the_status_is_where_it_was_told():
    told = {}

    def forks(request):
        project = request.url.partition("/projects/")[2].partition("/")[0]
        if request.method == "POST":
            told[project] = request.json
            return answered({}, 201)
        found = told.get(project)
        return answered([{"name": "ci/build", "status": found["state"], "id": 1}] if found else [])

    of_fork = replace(INTENT, ids={"source": "stranger/app"})
    converse(posting(GitLabApi(""), of_fork, RUNNING), forks)
    assert list(told) == ["stranger%2Fapp"]
    assert converse(agreeing(GitLabApi(""), of_fork, RUNNING), forks)


def test_another_refusal_is_not_looked_into():
    asked = []

    def refuse(request):
        asked.append(request.method)
        return answered(status=403)

    with pytest.raises(HostRefused):
        converse(posting(GitHubApi(""), INTENT, RUNNING), refuse)
    assert asked == ["POST"]


@pytest.mark.parametrize(
    ("told", "is_there", "expected"),
    [
        pytest.param(RUNNING, Status(State.PENDING, "ci/build"), True, id="GitHub has one word for both"),
        pytest.param(
            Status(State.CANCELED, "ci/build"), Status(State.ERROR, "ci/build"), True, id="canceled"
        ),
        pytest.param(
            Status(State.SUCCESS, "ci/build"), Status(State.PENDING, "ci/build"), False, id="another"
        ),
        pytest.param(
            Status(State.FAILURE, "ci/build", url="https://a/new"),
            Status(State.FAILURE, "ci/build", url="https://a/old"),
            False,
            id="another run's",
        ),
        pytest.param(
            Status(State.FAILURE, "ci/build", url="https://a/new"),
            Status(State.FAILURE, "ci/build", url="https://a/new"),
            True,
            id="this run's",
        ),
        pytest.param(
            Status(State.RUNNING, "ci/build", url="https://a/new"),
            Status(State.RUNNING, "ci/build", url="https://a/old"),
            False,
            id="going on, as an older one did",
        ),
        pytest.param(Status(State.SUCCESS, "ci/other"), Status(State.SUCCESS, "ci/build"), False, id="none"),
    ],
)
def test_whether_it_is_still_there(told, is_there, expected):
    host, api = FakeHost(), GitHubApi("")
    converse(api.post_status(INTENT.repository, INTENT.sha, is_there), host.answer)
    assert converse(agreeing(api, INTENT, told), host.answer) is expected
