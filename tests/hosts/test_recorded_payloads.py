"""Payloads recorded by other projects and cut down: payloads.jsonl, one a line, with what ``git`` must say.

``from`` is where a payload comes from, ``host`` the type of the client that signs it, ``event`` the event's
header where the payload does not tell it. A field that ``right`` does not name is not asserted.
"""

import json
from pathlib import Path

import pytest

from triggerfish.hosts import facts

RECORDED = [json.loads(line) for line in (Path(__file__).parent / "payloads.jsonl").read_text().splitlines()]
HEADERS = {
    "bitbucket": "x-event-key",
    "bitbucketserver": "x-event-key",
    "forgejo": "x-forgejo-event",
    "gitea": "x-gitea-event",
    "github": "x-github-event",
    "gitlab": "x-gitlab-event",
}


@pytest.mark.parametrize("one", RECORDED, ids=lambda one: one["name"])
def test_a_recorded_payload_is_read_right(one):
    metadata = {HEADERS[one["host"]]: [one["event"]]} if "event" in one else {}
    found = facts(one["payload"], metadata, one["host"])
    assert {key: found[key] for key in one["right"]} == {
        key: None if value == "" else value for key, value in one["right"].items()
    }


@pytest.mark.parametrize("one", RECORDED, ids=lambda one: one["name"])
def test_it_is_read_the_same_when_nobody_signed_it(one):
    metadata = {HEADERS[one["host"]]: [one["event"]]} if "event" in one else {}
    assert facts(one["payload"], metadata) == facts(one["payload"], metadata, one["host"])
