"""A delivery asks its Git host for facts: when it must, once, and nobody else."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests.hosts.fake_hosts import Before, answered, credential
from tests.runtime.test_callers import Key
from tests.simulation.events_world import START, Api, store_of
from tests.support.hosted import COMMENT, REPOSITORY, A, B, Hosted, comment, pull_request

from triggerfish.errors import AnswerError, HostRefused, HostUnanswered
from triggerfish.events.environment import Event, Origin
from triggerfish.events_function.facts import ASK_SECONDS, Inquiry
from triggerfish.events_function.hosting import NotEntitled, entitlement
from triggerfish.hosts import facts_of
from triggerfish.workflows.labels import Creator

RETEST = 'git.event == "comment" && git.command == "retest" && git.permission in ["admin", "write"]'
PERMISSION = "/repos/org/app/collaborators/mona/permission"


@pytest.fixture
def place():
    found = Hosted(delivery_record=20)
    found.host.permissions["org/app", "mona"] = "write"
    found.host.pull("org/app", 7)
    found.host.files["org/app", 7] = ["docs/a.md"]
    return found


async def test_a_comment_by_somebody_with_rights_runs_the_head_of_its_pull_request(place):
    place.bind(RETEST, parameter="git.sha")
    answer = await place.send(COMMENT)
    assert (answer.status, place.parameters) == (200, ["1a" * 20])
    assert sorted(place.calls) == [PERMISSION, "/repos/org/app/pulls/7"]
    assert answer.body["facts"] == {"permission": '"write"', "sha": f'"{"1a" * 20}"'}


@pytest.mark.parametrize(
    ("payload", "event", "by_anybody"),
    [
        pytest.param(COMMENT, "issue_comment", True, id="a comment"),
        pytest.param(pull_request(source="max/app"), "pull_request", True, id="a fork's pull request"),
        pytest.param(pull_request(), "pull_request", False, id="a pull request of the repository's own"),
    ],
)
async def test_what_anybody_can_cause_is_told_apart_from_the_rest(place, payload, event, by_anybody):
    place.bind('git.permission == "write"')
    await place.send(payload, event=event)
    assert place.hosts.by_anybody == [by_anybody]


async def test_a_comment_by_somebody_without_rights_runs_nothing(place):
    place.host.permissions["org/app", "mona"] = "read"
    place.bind(RETEST)
    answer = await place.send(COMMENT)
    [told] = answer.body["bindings"]
    assert (answer.status, place.workflows) == (200, [])
    assert told["reason"] == 'git.permission in ["admin", "write"] is false: git.permission is "read"'


async def test_the_files_of_a_pull_request_are_a_filter(place):
    place.bind('any(git.files, # startsWith "docs/")', name="docs", parameter='join(git.files, " ")')
    place.bind('any(git.files, # startsWith "src/")', name="src")
    await place.send(pull_request(), event="pull_request")
    assert place.parameters == ["docs/a.md"]
    [call] = place.calls
    assert call.startswith("/repos/org/app/pulls/7/files")


async def test_a_long_push_is_compared(place):
    place.host.compared["org/app", f"{A}...{B}"] = ["docs/a.md"]
    push = {"ref": "refs/heads/main", "before": A, "after": B, "commits": [], "total_commits": 99}
    place.bind('"docs/a.md" in git.files')
    await place.send({**push, "repository": REPOSITORY, "sender": {"login": "mona"}}, event="push")
    assert len(place.workflows) == 1


async def test_many_bindings_ask_once(place):
    for number in range(5):
        place.bind(RETEST, name=f"b{number}", parameter="git.sha + git.base")
    await place.send(COMMENT)
    assert len(place.workflows) == 5
    assert len(place.calls) == 2


@pytest.mark.parametrize(
    ("selector", "payload", "event"),
    [
        pytest.param(RETEST, pull_request(), "pull_request", id="another event"),
        pytest.param(RETEST, comment("/cancel"), "issue_comment", id="another command"),
        pytest.param(
            'git.permission == "write" && git.command == "cancel"', COMMENT, "issue_comment", id="behind"
        ),
        pytest.param('git.event == "comment"', COMMENT, "issue_comment", id="no such fact"),
        pytest.param(
            'git.sha != nil && git.base == "main"', pull_request(), "pull_request", id="in the payload"
        ),
        pytest.param('payload.comment.body != ""', COMMENT, "issue_comment", id="no fact"),
        pytest.param("git.", COMMENT, "issue_comment", id="a selector with a mistake"),
        pytest.param(
            'git.sha == "x"', {**COMMENT, "issue": {"number": 7}}, "issue_comment", id="a comment on an issue"
        ),
    ],
)
async def test_what_does_not_decide_is_not_asked_for(place, selector, payload, event):
    place.bind(selector)
    answer = await place.send(payload, event=event)
    assert (answer.status, place.calls, place.opened) == (200, [], 0)
    assert "facts" not in answer.body


ELSEWHERE = {**COMMENT, "repository": {**REPOSITORY, "full_name": "stranger/app"}}
GITLAB = {
    "object_kind": "note",
    "project": {"path_with_namespace": "org/app"},
    "user": {"username": "mona", "id": 5},
    "object_attributes": {"note": "/retest", "action": "create"},
    "merge_request": {"iid": 7},
}
AZURE = {
    "eventType": "ms.vss-code.git-pullrequest-comment-event",
    "publisherId": "tfs",
    "resource": {
        "comment": {"content": "/retest", "author": {"uniqueName": "mona"}},
        "pullRequest": {"pullRequestId": 7},
    },
}


@pytest.mark.parametrize(
    ("client", "known", "payload", "sender", "reason"),
    [
        pytest.param(
            {"type": "github"},
            credential(),
            COMMENT,
            "github",
            "has no repositories",
            id="the client names none",
        ),
        pytest.param(
            {"type": "github", "repositories": ["org/other"]},
            credential(),
            COMMENT,
            "github",
            "is not for org/app",
            id="another repository than the client's",
        ),
        pytest.param(
            {"type": "github", "repositories": ["*"]},
            credential(repositories=["org/other"]),
            COMMENT,
            "github",
            "no credential of github is for org/app",
            id="another repository than the credential's",
        ),
        pytest.param(
            {"type": "github", "repositories": ["org/*"]},
            credential(),
            ELSEWHERE,
            "github",
            "is not for stranger/app",
            id="a payload that names a foreign repository",
        ),
        pytest.param(
            {"type": "github", "repositories": ["org/*"]},
            credential(kind="gitea", url="https://git.example.com"),
            COMMENT,
            "github",
            "no credential of github",
            id="a credential of another host",
        ),
        pytest.param(
            {"type": "hmac", "header": "X-Mine", "repositories": ["*"]},
            credential(),
            COMMENT,
            "hmac",
            "no webhook client of a Git host",
            id="a generic client",
        ),
        pytest.param(
            {"type": "github", "repositories": ["*"]},
            credential(kind="gitlab"),
            GITLAB,
            "github",
            "the payload is not one of github",
            id="another host's payload, signed by a client of this one",
        ),
        pytest.param(
            {"type": "gitlab", "repositories": ["*"]},
            credential(),
            COMMENT,
            "gitlab",
            "the payload is not one of gitlab",
            id="this host's payload, signed by a client of another",
        ),
    ],
)
async def test_who_may_not_ask_makes_no_call(client, known, payload, sender, reason):
    place = Hosted(known, clients={"github.com": client})
    place.bind('git.permission == "write"')
    answer = await place.send(payload, sender=sender)
    [told] = answer.body["bindings"]
    assert (answer.status, place.hosts.calls, place.workflows) == (200, [], [])
    assert "git.permission is nil: " in told["reason"]
    assert reason in told["reason"]


async def test_an_event_with_a_token_asks_nothing(place):
    place.bind('git.permission == "write"')
    given = await Api(place.model, place.clock).own.request_token("team", "github.com", seconds=600)
    token = given["status"]["token"]
    answer = await place.raw(json.dumps(COMMENT).encode(), ("Authorization", f"Bearer {token}"))
    assert (answer.status, place.hosts.calls) == (200, [])
    assert "no webhook client of a Git host has signed the event" in answer.body["bindings"][0]["reason"]


async def test_a_forged_signature_asks_nothing(place):
    place.bind(RETEST)
    assert (await place.send(COMMENT, secret="guessed")).status == 401
    assert (place.hosts.calls, place.opened) == ([], 0)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(answered({}, 403), "GitHub answered 403", id="403"),
        pytest.param(answered({}, 401), "GitHub answered 401", id="401"),
        pytest.param(answered({}, 404), "GitHub answered 404", id="404"),
        pytest.param(
            HostRefused("GitHub has too many pages"), "GitHub has too many pages", id="too many pages"
        ),
    ],
)
async def test_what_the_host_refuses_is_nil_and_the_reason_says_so(place, fault, reason):
    place.bind(RETEST)
    place.hosts.faults = [Before(fault)]
    answer = await place.send(COMMENT)
    [told] = answer.body["bindings"]
    assert (answer.status, place.workflows) == (200, [])
    assert told["reason"].endswith(f"git.permission is nil: {reason}")
    for _ in range(200):
        await asyncio.sleep(0)
    [record] = place.recorded
    assert record["facts"] == {"permission": f"nil: {reason}"}
    assert record["bindings"][0]["reason"] == told["reason"]


async def test_a_workflow_that_lacks_a_fact_says_so(place):
    place.bind('git.event == "comment"', parameter="git.sha")
    place.hosts.faults = [Before(answered({}, 403))]
    answer = await place.send(COMMENT)
    assert place.parameters == ["null"]
    assert answer.body["bindings"][0]["reason"] == "git.sha is nil: GitHub answered 403"


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(HostUnanswered("GitHub did not answer in time"), 5, id="no answer"),
        pytest.param(HostUnanswered("GitHub answered 429", retry_after=17.2), 18, id="429"),
        pytest.param(HostUnanswered("GitHub answered 503", retry_after=0), 1, id="5xx"),
        pytest.param(HostUnanswered("GitHub answered 429", retry_after=9e9), 900, id="in a century"),
    ],
)
async def test_when_the_host_does_not_answer_the_delivery_comes_again(place, fault, seconds):
    place.bind(RETEST)
    place.bind("true", name="plain")
    place.hosts.faults = [Before(fault)]
    answer = await place.send(COMMENT)
    assert (answer.status, answer.body["code"]) == (503, 14)
    assert answer.headers["Retry-After"] == str(seconds)
    # None of them: a redelivery makes all.
    assert place.workflows == []
    assert "GitHub" not in json.dumps(answer.body)
    assert (await place.send(COMMENT)).status == 200
    assert len(place.workflows) == 2


async def test_a_credential_that_cannot_be_read_now_is_no_refusal(place):
    place.bind(RETEST)
    place.hosts.unreadable = HostUnanswered("the store does not answer")
    assert (await place.send(COMMENT)).status == 503
    place.hosts.unreadable = HostRefused("the function may not get secret triggerfish-hosts")
    answer = await place.send(COMMENT)
    assert "credentials: the function may not get secret" in answer.body["bindings"][0]["reason"]


def event_of(account):
    """The comment as GitHub's, signed by a client of that name."""
    origin = Origin("github", "issue_comment", "1", account)
    return Event("team", "", COMMENT, {}, Creator(), b"k" * 32, True, START, origin=origin)


