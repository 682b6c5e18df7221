"""Facts that a payload lacks: which of them the bindings need, and what is said of those that do not come."""

import pytest
from tests.events.test_plan import NOW, binding

from triggerfish.events import deliveries
from triggerfish.events.answer import EventOutcome, body, failed
from triggerfish.events.deliveries import Delivered
from triggerfish.events.environment import Event, environment
from triggerfish.events.match import Explainer, completed, event_budget, match, reason
from triggerfish.events.needs import Asked, Learned, Withheld, asked_of, lacking, learned, needed
from triggerfish.events.plan import BindingFailure
from triggerfish.hosts import facts_of
from triggerfish.hosts.facts import Facts
from triggerfish.workflows.labels import Creator

A, B = "a" * 40, "b" * 40
REPOSITORY = {"full_name": "o/r", "clone_url": "https://git.example.com/o/r.git", "node_id": "x"}
GITHUB = {"repository": REPOSITORY, "sender": {"login": "mona"}}
PULL = {
    "number": 7,
    "user": {"login": "mona"},
    "head": {"sha": A, "ref": "topic", "repo": {"full_name": "o/r"}},
    "base": {"ref": "main", "repo": {"full_name": "o/r"}},
}
COMMENT = {
    **GITHUB,
    "action": "created",
    "issue": {"number": 7, "pull_request": {"url": "https://api.example.com/7"}},
    "comment": {"body": "/retest", "user": {"login": "mona"}},
}
ON_ISSUE = {**COMMENT, "issue": {"number": 7}}
OPENED = {**GITHUB, "action": "opened", "pull_request": PULL}
FEW = [{"added": ["a"], "modified": [], "removed": []}]
PUSHED = {**GITHUB, "ref": "refs/heads/main", "before": A, "after": B, "commits": FEW}
HEAD = {"sha", "branch", "base", "fork", "source", "source_url"}


@pytest.mark.parametrize(
    ("payload", "facts"),
    [
        pytest.param(COMMENT, HEAD | {"permission", "files"}, id="a comment on a pull request of GitHub"),
        pytest.param(
            {**COMMENT, "issue": {"number": 7}, "is_pull": True},
            HEAD | {"permission", "files"},
            id="one of Gitea",
        ),
        pytest.param(ON_ISSUE, {"permission"}, id="on an issue: it has no commit"),
        pytest.param({**COMMENT, "pull_request": PULL}, {"permission", "files"}, id="with its pull request"),
        pytest.param(OPENED, {"permission", "files"}, id="a pull request has no files"),
        pytest.param(PUSHED, {"permission"}, id="a push has its files"),
        pytest.param({**PUSHED, "total_commits": 99}, {"permission", "files"}, id="a long push has not"),
        pytest.param({**PUSHED, "ref": "refs/tags/v1", "commits": None}, {"permission"}, id="a tag"),
        pytest.param({**PUSHED, "sender": None}, set(), id="nobody has no permission"),
        pytest.param({"zen": "", "hook_id": 1}, set(), id="a ping"),
        pytest.param({"message": "hello"}, set(), id="no host's payload"),
        pytest.param(
            {
                "object_kind": "note",
                "project": {"path_with_namespace": "g/p"},
                "user": {"username": "mona", "id": 5},
                "object_attributes": {"note": "/retest"},
                "merge_request": {
                    "iid": 3,
                    "source_branch": "topic",
                    "target_branch": "main",
                    "last_commit": {"id": A},
                },
            },
            {"permission", "files"},
            id="a comment of GitLab tells its commit",
        ),
        pytest.param(
            {
                "eventType": "git.pullrequest.created",
                "publisherId": "tfs",
                "resource": {
                    "pullRequestId": 7,
                    "repository": {"name": "r", "project": {"name": "p"}},
                    "createdBy": {"uniqueName": "mona"},
                },
            },
            HEAD | {"permission", "files"},
            id="an event of Azure DevOps without details",
        ),
    ],
)
def test_what_a_payload_lacks_and_its_host_knows(payload, facts):
    assert lacking(facts_of(payload, {})) == facts


def test_what_a_payload_tells_of_a_pull_request_is_not_asked_for():
    found = Facts(event="comment", repository="o/r", author="mona", number=7, pull=True, branch="topic")
    assert lacking(found) == {"permission", "sha", "base", "fork", "source", "source_url", "files"}


