"""What is kept of refusals: each cause has its own places, whoever fills the others."""

from datetime import UTC, datetime, timedelta

import pytest

from triggerfish.errors import AnswerError, ApiError, SettingError, SpecError, Unanswered
from triggerfish.events.claims import claimed
from triggerfish.events.refusals import Refusal, RefusalCause, RefusalRing, refusal_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def refusal(number, cause, reason="it does not fit"):
    at = NOW + timedelta(seconds=number)
    return Refusal(at, "ci", "github", "push", str(number), "refused", cause, reason)


def ids(ring):
    return [each.id for each in ring]


def test_strangers_push_out_no_refusal_of_another_cause():
    ring = RefusalRing(3)
    ring.add(refusal(0, RefusalCause.RIGHTS))
    for number in range(1, 1000):
        ring.add(refusal(number, RefusalCause.UNSIGNED))
    assert ids(ring) == ["0", "997", "998", "999"]


def test_within_a_cause_the_most_frequent_reason_makes_room():
    ring = RefusalRing(3)
    ring.add(refusal(0, RefusalCause.SIGNATURE, "the token differs"))
    for number in range(1, 10):
        ring.add(refusal(number, RefusalCause.SIGNATURE))
    assert ids(ring) == ["0", "8", "9"]


def test_they_are_bounded_whatever_comes():
    ring = RefusalRing(3)
    for number in range(1000):
        ring.add(refusal(number, list(RefusalCause)[number % len(RefusalCause)], f"reason {number}"))
    assert len(ids(ring)) == 3 * len(RefusalCause)


@pytest.mark.parametrize(
    ("error", "status", "cause", "reason"),
    [
        pytest.param(AnswerError(413, 3, "too long"), 413, "body", "too long", id="by its status"),
        pytest.param(
            AnswerError(401, 16, "no", cause="signature", reason="a byte"),
            401,
            "signature",
            "a byte",
            id="it says",
        ),
        pytest.param(AnswerError(503, 14, "in flight"), 503, "busy", "in flight", id="busy"),
        pytest.param(AnswerError(404, 5, "no such"), 404, "namespace", "no such", id="a namespace"),
        pytest.param(
            ApiError(401, "Unauthorized", "Unauthorized"), 401, "token", "Unauthorized", id="a token"
        ),
        pytest.param(ApiError(403, "Forbidden", "may not"), 403, "rights", "may not", id="rights"),
        pytest.param(ApiError(500, "Internal", "etcd"), 500, "cluster", "etcd", id="the API server"),
        pytest.param(Unanswered("GET /apis/x"), 503, "cluster", "the cluster did not answer", id="silence"),
        pytest.param(SettingError("X is 1"), 500, "other", "X is 1", id="a setting"),
        pytest.param(SpecError("x", "bad"), 400, "body", "x: bad", id="a field"),
        pytest.param(KeyError("hush"), 500, "other", "internal error: KeyError", id="a defect is not quoted"),
    ],
)
def test_the_cause_of_each_error(error, status, cause, reason):
    found = refusal_of(error, status)
    assert (found[0].value, found[1]) == (cause, reason)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param(
            {"X-GitHub-Event": "push", "X-GitHub-Delivery": "1", "X-Request-Id": "9"},
            ("github", "push", "1"),
            id="GitHub behind a proxy",
        ),
        pytest.param(
            {"X-Gitlab-Event": "Push Hook", "Idempotency-Key": "2"}, ("gitlab", "Push Hook", "2"), id="GitLab"
        ),
        pytest.param(
            {"X-Event-Key": "repo:push", "X-Request-UUID": "3"},
            ("bitbucket", "repo:push", "3"),
            id="Bitbucket",
        ),
        pytest.param(
            {"X-Event-Key": "repo:refs_changed", "X-Request-Id": "4"},
            ("bitbucketserver", "repo:refs_changed", "4"),
            id="Bitbucket Data Center",
        ),
        pytest.param(
            {
                "X-Gitea-Event": "push",
                "X-Gitea-Delivery": "5",
                "X-GitHub-Event": "push",
                "X-GitHub-Delivery": "5",
            },
            ("gitea", "push", "5"),
            id="Gitea",
        ),
        pytest.param(
            {"webhook-id": "msg_6", "webhook-signature": "v1,x"}, ("", "", "msg_6"), id="an id alone"
        ),
        pytest.param({"X-GitHub-Event": "é" * 900}, ("github", "Ã©" * 50, ""), id="cut"),
        pytest.param({"Accept": "*/*"}, ("", "", ""), id="nothing"),
    ],
)
def test_what_a_delivery_claims_to_be(headers, expected):
    found = claimed([(name.encode(), value.encode()) for name, value in headers.items()])
    assert (found.sender, found.event, found.id) == expected
