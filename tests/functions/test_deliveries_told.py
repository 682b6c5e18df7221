"""What an operator sees of a webhook that is refused: one line, one Event, and a command that mends it."""

import itertools
import json
import os
import shlex
import subprocess
import time

import pytest
from tests.infra.test_kubernetes import needs_kubectl
from tests.support.events import MAY_SUBMIT, SECRET

CLIENT = json.dumps({"type": "github", "secret": SECRET})


def lines(place, delivery):
    """The lines of the log that have this id."""
    assert place.function.said(f'"id":"{delivery}"')
    read = [json.loads(line) for line in place.function.log.splitlines() if line.startswith("{")]
    return [line for line in read if (line.get("id"), line.get("namespace")) == (delivery, place.namespace)]


def kubectl(place, *words):
    environment = {**os.environ, "KUBECONFIG": str(place.cluster.kubeconfig)}
    subprocess.run(["kubectl", *words], env=environment, check=True, capture_output=True)


def events(place):
    """Once there is one: each Event of a refused webhook, its object and its message."""
    end = time.monotonic() + 20
    while True:
        status, answer = place.cluster.request("GET", f"/api/v1/namespaces/{place.namespace}/events")
        assert status == 200
        found = [event for event in answer["items"] if event["reason"] == "WebhookRefused"]
        if found or time.monotonic() > end:
            return [(e["involvedObject"]["kind"], e["involvedObject"]["name"], e["message"]) for e in found]


def test_a_wrong_secret_is_one_line_and_one_event_however_often_it_comes(place):
    place.cluster.service_account(place.namespace, "github.com", MAY_SUBMIT)
    place.clients(github_com=CLIENT)
    for number in range(5):
        answer = place.github({"a": 1}, secret="another", delivery=f"told-{number}")
        assert answer.status == 401
    (line,) = lines(place, "told-4")
    assert (line["result"], line["cause"], line["sender"], line["event"]) == (
        "refused",
        "signature",
        "github",
        "push",
    )
    assert events(place) == [
        (
            "Secret",
            "argo-workflows-webhook-clients",
            (
                "a webhook was refused (signature): github.com (github): "
                "x-hub-signature-256 does not fit this secret"
            ),
        )
    ]


@needs_kubectl
@pytest.mark.parametrize(
    "rules", [(), MAY_SUBMIT[:1]], ids=["may not list bindings", "may not read templates"]
)
def test_the_command_in_the_log_grants_the_right_that_is_missing(place, rules):
    place.cluster.service_account(place.namespace, "github.com", rules)
    place.clients(github_com=CLIENT)
    place.template()
    place.binding("all", "true", '"x"')
    # One right after the other: the API server names one at a time, and may learn of a grant a moment later.
    granted, end = [], time.monotonic() + 60
    for number in itertools.count():
        answer = place.github({"a": 1}, delivery=f"{place.namespace}-{number}")
        if answer.status == 200:
            break
        assert time.monotonic() < end, answer
        fix = lines(place, f"{place.namespace}-{number}")[0]["fix"]
        if fix not in granted:
            granted.append(fix)
            for command in fix.split(" && "):
                kubectl(place, *shlex.split(command)[1:])
    assert len(granted) == 3 - len(rules)
    (workflow,) = place.workflows()
    assert workflow["metadata"]["annotations"]["triggerfish.dev/delivery-id"] == f"{place.namespace}-{number}"
    if not rules:
        ((kind, name, message),) = events(place)
        assert (kind, name) == ("ServiceAccount", "github.com")
        assert "; to grant it: kubectl create role github.com-list-workfloweventbindings -n " in message
