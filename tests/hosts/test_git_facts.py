"""Git facts of every host's captured deliveries, and of the payloads in which hosts differ most."""

import copy
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.samples.loading import Sample, samples

from triggerfish.events.environment import metadata
from triggerfish.expressions import ExpressionError, compile, metadata_environment  # noqa: A004
from triggerfish.hosts import WithGit, facts
from triggerfish.hosts.registry import HOSTS

SELECTOR = 'git.event == "push" && git.branch == "main" && any(git.files ?? [], # startsWith "docs/")'
SENT = [one for one in samples() if one.sender in {host.type for host in HOSTS}]


def payload(sample: Sample) -> Any:
    body = sample.delivery.body
    if body.startswith(b"payload="):
        body = parse_qs(body.decode())["payload"][0].encode()
    return json.loads(body)


def headers(sample: Sample) -> dict[str, list[str]]:
    return metadata((name, value) for name, value in sample.delivery.headers)


def one(host: str, name: str) -> Any:
    return next(payload(sample) for sample in SENT if str(sample) == f"{host}/{name}")


def changed(document: Any, *path: Any, to: Any) -> Any:
    """A copy of a payload with one value replaced."""
    made = copy.deepcopy(document)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return made


KINDS = {
    "push": ("push", "updated"),
    "tag": ("tag", "created"),
    "pull_request": ("pull_request", "opened"),
    "ping": ("ping", None),
}


@pytest.mark.parametrize("sample", SENT, ids=str)
def test_every_delivery_of_every_host_reads_the_same(sample):
    found = facts(payload(sample), headers(sample))
    assert found is not None
    kind = next(
        (KINDS[name] for name in ("pull_request", "push", "tag", "ping") if sample.name.startswith(name)),
        None,
    )
    assert (found["event"], found["action"]) == (kind or sample.git)
    if found["event"] in ("push", "tag", "pull_request"):
        assert found["repository"] == sample.repository
        assert found["url"].startswith("https://")
        assert len(found["sha"]) >= 12
        assert found["author"]
        assert found["fork"] is sample.name.endswith("_fork")
    if found["event"] == "push":
        assert (found["branch"], found["tag"], found["base"]) == ("main", None, None)
    if found["event"] == "tag":
        assert found["tag"].startswith("v1.")
        assert found["branch"] is None
    if found["event"] == "pull_request":
        assert found["base"] == "main"
        assert found["branch"] not in (None, "main")
        assert found["number"] > 0


@pytest.mark.parametrize(
    "sample", [each for each in SENT if each.name in ("push", "tag", "pull_request_fork")], ids=str
)
def test_the_payload_alone_is_enough(sample):
    assert facts(payload(sample), {}) == facts(payload(sample), headers(sample))


@pytest.mark.parametrize(
    ("host", "files"),
    [
        pytest.param("github", ["docs/new.md", "README.md", "old.txt"], id="github"),
        pytest.param("gitea", ["a.txt", "docs/index.md"], id="gitea"),
        pytest.param("gitlab", ["CHANGELOG", "app/controller/application.rb"], id="gitlab"),
        pytest.param("bitbucket", None, id="bitbucket does not send them"),
        pytest.param("bitbucketserver", None, id="bitbucketserver does not send them"),
        pytest.param("azuredevops", None, id="azuredevops does not send them"),
    ],
)
def test_files_of_a_push(host, files):
    assert facts(one(host, "push"), {})["files"] == files


