"""The events in a body: plain JSON, and CloudEvents in three modes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.errors import AnswerError
from triggerfish.events.occurrences import read

CLOUD_EVENT = {"specversion": "1.0", "id": "7", "source": "/s", "type": "t"}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
BINARY = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/s", "ce-type": "t"}


def only(headers, body):
    (found,) = read(headers, body if isinstance(body, bytes) else json.dumps(body).encode())
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", None, id="empty is null"),
        pytest.param(b"null", None, id="null"),
        pytest.param(b"7", 7, id="a number"),
        pytest.param(b"[1]", [1], id="a list"),
        pytest.param(b'{"a": 1, "a": 2}', {"a": 2}, id="the last duplicate wins"),
        pytest.param(b' {"a": 1.5e3} \n', {"a": 1500.0}, id="blanks around"),
    ],
)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", None]
)
def test_the_body_is_json_whatever_its_type_says(body, expected, kind):
    found = only({} if kind is None else {"content-type": kind}, body)
    assert found.payload == expected
    assert (found.id, found.attributes) == ("", {})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="half an object"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"Infinity", id="infinity"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b" ", id="a blank"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"a=1&b=2", id="a form"),
    ],
)
def test_malformed_json_is_refused(body):
    with pytest.raises(AnswerError) as caught:
        read({}, body)
    assert (caught.value.status, caught.value.code) == (400, 3)


def test_binary_mode_reads_attributes_from_headers():
    headers = {
        **BINARY,
        "ce-subject": "a%20b",
        "ce-time": "2026-01-01T00:00:00Z",
        "content-type": "application/json",
    }
    found = only(headers, {"message": "hi"})
    assert found.payload == {"message": "hi"}
    assert found.id == "/s 7"
    assert found.attributes["ce-subject"] == "a b"
    assert found.occurred == 1767225600.0


def test_structured_mode_gives_the_same_as_binary_mode():
    found = only(STRUCTURED, {**CLOUD_EVENT, "data": {"message": "hi"}})
    same = only({**BINARY, "content-type": "application/json"}, {"message": "hi"})
    assert (found.payload, found.id, found.attributes) == (same.payload, same.id, same.attributes)


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        pytest.param({}, None, id="no data"),
        pytest.param({"data": "text"}, "text", id="text"),
        pytest.param(
            {"data_base64": "eyJhIjoxfQ==", "datacontenttype": "application/json"},
            {"a": 1},
            id="JSON in base64",
        ),
        pytest.param({"data_base64": "aGk=", "datacontenttype": "text/plain"}, "hi", id="text in base64"),
        pytest.param({"data_base64": "/w=="}, "/w==", id="bytes stay base64"),
    ],
)
def test_data_in_structured_mode(event, payload):
    assert only(STRUCTURED, {**CLOUD_EVENT, **event}).payload == payload


def test_extension_attributes_are_text_in_metadata():
    found = only(STRUCTURED, {**CLOUD_EVENT, "partitionkey": 7, "sampled": True, "note": None})
    assert (found.attributes["ce-partitionkey"], found.attributes["ce-sampled"]) == ("7", "true")
    assert "ce-note" not in found.attributes


def test_a_batch_is_several_events():
    events = read(BATCH, json.dumps([{**CLOUD_EVENT, "id": str(n), "data": n} for n in range(3)]).encode())
    assert [event.payload for event in events] == [0, 1, 2]
    assert len({event.identity for event in events}) == 3


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        *(
            pytest.param(STRUCTURED, {k: v for k, v in CLOUD_EVENT.items() if k != name}, id=f"no {name}")
            for name in CLOUD_EVENT
        ),
        pytest.param(STRUCTURED, [], id="a list for one"),
        pytest.param(STRUCTURED, {**CLOUD_EVENT, "extra": {}}, id="an attribute that is an object"),
        pytest.param(STRUCTURED, {**CLOUD_EVENT, "data_base64": "!"}, id="no base64"),
        pytest.param(STRUCTURED, {**CLOUD_EVENT, "data_base64": 7}, id="base64 that is a number"),
        pytest.param(BATCH, CLOUD_EVENT, id="a batch that is one"),
        pytest.param(BATCH, [CLOUD_EVENT] * 101, id="too many in a batch"),
        pytest.param(BATCH, [7], id="a number in a batch"),
        pytest.param({"ce-specversion": "1.0"}, {}, id="binary without an id"),
    ],
)
def test_what_is_no_cloud_event_is_refused(headers, body):
    with pytest.raises(AnswerError) as caught:
        only(headers, body)
    assert (caught.value.status, caught.value.code) == (400, 3)


@given(
    st.sampled_from([{}, STRUCTURED, BATCH, BINARY, {**BINARY, "content-type": "text/x"}]),
    st.binary()
    | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner)).map(
        lambda v: json.dumps(v).encode()
    ),
)
def test_any_body_is_read_or_refused(headers, body):
    try:
        answer = len(read(headers, body))
    except AnswerError as error:
        answer = error.status
    assert answer <= 100 or answer == 400
