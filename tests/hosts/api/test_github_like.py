"""What GitHub, Gitea and Forgejo share: each request as it goes out, each answer as it is read."""

import pytest
from tests.hosts.fake_hosts import SHA, After, Before, FakeHost, FakeHosts, answered, converse, credential

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import (
    GitChange,
    HostRequest,
    HostResponse,
    HostUser,
    Permission,
    State,
    Status,
)

BASES = {
    "github": ("", "https://api.github.com"),
    "gitea": ("https://git.example", "https://git.example/api/v1"),
    "forgejo": ("", "https://codeberg.org/api/v1"),
}
OLD = "2b" * 20
STATUS = Status(State.RUNNING, "ci/build", "it runs", "https://argo.example/workflows/a/b")


@pytest.fixture(params=BASES)
def api(request):
    return APIS[request.param](BASES[request.param][0])


@pytest.fixture
def host():
    return FakeHost()


def base(api):
    return BASES[api.type][1]


def sent(exchange, *answers):
    """The requests of a conversation that gets these answers, and what it returns or raises."""
    requests, left = [], list(answers)

    def answer(request):
        requests.append(request)
        return left.pop(0)

    try:
        return requests, converse(exchange, answer)
    except (HostRefused, HostUnanswered) as error:
        return requests, error


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.PENDING, "pending"),
        (State.RUNNING, "pending"),
        (State.SUCCESS, "success"),
        (State.FAILURE, "failure"),
        (State.ERROR, "error"),
        (State.CANCELED, "error"),
    ],
)
def test_a_status_is_posted_and_reads_back_as_it_was(api, host, state, word):
    status = Status(state, "ci/build", "w " * 200, "https://argo.example")
    converse(api.post_status("org/app", SHA, status), host.answer)
    (made,) = host.statuses["org/app", SHA]
    assert (made["state"], made["context"], made["target_url"]) == (word, "ci/build", "https://argo.example")
    assert len(made["description"]) <= 140
    assert converse(api.read_status("org/app", SHA, "ci/build"), host.answer) == api.as_read(status)
    assert api.as_read(api.as_read(status)) == api.as_read(status)


def test_the_request_of_a_status(api):
    (request,), _ = sent(api.post_status("org/app", SHA, STATUS), answered({}, 201))
    assert (request.method, request.url) == ("POST", f"{base(api)}/repos/org/app/statuses/{SHA}")
    assert request.json == {
        "state": "pending",
        "context": "ci/build",
        "description": "it runs",
        "target_url": "https://argo.example/workflows/a/b",
    }


def test_without_a_url_there_is_none_in_it(api):
    (request,), _ = sent(api.post_status("org/app", SHA, Status(State.ERROR, "c")), answered({}, 201))
    assert "target_url" not in request.json


def test_the_newest_status_of_a_name_counts_on_whatever_page_it_is(api, host):
    for number in range(120):
        converse(api.post_status("o/r", SHA, Status(State.SUCCESS, f"other-{number}")), host.answer)
        if number in (3, 5):
            state = State.FAILURE if number == 5 else State.SUCCESS
            converse(api.post_status("o/r", SHA, Status(state, "mine")), host.answer)
    found = converse(api.read_status("o/r", SHA, "mine"), host.answer)
    assert found.state is State.FAILURE
    assert converse(api.read_status("o/r", SHA, "nobody's"), host.answer) is None


def test_pages_are_followed_at_our_own_address(api, host):
    host.files["org/app", 7] = [f"src/{number}.py" for number in range(250)]
    hosts = FakeHosts(host)
    found = converse(api.files(GitChange("org/app", 7)), lambda each: hosts._answered(each))
    assert found == tuple(host.files["org/app", 7])
    assert len(hosts.calls) in (3, 5)
    # The Link of the answers names another host.
    assert all(each.url.startswith(f"{base(api)}/repos/org/app/pulls/7/files?") for each in hosts.calls)


def test_a_list_without_end_is_left_at_the_thirtieth_page(api):
    page = answered([{"filename": "a"}], link='<https://x/?page=2>; rel="next"')
    requests, error = sent(api.files(GitChange("o/r", 1)), *[page] * 40)
    assert len(requests) == 30
    assert str(error) == f"{api.title} answered more than 30 pages"
    other = answered([{"context": "x"}], link='<https://x/?page=2>; rel="next"')
    requests, error = sent(api.read_status("o/r", SHA, "mine"), *[other] * 40)
    assert len(requests) == 30
    assert str(error) == f"{api.title} answered more than 30 pages"


