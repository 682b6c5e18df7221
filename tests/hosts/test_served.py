"""The stand-in for a host notices what its description does not allow."""

import json

import pytest
from tests.hosts.served import Described

HEADERS = {"authorization": "x", "user-agent": "x", "content-type": "application/json"}
STATUS = "/api/v3/repos/org/app/statuses/" + "a" * 40
SHOWN = {"state": "success", "context": "ci"}


@pytest.mark.parametrize(
    ("method", "target", "changed", "body", "wrong"),
    [
        pytest.param("POST", STATUS, {}, SHOWN, "", id="right"),
        pytest.param("POST", STATUS + "/x", {}, SHOWN, "no such operation", id="path"),
        pytest.param("PUT", STATUS, {}, SHOWN, "no such operation", id="method"),
        pytest.param("POST", STATUS + "?page=1", {}, SHOWN, "no such parameter: page", id="parameter"),
        pytest.param("POST", STATUS, {}, SHOWN | {"state": "good"}, "$.state", id="value"),
        pytest.param("POST", STATUS, {}, {"context": "ci"}, "'state' is a required property", id="missing"),
        pytest.param("POST", STATUS, {}, SHOWN | {"url": "x"}, "no such field: url", id="field"),
        pytest.param("POST", STATUS, {}, None, "no body", id="no body"),
        pytest.param("POST", STATUS, {"content-type": "text/plain"}, SHOWN, "not said to be JSON", id="type"),
        pytest.param("POST", STATUS, {"authorization": None}, SHOWN, "no authorization", id="authorization"),
    ],
)
def test_what_is_against_the_description_is_noted(method, target, changed, body, wrong):
    described = Described("github")
    headers = {name: value for name, value in (HEADERS | changed).items() if value}
    described.check(method, target, headers, b"" if body is None else json.dumps(body).encode())
    assert bool(described.wrong) == bool(wrong)
    assert all(wrong in each for each in described.wrong)


def test_a_field_within_a_field_is_noted_too():
    described = Described("github")
    config = {"url": "https://x", "content_type": "json", "colour": "red"}
    body = {"name": "web", "events": ["push"], "config": config}
    described.check("POST", "/api/v3/repos/org/app/hooks", HEADERS, json.dumps(body).encode())
    assert described.wrong == ["POST /repos/{owner}/{repo}/hooks: no such field: config.colour"]


@pytest.mark.parametrize("host", ["github", "gitlab", "bitbucket", "bitbucketserver", "azuredevops"])
def test_no_description_takes_any_path(host):
    described = Described(host)
    assert len(described.operations) >= 5
    described.check("GET", "/nowhere", HEADERS, b"")
    assert described.wrong == ["no such operation: GET /nowhere"]
