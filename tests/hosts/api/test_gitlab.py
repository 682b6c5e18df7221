"""GitLab: each request as it goes out, each answer as it is read."""

import pytest
from tests.hosts.api.talk import OLD, SHA, sent, urls
from tests.hosts.fake_hosts import answered

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.gitlab import GitLabApi
from triggerfish.hosts.api.values import GitChange, HostUser, Permission, State, Status

BASE = "https://gitlab.com/api/v4"
APP = "/projects/group%2Fsub%2Fapp"
REPOSITORY = "group/sub/app"
STATUS = Status(State.RUNNING, "ci/build", "it runs", "https://argo.example/x")
api = GitLabApi("")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("", BASE),
        ("https://git.example", "https://git.example/api/v4"),
        ("https://git.example/gitlab/", "https://git.example/gitlab/api/v4"),
        ("https://git.example/api/v4", "https://git.example/api/v4"),
    ],
)
def test_the_base_of_its_api(url, base):
    assert GitLabApi(url).url == base


@pytest.mark.parametrize(
    ("state", "word", "back"),
    [
        (State.PENDING, "pending", State.PENDING),
        (State.RUNNING, "running", State.RUNNING),
        (State.SUCCESS, "success", State.SUCCESS),
        (State.FAILURE, "failed", State.FAILURE),
        (State.ERROR, "failed", State.FAILURE),
        (State.CANCELED, "canceled", State.CANCELED),
    ],
)
def test_a_status_is_posted_in_its_words(state, word, back):
    status = Status(state, "ci/build", "w" * 300, "https://argo.example")
    requests, done = sent(api.post_status(REPOSITORY, SHA, status), answered({}, 201))
    assert (urls(requests, BASE), done) == ([f"POST {APP}/statuses/{SHA}"], None)
    assert requests[0].json == {
        "state": word,
        "name": "ci/build",
        "description": "w" * 254 + "…",
        "target_url": "https://argo.example",
    }
    link = "" if state in (State.PENDING, State.RUNNING) else "https://argo.example"
    assert api.as_read(status) == Status(back, "ci/build", "w" * 254 + "…", link)


def test_the_newest_status_of_that_name_is_read():
    listed = [
        {"id": 4, "name": "ci/build", "status": "success", "description": "d", "target_url": "u"},
        {"id": 9, "name": "ci/build", "status": "failed", "description": None, "target_url": None},
        {"id": 11, "name": "ci/build2", "status": "running"},
    ]
    requests, found = sent(api.read_status(REPOSITORY, SHA, "ci/build"), listed)
    assert found == Status(State.FAILURE, "ci/build")
    path = f"{APP}/repository/commits/{SHA}/statuses?name=ci%2Fbuild&per_page=100"
    assert urls(requests, BASE) == [f"GET {path}"]
    assert sent(api.read_status(REPOSITORY, SHA, "other"), listed)[1] is None


class TestA400:
    """GitLab refuses a state that the status has already: it is fine if a read agrees."""

    def post(self, found):
        return sent(api.post_status(REPOSITORY, SHA, STATUS), answered({"message": "hush"}, 400), found)

    def test_is_fine_if_a_read_agrees(self):
        requests, done = self.post([{"id": 1, "name": "ci/build", "status": "running"}])
        assert (len(requests), done) == (2, None)

    @pytest.mark.parametrize("found", [[], [{"id": 1, "name": "ci/build", "status": "success"}]])
    def test_and_a_refusal_if_not(self, found):
        _, error = self.post(found)
        assert (type(error), str(error), error.status) == (HostRefused, "GitLab answered 400", 400)


def test_a_status_that_is_being_updated_is_one_for_later():
    requests, error = sent(api.post_status(REPOSITORY, SHA, STATUS), answered({"message": "hush"}, 409))
    assert (len(requests), type(error), str(error)) == (1, HostUnanswered, "GitLab answered 409")


FORK = {"source": "stranger/app"}


class TestAFork:
    def test_is_told_first(self):
        requests, _ = sent(api.post_status(REPOSITORY, SHA, STATUS, FORK), answered({}, 201))
        assert urls(requests, BASE) == [f"POST /projects/stranger%2Fapp/statuses/{SHA}"]

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_and_the_target_where_the_token_has_no_right_there(self, status):
        answers = answered({}, status), answered({}, 201)
        requests, done = sent(api.post_status(REPOSITORY, SHA, STATUS, FORK), *answers)
        assert urls(requests, BASE)[1] == f"POST {APP}/statuses/{SHA}"
        assert done is None

    @pytest.mark.parametrize("status", [409, 502])
    def test_but_not_while_it_does_not_answer(self, status):
        requests, error = sent(api.post_status(REPOSITORY, SHA, STATUS, FORK), answered({}, status))
        assert (len(requests), type(error)) == (1, HostUnanswered)