def test_a_renamed_file_has_two_paths(api):
    answer = answered(
        [{"filename": "new", "previous_filename": "old", "status": "renamed"}, {"filename": "a"}]
    )
    _, found = sent(api.files(GitChange("o/r", 1)), answer)
    assert found == ("new", "old", "a")


def test_the_files_between_two_commits(api, host):
    host.compared["o/r", f"{OLD}...{SHA}"] = ["a", "b", "a"]
    assert converse(api.files(GitChange("o/r", base=OLD, head=SHA)), host.answer) == ("a", "b")


@pytest.mark.parametrize("change", [GitChange("o/r", head=SHA), GitChange("o/r", base=OLD), GitChange("o/r")])
def test_without_two_commits_nothing_is_asked(api, change):
    assert sent(api.files(change)) == ([], None)


@pytest.mark.parametrize(
    ("word", "permission"),
    [
        ("owner", Permission.ADMIN),
        ("admin", Permission.ADMIN),
        ("write", Permission.WRITE),
        ("read", Permission.READ),
        ("none", Permission.NONE),
    ],
)
def test_permissions(api, host, word, permission):
    host.permissions["o/r", "octo cat"] = word
    assert converse(api.permission("o/r", HostUser("octo cat")), host.answer) is permission


def test_the_name_of_a_user_is_one_part_of_the_path(api):
    (request,), _ = sent(api.permission("o/r", HostUser("a/../b?c")), answered({"permission": "read"}))
    assert request.url == f"{base(api)}/repos/o/r/collaborators/a%2F..%2Fb%3Fc/permission"


def test_a_pull_request(api, host):
    host.pull("org/app", 7)
    found = converse(api.pull_request("org/app", 7), host.answer)
    assert (found.sha, found.branch, found.base, found.open) == (SHA, "topic", "main", True)
    assert (found.repository, found.author, found.fork) == ("org/app", HostUser("octocat", 1), False)
    assert (found.source, found.source_url) == ("org/app", "https://host.example/org/app.git")


def test_a_pull_request_of_a_fork(api, host):
    fork = {"full_name": "stranger/app", "clone_url": "https://host.example/stranger/app.git"}
    host.pull("org/app", 7, state="closed")["head"]["repo"] = fork
    found = converse(api.pull_request("org/app", 7), host.answer)
    assert (found.fork, found.source, found.open) == (True, "stranger/app", False)


def test_a_pull_request_whose_fork_is_gone(api, host):
    host.pull("org/app", 7)["head"]["repo"] = None
    found = converse(api.pull_request("org/app", 7), host.answer)
    assert (found.fork, found.source) == (True, None)


def test_an_agit_pull_request_is_a_strangers(api, host):
    host.pull("org/app", 7)["head"]["ref"] = "refs/pull/7/head"
    assert converse(api.pull_request("org/app", 7), host.answer).fork is True


@pytest.mark.parametrize(
    "repository",
    ["", "app", "org/", "/app", "org/app/x", "../app", "org/..", "org/.", "org/a\nb", "org/a\\b"],
)
def test_a_name_that_would_lead_elsewhere_asks_nothing(api, repository):
    requests, error = sent(api.permission(repository, HostUser("a")))
    assert requests == []
    assert isinstance(error, HostRefused)


@pytest.mark.parametrize("sha", ["", "main", "1a" * 19, "1A" * 20, "1a" * 20 + "/..", "0" * 39 + "g"])
def test_a_commit_has_its_full_name(api, sha):
    requests, error = sent(api.post_status("o/r", sha, STATUS))
    assert (requests, str(error)) == ([], "the commit has no full name")


