"""Labels: who made it, and which instance it belongs to."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish import annotations as keys
from triggerfish.workflows import labels
from triggerfish.workflows.labels import Creator


def jwt(claims):
    encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{encoded}.signature"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "system:serviceaccount:argo:jenkins", "system-serviceaccount-argo-jenkins", id="as Argo"
        ),
        pytest.param("x" * 70, "x" * 63, id="the last 63 stay"),
        pytest.param("a" * 10 + ":" + "b" * 62, "b" * 62, id="a dash at the cut is not kept"),
        pytest.param("--a_b.c--", "a_b.c", id="begins and ends with a letter or digit"),
        pytest.param("::", "", id="nothing is left"),
    ],
)
def test_text_becomes_a_label_value(text, expected):
    assert labels.as_label(text) == expected


@given(st.text())
def test_any_text_becomes_a_value_that_the_api_server_takes(text):
    value = labels.as_label(text)
    assert len(value) <= 63
    assert not value or (value[0].isalnum() and value[-1].isalnum() and value.isascii())


def test_a_service_account_is_known_by_its_subject():
    assert Creator.service_account("argo", "github.com").labels == {
        "workflows.argoproj.io/creator": "system-serviceaccount-argo-github.com"
    }


def test_a_token_tells_who_it_speaks_of():
    token = jwt({"sub": "alice", "email": "alice@example.com", "preferred_username": "Alice A"})
    assert Creator.of_token(token).labels == {
        "workflows.argoproj.io/creator": "alice",
        "workflows.argoproj.io/creator-email": "alice.at.example.com",
        "workflows.argoproj.io/creator-preferred-username": "Alice-A",
    }


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("opaque", id="no JWT"),
        pytest.param("a.!!!.c", id="no base64"),
        pytest.param("a.bm90IGpzb24.c", id="no JSON"),
        pytest.param(jwt([1]), id="no object"),
        pytest.param(jwt({"sub": 7, "email": None}), id="claims of another type"),
    ],
)
def test_a_token_that_tells_nothing_makes_no_label(token):
    assert Creator.of_token(token).labels == {}


@pytest.mark.parametrize(
    ("given", "instance", "expected"),
    [
        ({}, "", True),
        ({keys.INSTANCE_ID: "a"}, "", False),
        ({keys.INSTANCE_ID: ""}, "", False),
        ({keys.INSTANCE_ID: "a"}, "a", True),
        ({keys.INSTANCE_ID: "b"}, "a", False),
        ({}, "a", False),
    ],
)
def test_what_belongs_to_an_instance(given, instance, expected):
    assert labels.belongs(given, instance) is expected


def test_the_selector_of_an_instance():
    assert labels.selector("") == "!workflows.argoproj.io/controller-instanceid"
    assert labels.selector("a") == "workflows.argoproj.io/controller-instanceid=a"