NONE = "0" * 40


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            changed(changed(one("github", "push"), "after", to=NONE), "deleted", to=True),
            {"event": "push", "action": "deleted", "sha": None},
            id="github: a branch is deleted",
        ),
        pytest.param(
            changed(one("github", "push"), "before", to=NONE),
            {"action": "created"},
            id="github: a new branch",
        ),
        pytest.param(
            changed(one("github", "pull_request"), "action", to="synchronize"),
            {"action": "updated"},
            id="github: new commits",
        ),
        pytest.param(
            changed(one("gitea", "pull_request"), "action", to="synchronized"),
            {"action": "updated"},
            id="gitea: new commits",
        ),
        pytest.param(
            changed(
                changed(one("github", "pull_request"), "action", to="closed"),
                "pull_request",
                "merged",
                to=True,
            ),
            {"action": "merged"},
            id="github: merged",
        ),
        pytest.param(
            changed(one("github", "pull_request"), "action", to="labeled"),
            {"action": "labeled"},
            id="github: its own word",
        ),
        pytest.param(
            changed(one("github", "pull_request"), "pull_request", "head", "repo", to=None),
            {"fork": True},
            id="github: a head whose repository is gone counts as a stranger's",
        ),
        pytest.param(
            {
                "action": "created",
                "issue": {"number": 42, "pull_request": {}},
                "comment": {"user": {"login": "mona"}},
                "repository": {"full_name": "octo/hello-world"},
                "sender": {"login": "mona"},
            },
            {
                "event": "comment",
                "action": "created",
                "number": 42,
                "author": "mona",
                "fork": None,
                "sha": None,
            },
            id="github: a comment does not say where the commits come from",
        ),
        pytest.param(
            {"ref": "v1", "ref_type": "tag", "repository": {"full_name": "a/b"}, "sender": {"login": "x"}},
            {"event": "other", "tag": None},
            id="github: create comes beside a push, and is none",
        ),
        pytest.param(
            changed(one("gitea", "push"), "total_commits", to=50),
            {"files": None},
            id="gitea: not all commits are sent",
        ),
        pytest.param(
            changed(one("gitlab", "push"), "total_commits_count", to=50),
            {"files": None},
            id="gitlab: not all commits are sent",
        ),
        pytest.param(
            changed(one("gitlab", "tag"), "after", to="a" * 40),
            {"event": "tag", "sha": "7d0c4b1a2f3e5d6c8b9a0f1e2d3c4b5a69788796"},
            id="gitlab: the commit of an annotated tag",
        ),
        pytest.param(
            changed(one("gitlab", "pull_request"), "object_attributes", "action", to="update"),
            {"action": "edited"},
            id="gitlab: an update without new commits",
        ),
        pytest.param(
            changed(
                changed(one("gitlab", "pull_request"), "object_attributes", "action", to="update"),
                "object_attributes",
                "oldrev",
                to="b" * 40,
            ),
            {"action": "updated"},
            id="gitlab: new commits",
        ),
        pytest.param(
            changed(one("gitlab", "pull_request"), "object_attributes", "source_project_id", to=None),
            {"fork": True},
            id="gitlab: a source that is gone counts as a stranger's",
        ),
        pytest.param(
            {
                "object_kind": "note",
                "user": {"username": "jsmith"},
                "project": {"path_with_namespace": "mike/diaspora"},
                "object_attributes": {"note": "/deploy"},
                "merge_request": {
                    "iid": 7,
                    "source_project_id": 9,
                    "target_project_id": 15,
                    "source_branch": "x",
                },
            },
            {"event": "comment", "action": "create", "number": 7, "fork": True, "branch": "x"},
            id="gitlab: a comment on a merge request of a fork",
        ),
        pytest.param(
            changed(one("bitbucket", "pull_request"), "pullrequest", "state", to="MERGED"),
            {"action": "merged"},
            id="bitbucket: merged, without its header",
        ),
        pytest.param(
            changed(one("bitbucket", "push"), "push", "changes", 0, "new", to=None),
            {"event": "push", "action": "deleted", "branch": "main", "sha": None},
            id="bitbucket: a branch is deleted",
        ),
        pytest.param(
            changed(one("bitbucketserver", "pull_request"), "eventKey", to="pr:from_ref_updated"),
            {"event": "pull_request", "action": "updated"},
            id="bitbucketserver: new commits",
        ),
        pytest.param(
            changed(one("bitbucketserver", "pull_request"), "eventKey", to="pr:comment:added"),
            {"event": "comment", "action": "added", "number": 11},
            id="bitbucketserver: a comment",
        ),
        pytest.param(
            changed(
                changed(one("azuredevops", "pull_request"), "eventType", to="git.pullrequest.updated"),
                "resource",
                "status",
                to="completed",
            ),
            {"event": "pull_request", "action": "merged"},
            id="azuredevops: merged",
        ),
        pytest.param(
            {
                "eventType": "ms.vss-code.git-pullrequest-comment-event",
                "publisherId": "tfs",
                "resource": {
                    "comment": {"author": {"uniqueName": "jamal@fabrikam.example"}},
                    "pullRequest": one("azuredevops", "pull_request_fork")["resource"],
                },
            },
            {"event": "comment", "action": "created", "number": 1, "fork": True},
            id="azuredevops: a comment",
        ),
    ],
)
def test_where_hosts_differ(document, expected):
    found = facts(document, {})
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "document",
    [None, [], "push", 3, {}, {"ref": "refs/heads/main"}, {"repository": None}, {"message": "hello"}],
    ids=repr,
)
def test_what_no_host_sends_has_no_facts(document):
    assert facts(document, {}) is None


def test_one_selector_serves_every_host():
    documents = one("github", "push")
    assert compile(SELECTOR, names=("git",)).evaluate(WithGit(payload=documents, metadata={})) is True
    for host in ("gitlab", "bitbucket", "azuredevops", "bitbucketserver"):
        environment = WithGit(payload=one(host, "push"), metadata={})
        assert compile(SELECTOR).evaluate(environment) is False
        assert compile('git.event == "push" && git.branch == "main"').evaluate(environment) is True


def test_git_costs_nothing_until_it_is_asked_for_and_is_worked_out_once():
    environment = WithGit(payload=one("github", "push"), metadata={})
    environment["event"] = environment
    compile('payload.ref != ""').evaluate(environment)
    assert list(environment) == ["payload", "metadata", "event"]
    assert (
        compile('event.git.branch + "-" + sprig.upper(git.branch)').evaluate(
            metadata_environment(environment)
        )
        == "main-MAIN"
    )
    assert environment["git"] is environment["git"]
    assert compile('git.branch == "main"', "cel").evaluate(environment) is True


def test_git_of_another_payload_is_other_and_a_name_there_is_not_stays_unknown():
    environment = WithGit(payload={"message": "hello"}, metadata={})
    assert (
        compile('git.event == "other" && git.branch == nil && git.fork == nil').evaluate(environment) is True
    )
    with pytest.raises(ExpressionError, match="unknown name gti"):
        compile("gti.event").evaluate(environment)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.text(max_size=4)
    | st.sampled_from(["refs/heads/x", NONE]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=600, deadline=None)
@given(
    sample=st.sampled_from(SENT),
    steps=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    value=json_values,
)
def test_whatever_a_payload_holds_nothing_is_raised(sample, steps, value):
    document = payload(sample)
    inner, key = {"": document}, ""
    for step in steps:
        below = inner[key]
        keys = (
            sorted(below)
            if isinstance(below, dict)
            else list(range(len(below)))
            if isinstance(below, list)
            else []
        )
        if not keys:
            break
        inner, key = below, keys[step % len(keys)]
    inner[key] = value
    found = facts(document, {})
    assert found is None or found["event"] in {
        "push",
        "tag",
        "pull_request",
        "comment",
        "release",
        "ping",
        "other",
    }
    assert found is None or all(
        item is None or isinstance(item, (str, int, bool, list)) for item in found.values()
    )