@pytest.mark.parametrize(
    ("response", "error", "says", "after"),
    [
        (answered({"secret": "hush"}, 401), HostRefused, "answered 401", None),
        (answered({"secret": "hush"}, 403), HostRefused, "answered 403", None),
        (answered({"secret": "hush"}, 404), HostRefused, "answered 404", None),
        (answered({"secret": "hush"}, 422), HostRefused, "answered 422", None),
        (answered(None, 302), HostRefused, "answered 302", None),
        (answered(None, 429), HostUnanswered, "answered 429", None),
        (answered(None, 429, retry_after="7"), HostUnanswered, "answered 429", 7.0),
        (answered(None, 403, retry_after="7"), HostUnanswered, "answered 403", 7.0),
        (answered(None, 500), HostUnanswered, "answered 500", None),
        (answered(None, 503, retry_after="7"), HostUnanswered, "answered 503", 7.0),
        (answered(None, 503, retry_after="999999999999"), HostUnanswered, "answered 503", 3600.0),
        (
            answered(
                None,
                403,
                x_ratelimit_remaining="0",
                x_ratelimit_reset="1800000060",
                date="Fri, 15 Jan 2027 08:00:00 GMT",
            ),
            HostUnanswered,
            "answered 403",
            60.0,
        ),
        (answered(None, 403, x_ratelimit_remaining="9"), HostRefused, "answered 403", None),
        (
            answered(
                None, 503, retry_after="Fri, 15 Jan 2027 08:02:00 GMT", date="Fri, 15 Jan 2027 08:00:00 GMT"
            ),
            HostUnanswered,
            "answered 503",
            120.0,
        ),
    ],
)
def test_what_each_refusal_becomes(api, response, error, says, after):
    for exchange in (
        api.post_status("o/r", SHA, STATUS),
        api.read_status("o/r", SHA, "c"),
        api.files(GitChange("o/r", 1)),
        api.permission("o/r", HostUser("a")),
        api.pull_request("o/r", 1),
    ):
        _, found = sent(exchange, response)
        assert type(found) is error
        assert str(found) == f"{api.title} {says}"
        assert getattr(found, "retry_after", None) == after
        assert "hush" not in repr(response)


def test_an_answer_that_is_no_json(api):
    _, error = sent(api.pull_request("o/r", 1), HostResponse(200, {}, b"<html>hush"))
    assert (type(error), str(error)) == (HostRefused, f"{api.title} answered 200 without JSON")


def test_the_newest_status_is_found_in_whatever_order_they_come(api):
    def status(number, word, context="ci"):
        return {"id": number, "context": context, "state": word, "status": word}

    link = {"link": '<https://x.example/?page=2>; rel="next"'}
    oldest_first = HostResponse(200, link, answered([status(1, "pending"), status(2, "failure")]).body)
    requests, found = sent(api.read_status("o/r", SHA, "ci"), oldest_first, answered([status(3, "success")]))
    assert (len(requests), found.state) == (2, State.SUCCESS)
    newest_first = HostResponse(200, link, answered([status(9, "error", "x"), status(8, "failure")]).body)
    requests, found = sent(api.read_status("o/r", SHA, "ci"), newest_first)
    assert (len(requests), found.state) == (1, State.FAILURE)


def test_the_hook_that_connect_makes(api):
    exchange = api.create_hook("o/r", "https://events.example/x", "hush", ("push", "tag", "comment"))
    (_, request), hook = sent(
        exchange, answered([{"id": 1, "config": {"url": "https://x"}}]), answered({"id": 12}, 201)
    )
    assert (request.method, request.url, request.once) == ("POST", f"{base(api)}/repos/o/r/hooks", True)
    assert request.json["config"] == {
        "url": "https://events.example/x",
        "content_type": "json",
        "secret": "hush",
    }
    assert "push" in request.json["events"]
    assert request.json["events"].count("push") == 1
    assert hook.id == "12"
    assert "hush" not in repr(request)


def test_a_hook_that_has_the_address_is_changed_or_replaced(api):
    there = [{"id": number, "config": {"url": "https://events.example/x"}} for number in (7, 8)]
    exchange = api.create_hook("o/r", "https://events.example/x", "hush", ("push",))
    later = (
        [answered({"id": 7})] if api.type == "github" else [answered({"id": 9}, 201), answered(None, 204)] * 2
    )
    requests, hook = sent(exchange, answered(there), *later)
    told = [(request.method, request.url.rpartition("/hooks")[2]) for request in requests[1:]]
    if api.type == "github":
        assert (told, hook.id) == ([("PATCH", "/7")], "7")
    else:
        # Their API changes no secret.
        assert (told, hook.id) == ([("POST", ""), ("DELETE", "/7"), ("DELETE", "/8")], "9")


def test_a_ping_of_it(api):
    (request,), done = sent(api.ping("o/r", "12"), answered(None, 204))
    ending = "pings" if api.type == "github" else "tests"
    assert (request.method, request.url, done) == ("POST", f"{base(api)}/repos/o/r/hooks/12/{ending}", None)