class TestFiles:
    def test_of_a_merge_request(self):
        page = [{"new_path": "b", "old_path": "a"}, {"new_path": "c", "old_path": "c"}]
        first = answered(page, link='<https://x/?page=2&per_page=100>; rel="next"')
        requests, found = sent(
            api.files(GitChange(REPOSITORY, 7)),
            first,
            [{"new_path": "d", "old_path": "d"}],
            {"changes_count": "3"},
        )
        assert found == ("b", "a", "c", "d")
        request = f"{APP}/merge_requests/7"
        assert urls(requests, BASE) == [
            f"GET {request}/diffs?per_page=100",
            f"GET {request}/diffs?page=2&per_page=100",
            f"GET {request}",
        ]

    @pytest.mark.parametrize("count", ["1000+", "2", 2])
    def test_unless_some_are_left_out(self, count):
        answers = [{"new_path": "b"}], {"changes_count": count}
        assert sent(api.files(GitChange(REPOSITORY, 7)), *answers)[1] is None

    def test_between_commits(self):
        answer = {"diffs": [{"new_path": "b", "old_path": "a"}], "compare_timeout": False}
        requests, found = sent(api.files(GitChange(REPOSITORY, base=OLD, head=SHA)), answer)
        assert found == ("b", "a")
        assert urls(requests, BASE) == [f"GET {APP}/repository/compare?from={OLD}&to={SHA}"]

    @pytest.mark.parametrize(
        "answer",
        [
            {"diffs": [], "compare_timeout": True},
            {"diffs": [{"new_path": f"f{number}"} for number in range(1000)]},
        ],
        ids=["it took too long", "as many as it lists"],
    )
    def test_unless_there_may_be_more(self, answer):
        assert sent(api.files(GitChange(REPOSITORY, base=OLD, head=SHA)), answer)[1] is None

    @pytest.mark.parametrize("change", [GitChange(REPOSITORY), GitChange(REPOSITORY, head=SHA)])
    def test_without_two_commits_nothing_is_asked(self, change):
        assert sent(api.files(change)) == ([], None)


LEVELS = [
    (0, Permission.NONE),
    (5, Permission.READ),
    (10, Permission.READ),
    (15, Permission.READ),
    (20, Permission.READ),
    (25, Permission.READ),
    (30, Permission.WRITE),
    (40, Permission.ADMIN),
    (50, Permission.ADMIN),
]


class TestPermission:
    @pytest.mark.parametrize(("level", "permission"), LEVELS)
    def test_by_number(self, level, permission):
        answer = {"username": "alice", "access_level": level, "state": "active"}
        requests, found = sent(api.permission(REPOSITORY, HostUser("alice", 5)), answer)
        assert found is permission
        assert urls(requests, BASE) == [f"GET {APP}/members/all/5"]

    def test_whose_name_must_be_the_author_s(self):
        _, error = sent(
            api.permission(REPOSITORY, HostUser("alice", 5)), {"username": "bob", "access_level": 50}
        )
        assert isinstance(error, HostRefused)

    @pytest.mark.parametrize("state", ["blocked", "awaiting"])
    def test_who_is_not_active_has_none(self, state):
        answer = {"username": "alice", "access_level": 50, "state": state}
        assert sent(api.permission(REPOSITORY, HostUser("alice", 5)), answer)[1] is Permission.NONE

    def test_who_is_no_member_has_none(self):
        answers = answered({}, 404), {"id": 1}
        assert sent(api.permission(REPOSITORY, HostUser("alice", 5)), *answers)[1] is Permission.NONE

    def test_a_project_that_may_not_be_seen_is_a_refusal(self):
        answers = answered({}, 404), answered({}, 404)
        _, error = sent(api.permission(REPOSITORY, HostUser("alice", 5)), *answers)
        assert str(error) == "GitLab answered 404"

    def test_by_exact_name_where_there_is_no_number(self):
        listed = [
            {"username": "alice2", "access_level": 50, "state": "active"},
            {"username": "alice", "access_level": 20, "state": "active"},
            {"username": "alice", "access_level": 30, "state": "active"},
        ]
        requests, found = sent(api.permission(REPOSITORY, HostUser("alice")), listed)
        assert found is Permission.WRITE
        assert urls(requests, BASE) == [f"GET {APP}/members/all?query=alice&per_page=100"]
        assert sent(api.permission(REPOSITORY, HostUser("ali")), listed)[1] is Permission.NONE


REQUEST = {
    "iid": 7,
    "sha": SHA,
    "source_branch": "topic",
    "target_branch": "main",
    "author": {"username": "alice", "id": 5},
    "state": "opened",
    "source_project_id": 1,
    "target_project_id": 1,
}


PROJECT = {"path_with_namespace": "x/app", "http_url_to_repo": "https://gitlab.com/x/app.git"}


