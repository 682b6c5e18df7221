"""Bitbucket Data Center: each request as it goes out, each answer as it is read."""

import pytest
from tests.hosts.api.talk import OLD, SHA, sent, urls
from tests.hosts.fake_hosts import answered

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.bitbucketserver import BitbucketServerApi
from triggerfish.hosts.api.values import GitChange, HostUser, Permission, State, Status

URL = "https://git.example/bb"
BASE = f"{URL}/rest/api/latest"
APP = "/projects/PRJ/repos/app"
api = BitbucketServerApi(URL)


@pytest.mark.parametrize("url", [URL, f"{URL}/", BASE])
def test_the_base_of_its_api(url):
    assert BitbucketServerApi(url).url == BASE


@pytest.mark.parametrize(
    ("state", "word", "back"),
    [
        (State.PENDING, "INPROGRESS", State.RUNNING),
        (State.RUNNING, "INPROGRESS", State.RUNNING),
        (State.SUCCESS, "SUCCESSFUL", State.SUCCESS),
        (State.FAILURE, "FAILED", State.FAILURE),
        (State.ERROR, "FAILED", State.FAILURE),
        (State.CANCELED, "CANCELLED", State.CANCELED),
    ],
)
def test_a_status_is_posted_in_its_words_and_read_back(state, word, back):
    status = Status(state, "ci/build", "it is so")
    requests, done = sent(api.post_status("PRJ/app", SHA, status), answered(None, 204))
    assert (urls(requests, BASE), done) == ([f"POST {APP}/commits/{SHA}/builds"], None)
    body = requests[0].json
    assert body == {
        "key": "ci/build",
        "state": word,
        "name": "ci/build",
        "description": "it is so",
        "url": f"{URL}{APP}/commits/{SHA}",
    }
    requests, found = sent(api.read_status("PRJ/app", SHA, "ci/build"), body)
    assert found == api.as_read(status) == Status(back, "ci/build", "it is so")
    assert urls(requests, BASE) == [f"GET {APP}/commits/{SHA}/builds?key=ci%2Fbuild"]


def test_a_status_that_is_not_there():
    assert sent(api.read_status("PRJ/app", SHA, "c"), answered({}, 404))[1] is None


FIRST = {
    "values": [{"path": {"toString": "b"}, "srcPath": {"toString": "a"}}, {"path": {"toString": "c"}}],
    "isLastPage": False,
    "nextPageStart": 100,
}


LAST = {"values": [{"path": {"toString": "d"}}], "isLastPage": True}


class TestFiles:
    between = GitChange("PRJ/app", base=OLD, head=SHA)

    def test_of_a_pull_request(self):
        requests, found = sent(api.files(GitChange("PRJ/app", 7)), FIRST | {"isLastPage": True})
        assert found == ("b", "a", "c")
        assert urls(requests, BASE) == [f"GET {APP}/pull-requests/7/changes?limit=1000"]

    @pytest.mark.parametrize("following", [100, None], ids=["it names a page", "it names none"])
    def test_of_a_pull_request_with_more_than_its_one_page(self, following):
        """Whatever start it is asked for, the first page would come again."""
        requests, found = sent(api.files(GitChange("PRJ/app", 7)), FIRST | {"nextPageStart": following})
        assert (len(requests), found) == (1, None)

    def test_of_a_pull_request_that_does_not_say_whether_these_are_all(self):
        assert sent(api.files(GitChange("PRJ/app", 7)), {"values": LAST["values"]})[1] is None

    def test_between_commits(self):
        requests, found = sent(api.files(self.between), FIRST, LAST)
        assert found == ("b", "a", "c", "d")
        path = f"GET {APP}/compare/changes?from={SHA}&to={OLD}&limit=1000"
        assert urls(requests, BASE) == [f"{path}&start=0", f"{path}&start=100"]

    @pytest.mark.parametrize("following", [0, None], ids=["it goes round", "it names no other page"])
    def test_a_list_whose_end_cannot_be_reached(self, following):
        requests, found = sent(api.files(self.between), FIRST | {"nextPageStart": following})
        assert (len(requests), found) == (1, None)

    def test_a_list_without_end_is_left(self):
        pages = [FIRST | {"nextPageStart": 100 * number} for number in range(1, 40)]
        requests, error = sent(api.files(self.between), *pages)
        assert (len(requests), str(error)) == (30, "Bitbucket Data Center answered more than 30 pages")