@pytest.mark.parametrize(
    ("payload", "author"),
    [
        pytest.param(
            {"object_kind": "note", "project": {}, "user": {"username": "mona", "id": 5}}, 5, id="gitlab note"
        ),
        pytest.param(
            {"object_kind": "push", "user_username": "mona", "user_id": 5, "ref": "refs/heads/x"},
            5,
            id="gitlab push",
        ),
        pytest.param(
            {"object_kind": "push", "user_name": "Mona", "user_id": 5}, None, id="a name that is no user name"
        ),
        pytest.param(
            {
                "actor": {"nickname": "max", "uuid": "{m}"},
                "repository": {"full_name": "o/r"},
                "pullrequest": {"author": {"nickname": "mona", "uuid": "{u}"}},
            },
            "{u}",
            id="bitbucket: of the author, not of who acted",
        ),
        pytest.param(
            {
                "actor": {"nickname": "max", "uuid": "{m}"},
                "repository": {"full_name": "o/r"},
                "comment": {},
                "pullrequest": {"author": {"nickname": "mona", "uuid": "{u}"}},
            },
            "{m}",
            id="bitbucket: of who comments",
        ),
    ],
)
def test_an_author_is_asked_about_by_the_id_that_stands_beside_the_name(payload, author):
    assert facts_of(payload, {}).author_id == author


@pytest.mark.parametrize("hidden", ["occurred", "pull", "author_id", "installation"])
def test_what_is_for_asking_alone_is_in_no_expression(hidden):
    assert hidden not in facts_of({**COMMENT, "installation": {"id": 5}}, {}).as_json()


def test_the_installation_of_an_app_is_known():
    assert facts_of({**COMMENT, "installation": {"id": 5}}, {}).installation == 5


def needs_of(payload, *bindings):
    event = Event("ns", "", payload, {}, Creator(), b"k" * 32, repeatable=True, received=NOW)
    unknown = lacking(facts_of(payload, {}))
    return completed(needed(bindings, environment(event), unknown, NOW, event.key, event_budget()))


RETEST = 'git.event == "comment" && git.command == "retest" && git.permission in ["admin", "write"]'


def with_sha(selector, **more):
    return binding(
        selector,
        submit={"arguments": {"parameters": [{"name": "m", "valueFrom": {"event": "git.sha"}}]}},
        **more,
    )


@pytest.mark.parametrize(
    ("payload", "bound", "needs"),
    [
        pytest.param(COMMENT, binding(RETEST), {"permission"}, id="the selector's"),
        pytest.param(COMMENT, with_sha(RETEST), {"permission", "sha"}, id="and the arguments'"),
        pytest.param(COMMENT, with_sha("true"), {"sha"}, id="the arguments' alone"),
        pytest.param(
            COMMENT, with_sha('git.event == "push"'), set(), id="of a binding that does not match: none"
        ),
        pytest.param(OPENED, with_sha(RETEST), set(), id="of another event: none"),
        pytest.param(
            COMMENT,
            binding('git.permission == "write" && git.command == "cancel"'),
            set(),
            id="the other side of && is false: none",
        ),
        pytest.param(OPENED, with_sha("true"), set(), id="the payload tells it"),
        pytest.param(
            OPENED,
            binding('any(git.files, # startsWith "docs/")'),
            {"files"},
            id="the files of a pull request",
        ),
        pytest.param(PUSHED, binding('any(git.files, # startsWith "docs/")'), set(), id="those of a push"),
        pytest.param(COMMENT, binding('payload.comment.body == "/retest"'), set(), id="no fact is read"),
        pytest.param(COMMENT, binding("git."), set(), id="a selector that cannot be read"),
        pytest.param(
            COMMENT,
            binding("git.permission == 'write'", dialect="cel"),
            {"permission"},
            id="in CEL",
        ),
        pytest.param(
            COMMENT,
            binding("true", annotations={"triggerfish.dev/deduplication-key": "git.sha"}),
            {"sha"},
            id="an annotation's",
        ),
        pytest.param(
            COMMENT,
            binding("true", submit={"metadata": {"labels": {"a": "git.base"}}}),
            {"base"},
            id="a label's",
        ),
    ],
)
def test_what_a_binding_needs(payload, bound, needs):
    assert needs_of(payload, bound) == needs


def test_all_bindings_together_ask_once():
    needs = needs_of(COMMENT, binding(RETEST), with_sha("true", name="c"), with_sha("false", name="d"))
    assert needs == {"permission", "sha"}
    assert asked_of(needs) == (Asked.PERMISSION, Asked.PULL_REQUEST)


