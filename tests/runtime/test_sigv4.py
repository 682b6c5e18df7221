"""AWS Signature Version 4: AWS's published test suite, and that nothing of a request is left unsigned."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.runtime.clouds.sigv4 import AwsKeys, presigned, signed

# The suite's own keys, host and time.
KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vectors" / "sigv4.jsonl").read_text("utf-8").splitlines()
]


def authorization(keys=KEYS, method="GET", path="/", headers=None, body=b"", now=NOW, region="us-east-1"):
    url = f"https://example.amazonaws.com{path}"
    found = signed(keys, method, url, headers or {}, body, region=region, service="service", now=now)
    return found["Authorization"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_published_suite(case):
    # It has repeated query keys in every order, unreserved and non-ASCII characters, and session tokens.
    found = authorization(
        method=case["method"], path=case["path"], headers=case["headers"], body=case["body"].encode()
    )
    assert found == case["authorization"]


def test_a_session_is_signed_as_the_suite_does_it():
    (case,) = (case for case in CASES if case["name"] == "post-sts-header-before")
    keys = AwsKeys(KEYS.access, KEYS.secret, case["headers"]["X-Amz-Security-Token"])
    assert authorization(keys, "POST") == case["authorization"]


@pytest.mark.parametrize(
    "other",
    [
        {"method": "PUT"},
        {"path": "/x"},
        {"path": "/?a=1"},
        {"headers": {"X-Amz-Target": "x"}},
        {"body": b"x"},
        {"now": NOW.replace(day=31)},
        {"region": "us-east-2"},
        {"keys": AwsKeys(KEYS.access, "other")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_whatever_differs_has_another_signature(other):
    assert authorization(**other) != authorization()


@given(st.text("abcXYZ019-._~/ +=%&?é", max_size=20), st.text(max_size=10))
def test_a_presigned_url_says_what_was_asked_for(name, session):
    keys = AwsKeys("AKID", "secret", session)
    url = presigned(
        keys,
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        {"x-k8s-aws-id": name},
        region="eu-central-1",
        service="sts",
        now=NOW,
        seconds=60,
    )
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]
    assert query.get("X-Amz-Security-Token", [""]) == [session]
    assert len(query["X-Amz-Signature"][0]) == 64
    assert "secret" not in url


def test_keys_show_no_secret():
    assert repr(AwsKeys("AKID", "hush", "hush")) == "AwsKeys(access='AKID')"