@pytest.mark.parametrize(
    ("kind", "account", "reason"),
    [
        pytest.param(
            "gitea", "github.com", "there is no webhook client 'github.com' of github", id="another type"
        ),
        pytest.param("github", "other", "there is no webhook client 'other' of github", id="another name"),
        pytest.param("github", "", "no webhook client of a Git host has signed the event", id="nobody"),
    ],
)
async def test_the_client_that_signed_must_still_be_one_of_that_host(kind, account, reason):
    place = Hosted(clients={"github.com": {"type": kind, "repositories": ["*"]}})
    clients = store_of(Api(place.model, place.clock), place.clock)
    found = await entitlement(event_of(account), clients, place.hosts)
    assert isinstance(found, NotEntitled)
    assert found.reason == reason


async def test_the_same_question_is_asked_once(place):
    clients = store_of(Api(place.model, place.clock), place.clock)
    inquiry = Inquiry(event_of("github.com"), clients, place.hosts, place.clock)
    for _ in range(2):
        learned = await inquiry.learned(facts_of(COMMENT, {}), frozenset({"permission"}))
        assert learned.values == {"permission": "write"}
    assert place.calls == [PERMISSION]


async def test_all_questions_together_have_three_seconds(place):
    asked = []

    async def slow(credential, make, *, seconds, namespace="", installation=None, by_anybody=False):
        asked.append(seconds)
        # Not for ever, so that a bound that is missing fails the test.
        await asyncio.sleep(5)
        raise AssertionError("the questions have no end")

    place.hosts.ask = slow
    origin = Origin("github", "issue_comment", "1", "github.com")
    event = Event(
        "team", "", COMMENT, {}, Creator(), b"k" * 32, repeatable=True, received=START, origin=origin
    )
    clients = store_of(Api(place.model, place.clock), place.clock)
    inquiry = Inquiry(event, clients, place.hosts, place.clock, seconds=0.01)
    with pytest.raises(AnswerError) as caught:
        await inquiry.learned(facts_of(COMMENT, {}), frozenset({"permission", "sha"}))
    assert (caught.value.status, caught.value.reason) == (503, "GitHub did not answer within 0.01 s")
    assert asked == [pytest.approx(0.0095)] * 2
    assert ASK_SECONDS == 3


