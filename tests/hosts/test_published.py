"""Our descriptions of hosts beside what these publish of their API."""

import json
import re

import pytest
from tests.hosts.api.talk import sent
from tests.hosts.fake_hosts import answered
from tests.hosts.served import DESCRIPTIONS, Described

from triggerfish.hosts.api.bitbucketserver import BitbucketServerApi
from triggerfish.hosts.api.conversation import next_query, retry_after
from triggerfish.hosts.api.gitlab import GitLabApi
from triggerfish.hosts.api.values import HostResponse

PUBLISHED = json.loads((DESCRIPTIONS / "published.json").read_text("utf-8"))
BITBUCKET, AZURE = PUBLISHED["bitbucket"], PUBLISHED["azuredevops"]
DATA_CENTER, GITLAB = PUBLISHED["bitbucketserver"], PUBLISHED["gitlab"]
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


# Of every paged list of Bitbucket Data Center, as its general pages have it; two operations do not repeat it.
OF_PAGES = {"start", "limit"}
BOTH = [(host, each) for host in ("gitlab", "bitbucketserver") for each in Described(host).operations]


def asked(described, place="query"):
    return {each["name"]: each for each in described.described.get("parameters", []) if each["in"] == place}


def published_name(name):
    """Bitbucket Data Center writes N for a number, and tells in words alone what may follow it."""
    return re.sub(r"^permission\.\d+(\.projectKey|\.repositorySlug)?$", "permission.N", name)


@pytest.mark.parametrize(("host", "described"), BOTH, ids=lambda each: getattr(each, "name", each))
class TestEachOperation:
    def test_is_published_with_its_parameters(self, host, described):
        published = set(PUBLISHED[host]["operations"][described.name])
        assert set(re.findall(r"\{(\w+)\}", described.path)) <= published
        names = {published_name(name) for name in asked(described)}
        assert names <= published | (OF_PAGES if host == "bitbucketserver" else set())

    def test_wants_what_the_published_one_wants(self, host, described):
        published = PUBLISHED[host]["operations"][described.name]
        wanted = {name for name, each in published.items() if each.get("required")}
        assert {name for name, each in asked(described).items() if each.get("required")} == wanted

    def test_takes_no_more_than_the_published_one(self, host, described):
        published = PUBLISHED[host]["operations"][described.name]
        for name, each in (asked(described) | asked(described, "path")).items():
            theirs, ours = published.get(published_name(name), {}), each["schema"]
            assert "enum" not in theirs or set(ours["enum"]) <= set(theirs["enum"])
            assert "maximum" not in theirs or ours["maximum"] <= theirs["maximum"]
            assert "minimum" not in theirs or ours["minimum"] >= theirs["minimum"]


BUILDS = "/projects/{projectKey}/repos/{repositorySlug}/commits/{commitId}/builds"
WEBHOOKS = "/projects/{projectKey}/repos/{repositorySlug}/webhooks"
PULL_REQUEST = "/projects/{projectKey}/repos/{repositorySlug}/pull-requests/{pullRequestId}"
SENT = {f"POST {BUILDS}": "RestBuildStatusSetRequest"}
SENT |= {f"POST {WEBHOOKS}": "RestWebhook", f"PUT {WEBHOOKS}/{{webhookId}}": "RestWebhook"}


@pytest.mark.parametrize(
    ("host", "described"),
    [(host, each) for host, each in BOTH if "body" in each.described],
    ids=lambda each: getattr(each, "name", each),
)
def test_what_is_sent_has_fields_and_words_that_are_published_and_those_that_are_required(host, described):
    name, body = described.name, described.described["body"]
    published = GITLAB["bodies"][name] if host == "gitlab" else DATA_CENTER["types"][SENT[name]]
    assert set(body["properties"]) <= set(published)
    assert {field for field, each in published.items() if each.get("required")} <= set(body["required"])
    for field, each in body["properties"].items():
        if "enum" in published[field]:
            assert sorted(each["enum"]) == sorted(published[field]["enum"])


def inner(described, path):
    """The names that an answer's description and its example have at a path; "" is each of a list."""
    schema, example = described["answer"], described["example"]
    for name in path:
        schema = schema.get("properties", {}).get(name, {}) if name else schema.get("items", {})
        example = example[name] if name else example[0]
    return {*schema.get("required", ()), *schema.get("properties", ()), *example}