def outcome(bound, answers, payload=COMMENT):
    """What becomes of one binding when the host has answered."""
    event = Event("ns", "", payload, {}, Creator(), b"k" * 32, repeatable=True, received=NOW)
    names = environment(event)
    came = learned(needs_of(payload, bound), answers)
    names["git"] = came.completed(names["git"])
    found = match([bound], names, NOW, event.key)
    failures = tuple(BindingFailure(each, "failed to evaluate") for each in found.matched)
    explain = came.noted(Explainer(names, NOW, event.key))
    return EventOutcome((), (), failures, (), found.others, found.faulty, explain, learned=came)


REFUSED = Withheld("GitHub answered 403")


@pytest.mark.parametrize(
    ("bound", "answers", "told"),
    [
        pytest.param(
            binding(RETEST),
            {Asked.PERMISSION: REFUSED},
            'git.permission in ["admin", "write"] is false: git.permission is nil: GitHub answered 403',
            id="false: the value says why",
        ),
        pytest.param(
            binding('any(git.files, # == "a")'),
            {Asked.FILES: REFUSED},
            "git.files is nil: GitHub answered 403",
            id="it fails: beside it",
        ),
        pytest.param(
            binding('git.sha[:7] == "x"'),
            {Asked.PULL_REQUEST: REFUSED},
            "git.sha is nil: GitHub answered 403",
            id="a part",
        ),
        pytest.param(
            binding("git.permission == 'write'", dialect="cel"),
            {Asked.PERMISSION: REFUSED},
            "git.permission is nil: GitHub answered 403",
            id="in CEL",
        ),
    ],
)
def test_the_reason_says_why_a_fact_is_nil(bound, answers, told):
    [verdict] = body([outcome(bound, answers)], "full")["bindings"]
    assert verdict["matched"] is False
    assert told in verdict["reason"]
    assert verdict["reason"].count("is nil: GitHub answered 403") == 1


def test_a_match_that_fails_says_it_too():
    found = outcome(with_sha("true"), {Asked.PULL_REQUEST: REFUSED})
    answered = body([found], "full")
    assert answered["bindings"][0]["error"] == "failed to evaluate; git.sha is nil: GitHub answered 403"
    assert "git.sha is nil: GitHub answered 403" in failed([found], answered)["message"]


def test_what_came_is_in_the_answer_and_in_the_record():
    files = {Asked.PERMISSION: "write", Asked.FILES: ["a", "b"], Asked.PULL_REQUEST: REFUSED}
    came = learned(frozenset({"permission", "files", "sha"}), files)
    assert came.shown == {"files": "a list of 2", "permission": '"write"', "sha": "nil: GitHub answered 403"}
    found = EventOutcome((), (), (), (), (), (), lambda _: None, learned=came)
    assert body([found], "summary")["facts"] == came.shown
    line = deliveries.line(Delivered(NOW, "d", "github", "comment", "nothing", (), facts=came.shown))
    [record] = deliveries.read("ns", {"a": line.text}, since=NOW)
    assert record["facts"] == came.shown


@pytest.mark.parametrize("written", ["[]", '"x"', '{"a": 1}', '{"a": ["b"]}'])
def test_a_record_that_anybody_has_written_has_texts_alone(written):
    line = deliveries.line(Delivered(NOW, "d", "github", "comment", "nothing", (), facts={"a": "b"})).text
    [record] = deliveries.read("ns", {"a": line.replace('{"a":"b"}', written)}, since=NOW)
    assert record["facts"] == {}


def test_an_event_that_needs_nothing_has_no_facts_in_its_answer():
    found = outcome(binding('git.event == "push"'), {})
    assert found.learned == Learned()
    assert "facts" not in body([found], "full")


def test_the_tree_says_why():
    found = outcome(binding(RETEST), {Asked.PERMISSION: REFUSED})
    [other] = found.others
    told = found.explain(other)
    assert reason(told).endswith("git.permission is nil: GitHub answered 403")
    [part] = told.parts[-1].parts
    assert (part.text, part.note) == ("git.permission", "GitHub answered 403")


def test_the_host_s_answer_decides():
    assert outcome(binding(RETEST), {Asked.PERMISSION: "write"}).failures
    assert outcome(binding(RETEST), {Asked.PERMISSION: "read"}).others
