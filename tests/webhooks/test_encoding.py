"""Content-Encoding: gzip within a bound, a sentence for everything else."""

import gzip
import hmac
import zlib
from datetime import UTC, datetime

import pytest

from triggerfish.errors import AnswerError
from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.authenticate import Refused, Verified, authenticate
from triggerfish.webhooks.clients import parse_clients
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.encoding import inflated

BODY = b'{"zen": "Keep it logically awesome."}'
SECRET = b"shh!"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(BODY), id="gzip"),
        pytest.param(" X-GZIP ", gzip.compress(BODY), id="its old name"),
        pytest.param("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), id="two members"),
        pytest.param("identity", BODY, id="identity"),
        pytest.param("", BODY, id="empty"),
    ],
)
def test_a_body_that_is_read(encoding, body):
    assert inflated(encoding, body, len(BODY)) == BODY


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        pytest.param("gzip", BODY, 400, id="not gzip at all"),
        pytest.param("gzip", b"", 400, id="nothing"),
        pytest.param("gzip", gzip.compress(BODY)[:-9], 400, id="cut off"),
        pytest.param("gzip", gzip.compress(BODY) + b"x", 400, id="something after it"),
        pytest.param("gzip", zlib.compress(BODY), 400, id="deflate"),
        pytest.param("br", BODY, 415, id="brotli"),
        pytest.param("deflate", zlib.compress(BODY), 415, id="deflate, said so"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(BODY)), 415, id="twice"),
    ],
)
def test_a_body_that_is_not(encoding, body, status):
    with pytest.raises(AnswerError, match="Content-Encoding") as caught:
        inflated(encoding, body, 1000)
    assert (caught.value.status, caught.value.code) == (status, 3)


@pytest.mark.parametrize("members", [1, 1000])
def test_no_more_is_inflated_than_may_be(members):
    bomb = gzip.compress(b"0" * (1 << 20)) * members
    with pytest.raises(AnswerError) as caught:
        inflated("gzip", bomb, 1000)
    assert caught.value.status == 413


def delivery(body, signed, encoding="gzip"):
    signature = hmac.new(SECRET, signed, "sha256").hexdigest()
    headers = {
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-GitHub-Event": "push",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Encoding": encoding,
    }
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Delivery.of(pairs, body, datetime(2026, 3, 1, tzinfo=UTC))


CLIENTS = parse_clients({"ci": b"type: github\nsecret: shh!"}, SENDERS)


def test_the_proof_is_over_the_bytes_as_they_came():
    sent = gzip.compress(b"payload=%7B%7D")
    verified = authenticate(delivery(sent, sent), CLIENTS)
    assert isinstance(verified, Verified)
    assert verified.content == b"{}"


def test_nothing_is_inflated_before_the_proof_holds():
    assert isinstance(authenticate(delivery(b"no gzip", b"another"), CLIENTS), Refused)
    with pytest.raises(AnswerError):
        authenticate(delivery(b"no gzip", b"no gzip"), CLIENTS)


def test_its_limit_holds_for_the_content():
    sent = gzip.compress(b"0" * 100)
    with pytest.raises(AnswerError) as caught:
        authenticate(delivery(sent, sent), CLIENTS, most_bytes=99)
    assert caught.value.status == 413


@pytest.mark.parametrize("blanks", [" ", "\t", "  "])
def test_blanks_around_a_header_are_no_part_of_it(blanks):
    pair = b"X-Hub-Signature-256", f"{blanks}sha256=00{blanks}".encode()
    assert (
        Delivery.of([pair], b"", datetime(2026, 3, 1, tzinfo=UTC)).first("x-hub-signature-256") == "sha256=00"
    )


def test_a_thousand_members_are_no_file():
    members = gzip.compress(b"") * 1000 + gzip.compress(b"{}")
    with pytest.raises(AnswerError) as caught:
        inflated("gzip", members, 1000)
    assert caught.value.status == 400
