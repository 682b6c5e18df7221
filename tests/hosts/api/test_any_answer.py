"""Whatever a host answers: a value, a refusal or no answer; never another error or a request elsewhere."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.hosts.api.talk import OLD, SHA
from tests.hosts.fake_hosts import converse

from triggerfish.errors import HostError
from triggerfish.hosts.api.registry import APIS, PUBLIC_URLS
from triggerfish.hosts.api.values import GitChange, HostResponse, HostUser, State, Status

STATUS = Status(State.SUCCESS, "ci/build", "done", "https://argo.example")
CALLS = {
    "post_status": lambda api, r: api.post_status(r, SHA, STATUS, {"source": "a/b"}),
    "read_status": lambda api, r: api.read_status(r, SHA, "ci/build"),
    "files of a pull request": lambda api, r: api.files(GitChange(r, 7)),
    "files between commits": lambda api, r: api.files(GitChange(r, base=OLD, head=SHA)),
    "permission": lambda api, r: api.permission(r, HostUser("alice", 5)),
    "permission by name": lambda api, r: api.permission(r, HostUser("alice")),
    "pull_request": lambda api, r: api.pull_request(r, 7),
    "failed_deliveries": lambda api, r: api.failed_deliveries(r, "3", 0.0),
    "redeliver": lambda api, r: api.redeliver(r, "3", "9"),
    "create_hook": lambda api, r: api.create_hook(r, "https://e.example", "hush", ("push",)),
    "ping": lambda api, r: api.ping(r, "3"),
}
WORDS = [
    *("id", "sha", "state", "status", "context", "name", "values", "value", "files", "filename", "next"),
    *("permission", "head", "base", "ref", "repo", "user", "login", "number", "iid", "diffs", "new_path"),
    *("author", "username", "access_level", "guid", "delivered_at", "status_code", "changes", "item", "path"),
    *("changeEntries", "commits", "hash", "source", "destination", "fromRef", "toRef", "response_status"),
    *("request_headers", "project", "isLastPage", "nextPageStart", "pullRequestId", "changes_count", "url"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from([SHA, "ci/build", "success", "active", "admin", "7", "https://elsewhere.example/x"])
    | st.just(7)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "link": st.sampled_from(['<https://e/x?page=2>; rel="next"', "<[>; rel=next", 'x; rel="next"', ",;"]),
        "retry-after": st.text(max_size=6) | st.sampled_from(["5", "99999999999", "Fri, 99 Foo 2027"]),
        "x-ratelimit-remaining": st.just("0"),
        "x-ratelimit-reset": st.text(max_size=14),
        "date": st.text(max_size=8) | st.just("Fri, 15 Jan 2027 08:00:00 GMT"),
    },
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=12)
RESPONSES = st.builds(
    HostResponse,
    st.sampled_from([200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503]),
    HEADERS,
    BODIES,
)


@pytest.mark.parametrize("host", APIS)
@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=40)
@given(answers=st.lists(RESPONSES, min_size=1, max_size=6))
def test_any_answer_is_a_value_or_an_error_of_the_host(host, call, answers):
    base = PUBLIC_URLS[host] or "https://git.example"
    api = APIS[host](base)
    left = list(answers)

    def answer(request):
        assert request.url.startswith((f"{api.url}/", f"{api.url}?"))
        assert "/../" not in request.url
        return left.pop(0) if len(left) > 1 else left[0]

    said = ""
    try:
        converse(CALLS[call](api, "group/app"), answer)
    except HostError as error:
        said = str(error)
    assert "hush" not in said
    assert len(said) < 300


@pytest.mark.parametrize("host", APIS)
@given(
    repository=st.text(max_size=30),
    sha=st.text(max_size=42),
    login=st.text(max_size=30),
    context=st.text(max_size=300),
)
def test_any_name_stays_one_part_of_the_path(host, repository, sha, login, context):
    api = APIS[host]("https://git.example")

    def answer(request):
        path = request.url.removeprefix(f"{api.url}/").partition("?")[0]
        assert request.url.isascii()
        assert request.url.isprintable()
        assert not {" ", "#", "\\"} & set(request.url)
        assert not {".", ".."} & set(path.split("/"))
        return HostResponse(200, {}, b"{}")

    for exchange in (
        api.permission(repository, HostUser(login)),
        api.read_status(repository, sha, context),
        api.read_status("group/app", SHA, context),
        api.permission("group/app", HostUser(login, login)),
    ):
        with contextlib.suppress(HostError):
            converse(exchange, answer)


@pytest.mark.parametrize("host", APIS)
def test_every_host_says_why_it_cannot(host):
    api = APIS[host]("https://git.example")
    assert api.type == host
    for method, reason in api.cannot.items():
        assert hasattr(api, method)
        assert len(reason) > 20
    lists = "failed_deliveries" not in api.cannot
    assert lists is (api.keeps_deliveries > 0) is (api.most_redeliveries > 0)
