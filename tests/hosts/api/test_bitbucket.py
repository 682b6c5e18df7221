"""Bitbucket Cloud: each request as it goes out, each answer as it is read."""

import pytest
from tests.hosts.api.talk import OLD, SHA, sent, urls
from tests.hosts.fake_hosts import answered

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.bitbucket import BitbucketApi
from triggerfish.hosts.api.values import GitChange, HostUser, Permission, State, Status

BASE = "https://api.bitbucket.org/2.0"
APP = "/repositories/team/app"
api = BitbucketApi("")


@pytest.mark.parametrize("url", ["", "https://bitbucket.org", "https://api.bitbucket.org", f"{BASE}/"])
def test_the_base_of_its_api(url):
    assert BitbucketApi(url).url == BASE


@pytest.mark.parametrize(
    ("state", "word", "back"),
    [
        (State.PENDING, "INPROGRESS", State.RUNNING),
        (State.RUNNING, "INPROGRESS", State.RUNNING),
        (State.SUCCESS, "SUCCESSFUL", State.SUCCESS),
        (State.FAILURE, "FAILED", State.FAILURE),
        (State.ERROR, "FAILED", State.FAILURE),
        (State.CANCELED, "STOPPED", State.CANCELED),
    ],
)
def test_a_status_is_posted_in_its_words_and_read_back(state, word, back):
    status = Status(state, "ci/build", "it is so")
    requests, done = sent(api.post_status("team/app", SHA, status), answered({}, 201))
    assert (urls(requests, BASE), done) == ([f"POST {APP}/commit/{SHA}/statuses/build"], None)
    body = requests[0].json
    # It wants an address: the commit's own page.
    page = f"https://bitbucket.org/team/app/commits/{SHA}"
    assert body == {
        "key": "ci/build",
        "state": word,
        "name": "ci/build",
        "description": "it is so",
        "url": page,
    }
    requests, found = sent(api.read_status("team/app", SHA, "ci/build"), body)
    assert found == api.as_read(status) == Status(back, "ci/build", "it is so")
    assert urls(requests, BASE) == [f"GET {APP}/commit/{SHA}/statuses/build/ci%2Fbuild"]


def test_with_an_address_of_its_own():
    status = Status(State.SUCCESS, "c", "", "https://argo.example/x")
    requests, _ = sent(api.post_status("team/app", SHA, status), answered({}, 201))
    assert requests[0].json["url"] == "https://argo.example/x"


def test_a_long_name_has_a_short_key_of_its_own():
    keys = []
    for context in ("c" * 40, "c" * 41, "c" * 42):
        requests, _ = sent(api.post_status("team/app", SHA, Status(State.SUCCESS, context)), answered({}))
        keys.append(requests[0].json["key"])
    assert keys[0] == "c" * 40
    assert all(len(key) <= 40 for key in keys)
    assert len(set(keys)) == 3


def test_a_status_that_is_not_there():
    assert sent(api.read_status("team/app", SHA, "c"), answered({}, 404))[1] is None


def test_payloads_have_the_first_letters_of_a_commit_alone():
    requests, _ = sent(api.post_status("team/app", SHA[:12], Status(State.SUCCESS, "c")), answered({}))
    assert f"/commit/{SHA[:12]}/" in requests[0].url


CHANGED = {
    "values": [
        {"new": {"path": "b"}, "old": {"path": "a"}},
        {"new": {"path": "c"}, "old": None},
        {"new": None, "old": {"path": "d"}},
    ]
}


class TestFiles:
    def test_of_a_pull_request(self):
        second = f"{BASE}/repositories/team/app/diffstat/x?page=2"
        answers = CHANGED | {"next": second}, {"values": []}
        requests, found = sent(api.files(GitChange("team/app", 7)), *answers)
        assert found == ("b", "a", "c", "d")
        assert [each.url for each in requests] == [
            f"{BASE}{APP}/pullrequests/7/diffstat?pagelen=100",
            second,
        ]

    def test_between_commits(self):
        requests, found = sent(api.files(GitChange("team/app", base=OLD, head=SHA)), CHANGED)
        assert found == ("b", "a", "c", "d")
        assert urls(requests, BASE) == [f"GET {APP}/diffstat/{SHA}..{OLD}?topic=true&pagelen=100"]

    @pytest.mark.parametrize(
        "address",
        ["https://elsewhere.example/x", "http://api.bitbucket.org/x", "https://api.bitbucket.org.evil/"],
    )
    def test_the_next_page_is_at_this_host(self, address):
        requests, error = sent(api.files(GitChange("team/app", 7)), CHANGED | {"next": address})
        assert (len(requests), str(error)) == (1, "Bitbucket names another host for the next page")

    def test_a_list_without_end_is_left(self):
        page = answered(CHANGED | {"next": f"{BASE}/x"})
        requests, error = sent(api.files(GitChange("team/app", 7)), *[page] * 31)
        assert (len(requests), str(error)) == (30, "Bitbucket answered more than 30 pages")