@pytest.mark.parametrize(
    ("pages", "status"),
    [pytest.param(3, 503, id="a host that stops answering"), pytest.param(6, 200, id="a list without end")],
)
async def test_a_list_that_takes_too_long_does_not_make_the_event_come_for_ever(place, pages, status):
    place.host.files["org/app", 7] = [f"file-{number}" for number in range(2000)]
    place.hosts.faults = [None] * pages + [Before(HostUnanswered("GitHub did not answer in time"))]
    place.bind('"docs/a.md" in git.files')
    answer = await place.send(pull_request(), event="pull_request")
    assert (answer.status, place.workflows) == (status, [])
    if status == 200:
        told = "git.files is nil: GitHub lists too many to be read in 3 s"
        assert told in answer.body["bindings"][0]["reason"]


async def test_the_installation_of_a_github_app_is_passed_on(place):
    place.bind(RETEST)
    await place.send({**COMMENT, "installation": {"id": 99}})
    assert place.hosts.installations == [99]


class Sink:
    """A broker that keeps what it gets."""

    def __init__(self):
        self.events = []

    async def forward(self, verified, secret):
        self.events.append(json.dumps(verified.cloud_event(secret)).encode())
        return True

    async def close(self):
        pass


async def test_a_delivery_through_a_broker_asks_when_it_comes_back():
    key, sink = Key("one"), Sink()
    place = Hosted(key=key, sink=sink)
    place.host.permissions["org/app", "mona"] = "admin"
    place.bind(RETEST)
    assert (await place.send(COMMENT)).status == 202
    assert place.hosts.calls == []
    place.clock.seconds[0] = datetime.now(UTC).timestamp() - place.clock.now().timestamp()
    headers = ("Content-Type", "application/cloudevents+json"), ("Authorization", f"Bearer {key.token()}")
    answer = await place.raw(sink.events[0], *headers, path="/internal/events")
    assert (answer.status, place.calls) == (200, [PERMISSION])
    assert len(place.workflows) == 1


def test_nothing_of_it_is_imported_before_a_delivery_asks():
    rooms = ("triggerfish.hosts.api", "triggerfish.hostapi", "triggerfish.events_function.facts")
    code = (
        "import sys; import triggerfish.events_function.service, triggerfish.events_function.dispatch;"
        f"print([each for each in sys.modules if each.startswith({rooms})])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
