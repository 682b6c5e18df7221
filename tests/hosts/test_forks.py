"""``git.fork`` fails closed: what a payload leaves out never makes a stranger's pull request one of ours."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from tests.hosts.test_git_docs import SELECTORS
from tests.hosts.test_git_facts import SENT, headers, payload

from triggerfish.expressions import compile as compile_expression
from triggerfish.hosts import WithGit, facts

GATE = "git.fork == false"
STRANGERS = {str(one): one for one in SENT if one.name == "pull_request_fork"}


def agit() -> dict[str, Any]:
    """A pull request that a stranger pushed to refs/for/main: its head is in the repository itself."""
    (found,) = (payload(one) for name, one in STRANGERS.items() if name == "gitea/pull_request_fork")
    pull = found["pull_request"]
    pull["head"] = pull["head"] | {"label": "", "ref": "refs/pull/7/head", "repo": pull["base"]["repo"]}
    return found


def comment(host: str) -> dict[str, Any]:
    """A comment on a fork's pull request, in each shape that carries the pull request."""
    pull = payload(STRANGERS[f"{host}/pull_request_fork"])
    if host == "gitlab":
        request = pull.pop("object_attributes")
        return pull | {"object_kind": "note", "merge_request": request, "object_attributes": {"note": "/x"}}
    if host == "azuredevops":
        kind = "ms.vss-code.git-pullrequest-comment-event"
        return pull | {"eventType": kind, "resource": {"comment": {}, "pullRequest": pull["resource"]}}
    if host == "bitbucketserver":
        return pull | {"eventKey": "pr:comment:added", "comment": {"text": "/x"}}
    return pull | {"action": "created", "comment": {"body": "/x", "content": {"raw": "/x"}}}


FORKS = {
    **{name: (payload(one), headers(one)) for name, one in STRANGERS.items()},
    "gitea/agit": (agit(), {"x-gitea-event": ["pull_request"]}),
    "forgejo/agit": (agit(), {"x-forgejo-event": ["pull_request"]}),
    **{f"{one.sender}/comment": (comment(one.sender), {}) for one in STRANGERS.values()},
}


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*path, key)
        yield from paths(below, (*path, key))


def without(document: Any, path: tuple[Any, ...], replacement: Any = ...) -> Any:
    """A copy without what is at a path, or with something smaller there."""
    made = copy.deepcopy(document)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if replacement is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = replacement
    return made


@pytest.mark.parametrize("name", FORKS)
def test_a_pull_request_of_a_stranger_is_one(name):
    document, metadata = FORKS[name]
    assert facts(document, metadata)["fork"] is True


@pytest.mark.parametrize("name", FORKS)
def test_less_of_a_payload_never_makes_a_stranger_one_of_us(name):
    document, metadata = FORKS[name]
    host = name.partition("/")[0]
    for path in paths(document):
        if host == "azuredevops" and path[-1] == "forkSource":
            # The only thing by which Azure DevOps tells a fork: see the next test.
            continue
        for replacement in (..., None, {}, []):
            spoilt = without(document, path, replacement)
            for kind in (metadata, {}):
                for sender in (host, ""):
                    found = facts(spoilt, kind, sender)
                    assert found is None or found["fork"] is not False, (path, replacement)
                    environment = WithGit(payload=spoilt, metadata=kind, sender=sender)
                    assert environment["git"]["fork"] is not False


@pytest.mark.parametrize("name", FORKS)
@pytest.mark.parametrize("selector", [one for one in SELECTORS if "fork" in one])
def test_the_gates_of_the_page_hold_for_every_host_and_form_of_payload(name, selector):
    document, metadata = FORKS[name]
    own = {} if name.endswith("agit") else payload(next(one for one in SENT if str(one) == own_of(name)))
    assert compile_expression(selector).evaluate(WithGit(payload=document, metadata=metadata)) is False
    if name.endswith("pull_request_fork"):
        assert compile_expression(selector).evaluate(WithGit(payload=own, metadata=metadata)) is True


def own_of(name: str) -> str:
    """The sample of the repository's own pull request on the same host."""
    return f"{name.partition('/')[0]}/pull_request"


@pytest.mark.parametrize(
    "missing",
    [
        pytest.param(("repository",), id="minimal: no repository"),
        pytest.param(("sourceRefName",), id="no source"),
        pytest.param(("targetRefName",), id="no target"),
    ],
)
def test_azure_without_details_does_not_say_that_there_is_no_fork(missing):
    (own,) = (payload(one) for one in SENT if str(one) == "azuredevops/pull_request")
    assert facts(own, {})["fork"] is False
    assert facts(without(own, ("resource", *missing)), {})["fork"] is None


def test_azure_s_source_commit_of_another_repository_is_no_proof():
    (own,) = (payload(one) for one in SENT if str(one) == "azuredevops/pull_request")
    source = own["resource"]["lastMergeSourceCommit"]
    here = own["resource"]["repository"]["id"]
    for repository, expected in ((here, False), ("d3f7c0b7a335bd868f4b53248e80c36f", None)):
        source["url"] = f"https://dev.azure.com/fabrikam/_apis/git/repositories/{repository}/commits/7d0c4b1a"
        assert facts(own, {})["fork"] is expected


@pytest.mark.parametrize(
    "document", [None, {}, {"resource": {}}, {"repository": {"full_name": "a/b"}}], ids=repr
)
def test_the_gate_is_closed_where_nothing_is_known(document):
    assert compile_expression(GATE).evaluate(WithGit(payload=document, metadata={})) is False