class TestPermission:
    @pytest.mark.parametrize(
        ("identity", "field"), [("557058:a", "account_id"), ("{1b-2c}", "uuid")], ids=["account", "uuid"]
    )
    @pytest.mark.parametrize("word", ["admin", "write", "read"])
    def test_by_the_id_of_the_author(self, identity, field, word):
        page = {
            "values": [
                {"permission": "admin", "user": {field: "another"}},
                {"permission": word, "user": {field: identity}},
            ]
        }
        requests, found = sent(api.permission("team/app", HostUser("nick", identity)), page)
        assert found is Permission(word)
        (url,) = urls(requests, BASE)
        assert url.startswith(f"GET /workspaces/team/permissions/repositories/app?q=user.{field}%3D%22")

    def test_who_is_not_listed_has_none(self):
        _, found = sent(api.permission("team/app", HostUser("nick", "1")), {"values": []})
        assert found is Permission.NONE

    def test_a_nickname_tells_nobody_apart(self):
        requests, error = sent(api.permission("team/app", HostUser("nick")))
        assert (requests, type(error)) == ([], HostRefused)

    @pytest.mark.parametrize("identity", ['1" OR "1"="1', "1\\", "1\n"])
    def test_an_id_is_no_query(self, identity):
        requests, error = sent(api.permission("team/app", HostUser("nick", identity)))
        assert (requests, type(error)) == ([], HostRefused)


PULL = {
    "id": 7,
    "state": "OPEN",
    "author": {"nickname": "nick", "account_id": "557058:a"},
    "source": {
        "commit": {"hash": SHA[:12]},
        "branch": {"name": "topic"},
        "repository": {
            "full_name": "team/app",
            "links": {"html": {"href": "https://bitbucket.org/team/app"}},
        },
    },
    "destination": {"branch": {"name": "main"}, "repository": {"full_name": "team/app"}},
}


class TestPullRequest:
    def test_with_its_newest_commit_in_full(self):
        requests, found = sent(api.pull_request("team/app", 7), PULL, {"values": [{"hash": SHA}]})
        path = f"{APP}/pullrequests/7"
        assert urls(requests, BASE) == [f"GET {path}", f"GET {path}/commits?pagelen=1"]
        assert (found.sha, found.branch, found.base, found.open) == (SHA, "topic", "main", True)
        assert (found.author, found.fork, found.source) == (HostUser("nick", "557058:a"), False, "team/app")

    def test_a_push_in_between_changes_nothing(self):
        _, found = sent(api.pull_request("team/app", 7), PULL, {"values": [{"hash": OLD}]})
        assert found.sha == SHA[:12]

    def test_from_a_fork(self):
        fork = PULL["source"] | {"repository": {"full_name": "stranger/app"}}
        _, found = sent(
            api.pull_request("team/app", 7), PULL | {"source": fork, "state": "MERGED"}, {"values": []}
        )
        assert (found.fork, found.source, found.open) == (True, "stranger/app", False)


def test_the_hook_that_connect_makes():
    requests, hook = sent(
        api.create_hook("team/app", "https://e.example", "hush", ("push", "pull_request")),
        {"values": [{"uuid": "{0}", "url": "https://another.example"}]},
        answered({"uuid": "{1}"}, 201),
    )
    assert urls(requests, BASE) == [f"GET {APP}/hooks", f"POST {APP}/hooks"]
    assert (requests[1].json["secret"], hook.id) == ("hush", "{1}")
    assert "repo:push" in requests[1].json["events"]


def test_a_hook_that_has_the_address_is_changed():
    exchange = api.create_hook("team/app", "https://e.example", "hush", ("push",))
    there = {"values": [{"uuid": "{1}", "url": "https://e.example"}]}
    requests, hook = sent(exchange, there, {"uuid": "{1}"})
    assert (urls(requests, BASE)[1], hook.id) == (f"PUT {APP}/hooks/%7B1%7D", "{1}")
    assert requests[1].json["secret"] == "hush"


def test_what_it_has_no_api_for():
    for exchange in (
        api.ping("team/app", "1"),
        api.failed_deliveries("team/app", "1", 0.0),
        api.redeliver("team/app", "1", "2"),
    ):
        requests, error = sent(exchange)
        assert (requests, str(error).startswith("Bitbucket has no API")) == ([], True)