PROJECT, REQUEST = "/projects/{id}", "/projects/{id}/merge_requests/{merge_request_iid}"
SHOWN = [
    ("gitlab", "POST", f"{PROJECT}/statuses/{{sha}}", (), "CommitStatus", ()),
    ("gitlab", "GET", f"{PROJECT}/repository/commits/{{sha}}/statuses", ("",), "CommitStatus", ()),
    ("gitlab", "GET", REQUEST, (), "MergeRequest", ()),
    ("gitlab", "GET", f"{REQUEST}/diffs", ("",), "MergeRequestDiff", ()),
    ("gitlab", "GET", f"{PROJECT}/repository/compare", (), "Compare", ()),
    ("gitlab", "GET", f"{PROJECT}/repository/compare", ("diffs", ""), "Diff", ()),
    ("gitlab", "GET", f"{PROJECT}/members/all", ("",), "ProjectMember", ()),
    ("gitlab", "GET", f"{PROJECT}/members/all/{{user_id}}", (), "ProjectMember", ()),
    ("gitlab", "GET", PROJECT, (), "Project", ()),
    ("gitlab", "GET", f"{PROJECT}/hooks", ("",), "ProjectHook", ()),
    ("gitlab", "POST", f"{PROJECT}/hooks", (), "ProjectHook", ()),
    ("gitlab", "PUT", f"{PROJECT}/hooks/{{hook_id}}", (), "ProjectHook", ()),
    ("bitbucketserver", "GET", BUILDS, (), "RestBuildStatus", ()),
    ("bitbucketserver", "GET", PULL_REQUEST, (), "RestPullRequest", ("author",)),
    ("bitbucketserver", "GET", f"{PULL_REQUEST}/changes", ("values", "", "path"), "RestPath", ("toString",)),
    ("bitbucketserver", "GET", "/users", ("values", ""), "RestApplicationUser", ()),
    ("bitbucketserver", "GET", WEBHOOKS, ("values", ""), "RestWebhook", ("id",)),
    ("bitbucketserver", "POST", WEBHOOKS, (), "RestWebhook", ("id",)),
    ("bitbucketserver", "PUT", f"{WEBHOOKS}/{{webhookId}}", (), "RestWebhook", ("id",)),
    ("bitbucketserver", "GET", f"{WEBHOOKS}/{{webhookId}}", (), "RestWebhook", ("id",)),
]


@pytest.mark.parametrize(("host", "method", "path", "within", "kind", "known"), SHOWN)
def test_what_is_answered_has_fields_that_are_published(host, method, path, within, kind, known):
    """``known``: what the published type lacks, though the server's answers have it."""
    found = inner(operation(host, method, path), within)
    assert found - set(PUBLISHED[host]["types"][kind]) == set(known)


@pytest.mark.parametrize("path", [f"{PULL_REQUEST}/changes", WEBHOOKS, "/users"])
def test_a_page_of_bitbucket_data_center_is_as_published(path):
    assert inner(operation("bitbucketserver", "GET", path), ()) <= set(DATA_CENTER["page"])


def test_each_state_that_is_published_is_understood():
    states = {*GITLAB["values"]["BuildStateValue"], *GITLAB["values"]["states of jobs"]}
    assert set(GitLabApi.states) == states
    listed = operation("gitlab", "GET", f"{PROJECT}/repository/commits/{{sha}}/statuses")["answer"]["items"]
    assert set(listed["properties"]["status"]["enum"]) == states
    for name, kind in ((BUILDS, "RestBuildStatus"), (PULL_REQUEST, "RestPullRequest")):
        ours = operation("bitbucketserver", "GET", name)["answer"]["properties"]["state"]["enum"]
        assert sorted(ours) == sorted(DATA_CENTER["types"][kind]["state"]["enum"])
    assert set(BitbucketServerApi.states) == set(DATA_CENTER["types"]["RestBuildStatus"]["state"]["enum"])


def test_each_level_of_gitlab_that_is_published_is_described():
    listed = operation("gitlab", "GET", f"{PROJECT}/members/all/{{user_id}}")["answer"]["properties"]
    # The client has not 25 yet; the description has it where projects are asked for by level.
    levels = {*GITLAB["values"]["AccessLevelValue"], "25"}
    assert {str(level) for level in listed["access_level"]["enum"]} == levels


def test_the_event_that_tests_a_webhook_of_gitlab_is_one_that_is_published():
    requests, _ = sent(GitLabApi("").ping("group/app", "3"), answered({}, 201))
    trigger = GITLAB["operations"][f"POST {PROJECT}/hooks/{{hook_id}}/test/{{trigger}}"]["trigger"]
    assert requests[0].url.rpartition("/")[2] in trigger["enum"]


def test_pages_and_rates_are_read_from_headers_that_are_published():
    link, reset = (next(each for each in GITLAB["headers"] if name in each) for name in ("Link", "Reset"))
    assert next_query(HostResponse(200, {link.lower(): '<https://x/y?page=2>; rel="next"'})) == "page=2"
    headers = {reset.lower(): "1800000060", "date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    assert retry_after(HostResponse(429, headers)) == 60.0