class TestGitHub:
    api = APIS["github"]("")

    @pytest.mark.parametrize(
        ("url", "base"),
        [
            ("", "https://api.github.com"),
            ("https://github.com", "https://api.github.com"),
            ("https://api.github.com", "https://api.github.com"),
            ("https://ghe.example.com", "https://ghe.example.com/api/v3"),
            ("https://ghe.example.com/api/v3", "https://ghe.example.com/api/v3"),
            ("https://tenant.ghe.com", "https://api.tenant.ghe.com"),
            ("https://api.tenant.ghe.com", "https://api.tenant.ghe.com"),
        ],
    )
    def test_the_base_of_its_api(self, url, base):
        assert APIS["github"](url).url == base

    def test_three_thousand_files_may_not_be_all(self):
        page = answered([{"filename": f"f{n}"} for n in range(100)], link='<https://x/?page=2>; rel="next"')
        last = answered([{"filename": f"f{n}"} for n in range(100)])
        assert sent(self.api.files(GitChange("o/r", 1)), *[page] * 29, last)[1] is None

    @pytest.mark.parametrize(("number", "known"), [(299, True), (300, False)])
    def test_three_hundred_files_of_a_comparison_may_not_be_all(self, number, known):
        answer = answered({"files": [{"filename": f"f{n}"} for n in range(number)]})
        _, found = sent(self.api.files(GitChange("o/r", base=OLD, head=SHA)), answer)
        assert (found is not None) is known

    @pytest.mark.parametrize(
        ("word", "permission"), [("maintain", Permission.WRITE), ("triage", Permission.READ)]
    )
    def test_roles(self, word, permission):
        assert (
            sent(self.api.permission("o/r", HostUser("a")), answered({"permission": word}))[1] is permission
        )


class TestGiteaAndForgejo:
    @pytest.fixture(params=["gitea", "forgejo"])
    def api(self, request):
        return APIS[request.param]("https://git.example/sub")

    @pytest.mark.parametrize(
        "url", ["https://git.example", "https://git.example/", "https://git.example/api/v1"]
    )
    def test_the_base_of_its_api(self, url):
        assert APIS["gitea"](url).url == "https://git.example/api/v1"

    def test_the_files_of_a_comparison_stand_at_each_commit(self, api):
        commits = [{"files": [{"filename": "a"}]}, {"files": [{"filename": "b"}, {"filename": "a"}]}]
        exchange = api.files(GitChange("o/r", base=OLD, head=SHA))
        assert sent(exchange, answered({"total_commits": 2, "commits": commits}))[1] == ("a", "b")

    @pytest.mark.parametrize(
        "answer",
        [
            {"total_commits": 3, "commits": [{"files": [{"filename": "a"}]}]},
            {"total_commits": 1, "commits": [{}]},
            {"total_commits": 1, "commits": [{"files": None}]},
        ],
        ids=["more commits than are listed", "no files at a commit", "files are null"],
    )
    def test_and_unless_they_are_all_there_they_are_not_known(self, api, answer):
        assert sent(api.files(GitChange("o/r", base=OLD, head=SHA)), answered(answer))[1] is None

    def test_no_lost_deliveries(self, api):
        requests, error = sent(api.failed_deliveries("o/r", "1", 0.0))
        assert requests == []
        assert isinstance(error, HostRefused)
        assert "failed_deliveries" in api.cannot


class TestFakeHosts:
    """The stand-in that other tests work with."""

    async def test_faults_come_before_or_after_the_deed(self, host):
        hosts = FakeHosts(host, credential("b", "gitea", "https://git.example"), credential("a"))
        used = await hosts.credential("team-a", "github", "o/r")
        hosts.faults = [Before(HostUnanswered("x")), After(), None]
        for times in range(2):
            with pytest.raises(HostUnanswered):
                await hosts.run(used, lambda api: api.post_status("o/r", SHA, STATUS), seconds=1)
            assert len(host.statuses.get(("o/r", SHA), [])) == times
        await hosts.run(used, lambda api: api.post_status("o/r", SHA, STATUS), seconds=1)
        assert len(hosts.calls) == 3
        assert host.latest("o/r", SHA, "ci/build") == ("pending", "it runs")
        assert isinstance(hosts.calls[0], HostRequest)
