"""Our descriptions of hosts beside what these publish of their API."""

import json
import re

import pytest
from tests.hosts.served import DESCRIPTIONS, Described

PUBLISHED = json.loads((DESCRIPTIONS / "published.json").read_text("utf-8"))
BITBUCKET, AZURE = PUBLISHED["bitbucket"], PUBLISHED["azuredevops"]
# Of every list of Bitbucket, as its general pages have it, and no operation by itself.
OF_LISTS = {"page", "pagelen", "q", "sort", "fields"}
# Bitbucket's own redirect from a pull request's diffstat has it.
OF_REDIRECTS = {"from_pullrequest_id"}
STATUS = "/repositories/{workspace}/{repo_slug}/commit/{commit}/statuses/build"
PULL = "/{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}"
HOOKS = "/repositories/{workspace}/{repo_slug}/hooks"


def operation(host, method, path):
    return next(
        each.described
        for each in Described(host).operations
        if (each.method, each.path) == (method.lower(), path)
    )


@pytest.mark.parametrize("described", Described("bitbucket").operations, ids=lambda each: each.name)
def test_each_operation_of_bitbucket_is_published_with_its_parameters(described):
    published = set(BITBUCKET["operations"][described.name])
    named = set(re.findall(r"\{(\w+)\}", described.path))
    asked = {each["name"] for each in described.described.get("parameters", [])}
    assert named <= published
    assert asked <= published | OF_LISTS | OF_REDIRECTS


@pytest.mark.parametrize(
    ("method", "path", "kind"), [("POST", STATUS, "Commitstatus"), ("POST", HOOKS, "WebhookSubscription")]
)
def test_what_is_sent_to_bitbucket_has_fields_that_are_published(method, path, kind):
    body = operation("bitbucket", method, path)["body"]["properties"]
    assert set(body) <= set(BITBUCKET["types"][kind])


def test_the_states_and_events_of_bitbucket_are_those_published():
    states = operation("bitbucket", "POST", STATUS)["body"]["properties"]["state"]["enum"]
    assert sorted(states) == sorted(BITBUCKET["types"]["Commitstatus"]["state"])
    events = operation("bitbucket", "POST", HOOKS)["body"]["properties"]["events"]["items"]["enum"]
    assert set(events) <= set(BITBUCKET["types"]["WebhookSubscription"]["events"])


def test_a_status_of_azure_devops_is_as_published():
    path = "/{project}/_apis/git/repositories/{repositoryId}/commits/{commitId}/statuses"
    body = operation("azuredevops", "POST", path)["body"]["properties"]
    assert set(body) <= set(AZURE["types"]["GitStatus"])
    assert set(body["context"]["properties"]) == set(AZURE["types"]["GitStatusContext"])
    assert sorted(body["state"]["enum"]) == sorted(AZURE["states"])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/{project}/_apis/git/repositories/{repositoryId}/diffs/commits", "GitCommitDiffs"),
        (f"{PULL}/iterations/{{iterationId}}/changes", "GitPullRequestIterationChanges"),
    ],
)
def test_what_azure_devops_answers_has_fields_that_are_published(path, kind):
    described = operation("azuredevops", "GET", path)
    assert set(described["answer"]["required"]) | set(described["example"]) <= set(AZURE["types"][kind])