class TestPullRequest:
    def test_from_the_project_itself(self):
        requests, found = sent(api.pull_request(REPOSITORY, 7), REQUEST, PROJECT)
        assert urls(requests, BASE) == [f"GET {APP}/merge_requests/7", f"GET {APP}"]
        assert (found.sha, found.branch, found.base, found.open) == (SHA, "topic", "main", True)
        assert (found.author, found.fork, found.source) == (HostUser("alice", 5), False, "x/app")

    def test_from_a_fork(self):
        fork = REQUEST | {"source_project_id": 9, "state": "merged"}
        requests, found = sent(api.pull_request(REPOSITORY, 7), fork, PROJECT)
        assert urls(requests, BASE)[1] == "GET /projects/9"
        assert (found.fork, found.source_url, found.open) == (True, "https://gitlab.com/x/app.git", False)

    @pytest.mark.parametrize("status", [403, 404])
    def test_from_a_fork_that_may_not_be_seen(self, status):
        fork = REQUEST | {"source_project_id": 9}
        _, found = sent(api.pull_request(REPOSITORY, 7), fork, answered({}, status))
        assert (found.fork, found.source, found.source_url) == (True, None, None)

    def test_from_a_fork_that_is_gone(self):
        _, found = sent(api.pull_request(REPOSITORY, 7), REQUEST | {"source_project_id": None})
        assert (found.fork, found.source) == (True, None)

    @pytest.mark.parametrize("field", ["sha", "source_branch", "target_branch", "author", "iid"])
    def test_what_is_not_all_there_is_a_refusal(self, field):
        _, error = sent(api.pull_request(REPOSITORY, 7), REQUEST | {field: None})
        assert str(error) == "GitLab answered JSON of an unknown shape"


def event(number, status, key="a"):
    return {"id": number, "response_status": status, "request_headers": {"Idempotency-Key": key}}


class TestDeliveries:
    def failed(self, *events):
        requests, found = sent(api.failed_deliveries(REPOSITORY, "3", 0.0), list(events))
        assert urls(requests, BASE) == [f"GET {APP}/hooks/3/events?per_page=20"]
        return [(each.id, each.guid, each.reason) for each in found]

    def test_those_without_an_answer_and_429_and_5xx_are_lost(self):
        lost = [
            event(4, "internal error", "d"),
            event(3, "503", "c"),
            event(2, 429, "b"),
            event(1, "404", "a"),
        ]
        assert self.failed(*lost) == [
            ("2", "b", "it was answered 429"),
            ("3", "c", "it was answered 503"),
            ("4", "d", "it had no answer (internal error)"),
        ]

    def test_a_resent_one_has_the_same_key(self):
        assert self.failed(event(9, "200"), event(2, "503")) == []
        assert self.failed(event(9, "502"), event(2, "503")) == [("9", "a", "it was answered 502")]

    def test_three_times_at_most(self):
        four = [event(number, "503") for number in (14, 13, 12, 11)]
        assert self.failed(*four) == []
        assert self.failed(*four[1:]) == [("13", "a", "it was answered 503")]

    def test_it_is_sent_again(self):
        requests, done = sent(api.redeliver(REPOSITORY, "3", "9"), {"response_status": 200})
        assert (urls(requests, BASE), done) == ([f"POST {APP}/hooks/3/events/9/resend"], None)
        assert requests[0].once

    def test_and_fails_again(self):
        assert sent(api.redeliver(REPOSITORY, "3", "9"), answered({}, 422))[1] is None
        assert isinstance(sent(api.redeliver(REPOSITORY, "3", "9"), answered({}, 404))[1], HostRefused)
        assert isinstance(sent(api.redeliver(REPOSITORY, "3", "9"), answered({}, 429))[1], HostUnanswered)


@pytest.mark.parametrize(("secret", "field"), [("hush", "token"), ("whsec_hush", "signing_token")])
def test_the_hook_that_connect_makes(secret, field):
    requests, hook = sent(
        api.create_hook(REPOSITORY, "https://e.example", secret, ("push", "comment")),
        [{"id": 3, "url": "https://another.example"}],
        answered({"id": 4}, 201),
    )
    assert urls(requests, BASE) == [f"GET {APP}/hooks?per_page=100", f"POST {APP}/hooks"]
    body = requests[1].json
    assert (body[field], body["push_events"], body["note_events"], body["tag_push_events"]) == (
        secret,
        True,
        True,
        False,
    )
    assert hook.id == "4"
    assert urls(sent(api.ping(REPOSITORY, "4"), answered({}, 201))[0], BASE) == [
        f"POST {APP}/hooks/4/test/push_events"
    ]


def test_a_hook_that_has_the_address_is_changed():
    exchange = api.create_hook(REPOSITORY, "https://e.example", "hush", ("push",))
    requests, hook = sent(exchange, [{"id": 4, "url": "https://e.example"}], {"id": 4})
    assert (urls(requests, BASE)[1], hook.id) == (f"PUT {APP}/hooks/4", "4")
    assert requests[1].json["token"] == "hush"


@pytest.mark.parametrize("repository", ["", "app", "group/..", "group//app", "group/./app", "g/a\\b"])
def test_a_name_that_would_lead_elsewhere_asks_nothing(repository):
    requests, error = sent(api.permission(repository, HostUser("a")))
    assert (requests, type(error)) == ([], HostRefused)