class TestPermission:
    @pytest.mark.parametrize(
        ("asked", "permission"), [(1, Permission.ADMIN), (2, Permission.WRITE), (3, Permission.READ)]
    )
    def test_the_greatest_that_lists_the_author(self, asked, permission):
        other = {"values": [{"name": "alice2", "active": True}], "isLastPage": True}
        own = {"values": [{"name": "alice", "active": True}], "isLastPage": True}
        answers = [*[other] * (asked - 1), own]
        requests, found = sent(api.permission("PRJ/app", HostUser("alice")), *answers)
        assert found is permission
        assert urls(requests, BASE)[0] == (
            "GET /users?filter=alice&permission.1=REPO_ADMIN&permission.1.projectKey=PRJ"
            "&permission.1.repositorySlug=app&limit=100&start=0"
        )

    def test_who_is_in_none_has_none(self):
        none = {"values": [], "isLastPage": True}
        assert sent(api.permission("PRJ/app", HostUser("alice")), *[none] * 3)[1] is Permission.NONE

    def test_who_is_not_active_has_none(self):
        gone = {"values": [{"name": "alice", "active": False}], "isLastPage": True}
        assert sent(api.permission("PRJ/app", HostUser("alice")), *[gone] * 3)[1] is Permission.NONE

    def test_a_name_is_one_word_of_the_query(self):
        none = {"values": [], "isLastPage": True}
        requests, _ = sent(api.permission("PRJ/app", HostUser("a&permission.1=x")), *[none] * 3)
        assert "filter=a%26permission.1%3Dx&" in requests[0].url


def repo(slug="app", number=1):
    link = [{"href": f"https://git.example/scm/{slug}.git", "name": "http"}]
    return {"slug": slug, "id": number, "project": {"key": "PRJ"}, "links": {"clone": link}}


PULL = {
    "id": 7,
    "state": "OPEN",
    "author": {"user": {"name": "alice", "id": 5}},
    "fromRef": {"latestCommit": SHA, "displayId": "topic", "repository": repo()},
    "toRef": {"displayId": "main", "repository": repo()},
}


class TestPullRequest:
    def test_from_the_repository_itself(self):
        requests, found = sent(api.pull_request("PRJ/app", 7), PULL)
        assert urls(requests, BASE) == [f"GET {APP}/pull-requests/7"]
        assert (found.sha, found.branch, found.base, found.open) == (SHA, "topic", "main", True)
        assert (found.author, found.fork, found.source) == (HostUser("alice", 5), False, "PRJ/app")

    def test_from_a_fork(self):
        fork = PULL["fromRef"] | {"repository": repo("fork", 2)}
        _, found = sent(api.pull_request("PRJ/app", 7), PULL | {"fromRef": fork, "state": "DECLINED"})
        assert (found.fork, found.source, found.open) == (True, "PRJ/fork", False)


def test_the_hook_that_connect_makes_and_its_test():
    requests, hook = sent(
        api.create_hook("PRJ/app", "https://e.example/x", "hush", ("push",)),
        {"values": [], "isLastPage": True},
        answered({"id": 4}, 201),
    )
    assert urls(requests, BASE) == [f"GET {APP}/webhooks?limit=100&start=0", f"POST {APP}/webhooks"]
    assert (requests[1].json["configuration"], requests[1].json["events"]) == (
        {"secret": "hush"},
        ["repo:refs_changed"],
    )
    requests, _ = sent(api.ping("PRJ/app", hook.id), {"url": "https://e.example/x"}, answered({}))
    assert urls(requests, BASE)[1] == (
        f"POST {APP}/webhooks/test?webhookId=4&url=https%3A%2F%2Fe.example%2Fx"
    )


def test_a_hook_that_has_the_address_is_changed():
    exchange = api.create_hook("PRJ/app", "https://e.example/x", "hush", ("push",))
    there = {"values": [{"id": 4, "url": "https://e.example/x"}], "isLastPage": True}
    requests, hook = sent(exchange, there, {"id": 4})
    assert (urls(requests, BASE)[1], hook.id) == (f"PUT {APP}/webhooks/4", "4")


def test_what_it_has_no_api_for():
    requests, error = sent(api.redeliver("PRJ/app", "1", "2"))
    assert (requests, type(error)) == ([], HostRefused)
