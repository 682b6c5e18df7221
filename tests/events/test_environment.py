"""What expressions can see of an event, and what they must not."""

import gc
import weakref
from datetime import UTC, datetime

import pytest

from triggerfish.events import binding, match
from triggerfish.events.environment import Event, Origin, environment, metadata
from triggerfish.workflows.labels import Creator


def test_headers_are_lists_under_lower_case_names():
    headers = [("X-Argo-E2E", "true"), ("x-many", "1"), ("X-Many", "2"), ("Accept", "*/*"), ("Cookie", "a=b")]
    assert metadata(headers) == {"x-argo-e2e": ["true"], "x-many": ["1", "2"]}


@pytest.mark.parametrize(
    "name",
    [
        "X-Gitlab-Token",
        "X-Hub-Signature",
        "X-Hub-Signature-256",
        "X-Gitea-Signature",
        "X-Hook-UUID",
        "X-Amz-Security-Token",
        "X-Auth-Token",
        "X-Api-Key",
        "X-Forwarded-Authorization",
        "Authorization",
        "webhook-signature",
    ],
)
def test_credentials_are_not_seen(name):
    assert metadata([(name, "hush")]) == {}


def test_a_header_that_this_client_proves_itself_by_is_not_seen():
    assert metadata([("X-Mine", "hush"), ("X-Other", "1")], frozenset({"x-mine"})) == {"x-other": ["1"]}


def test_event_is_the_environment_itself():
    event = Event(
        "ns", "d", {"a": 1}, {"x-a": ["1"]}, Creator(), b"", False, datetime(2026, 1, 1, tzinfo=UTC)
    )
    names = environment(event)
    assert names["event"] is names
    assert {key: value for key, value in names.items() if key != "event"} == {
        "namespace": "ns",
        "discriminator": "d",
        "payload": {"a": 1},
        "metadata": {"x-a": ["1"]},
    }


class Held(dict):
    """A payload that can be watched."""


def test_a_payload_is_held_no_longer_than_its_environment():
    gc.disable()
    try:
        payload = Held(a=1)
        watched = weakref.ref(payload)
        names = environment(
            Event("ns", "d", payload, {}, Creator(), b"", False, datetime(2026, 1, 1, tzinfo=UTC))
        )
        selector = {"event": {"selector": "event.payload.a > 1 || event.event.payload.b.c"}}
        bound = binding.parse({"metadata": {"name": "b"}, "spec": selector}, "expr")
        found = match.match([bound], names, datetime(2026, 1, 1, tzinfo=UTC), b"")
        assert "cannot fetch c" in str(found.faulty[0].error)
        del payload, names
        assert watched() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        pytest.param("gitea", "push", id="Gitea tells a deleted branch so"),
        pytest.param("github", "other", id="GitHub sends a push beside it"),
    ],
)
def test_git_is_read_as_the_host_writes_it_that_signed_the_delivery(sender, expected):
    payload = {"ref": "x", "ref_type": "branch", "pusher_type": "user", "repository": {"full_name": "o/r"}}
    event = Event(
        "ns",
        "d",
        payload,
        {},
        Creator(),
        b"",
        repeatable=False,
        received=datetime(2026, 1, 1, tzinfo=UTC),
        origin=Origin(sender),
    )
    assert environment(event)["git"]["event"] == expected
