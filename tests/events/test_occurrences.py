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
        pytest.param(b"\n", None, id="a blank line is null, as to Argo"),
        pytest.param(b" \t\r\n", None, id="blanks are null, as to Argo"),
        pytest.param(rb'"\ud83d"', "\ufffd", id="the first half of a pair, as Go reads it"),
        pytest.param(rb'"\uDE00x"', "\ufffdx", id="the second half of a pair"),
        pytest.param(rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600", id="half a pair, then a pair"),
        pytest.param(rb'"\ud83d\u0041"', "\ufffdA", id="half a pair, then a letter"),
        pytest.param(
            rb'["\ud83d", "\\ud83d"]', ["\ufffd", "\\ud83d"], id="an escaped backslash is no escape"
        ),
        pytest.param(rb'{"\ud83d": 1}', {"\ufffd": 1}, id="half a pair in a key"),
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
    ("body", "status"),
    [
        pytest.param(b"[" + b"1," * 199_998 + b"1]", 200, id="as many as are read"),
        pytest.param(b"[" + b"1," * 200_000 + b"1]", 413, id="numbers"),
        pytest.param(b"[" + b"[]," * 100_000 + b"1]", 413, id="lists"),
        pytest.param(b"[" + b'"",' * 200_000 + b"1]", 413, id="texts"),
        pytest.param(b"{" + b'"a":1,' * 200_000 + b'"b":1}', 413, id="entries"),
        pytest.param(b'"' + b",[{" * 300_000 + b'"', 200, id="a text with commas"),
        pytest.param(rb'["\\\"' + b",[{" * 300_000 + b'"]', 200, id="a text with quotes and commas"),
        pytest.param(rb'["\\",' + b"1," * 200_000 + b"1]", 413, id="after a text that ends with a backslash"),
    ],
)
def test_a_body_has_so_many_values(body, status):
    if status == 200:
        assert only({}, body).payload is not None
        return
    with pytest.raises(AnswerError, match="more than 200000 values") as told:
        only({}, body)
    assert told.value.status == status


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="half an object"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"Infinity", id="infinity"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b"\xa0", id="a blank that is none in JSON"),
        pytest.param(rb'"\ud83d', id="half a pair in half a text"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"[" * 1025 + b"]" * 1025, id="1,025 levels"),
        pytest.param(b"a=1&b=2", id="a form"),
    ],
)
def test_malformed_json_is_refused(body):
    with pytest.raises(AnswerError) as caught:
        read({}, body)
    assert (caught.value.status, caught.value.code) == (400, 3)


def test_a_thousand_levels_are_read():
    assert only({}, b"[" * 1024 + b"]" * 1024).payload != []


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


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"traceparent": "00-b"}, id="another trace"),
        pytest.param({"data": 2}, id="other data"),
        pytest.param({"type": "u", "time": "2026-01-01T00:00:00Z"}, id="another type and time"),
    ],
)
def test_cloud_events_of_one_source_and_id_are_one_event(other):
    # CloudEvents 1.0, "id": consumers may assume that events with identical source and id are duplicates.
    one, two = (only(STRUCTURED, {**CLOUD_EVENT, "data": 1, **more}) for more in ({}, other))
    assert (one.id, one.identity) == (two.id, two.identity)
    assert one.identity == only({**BINARY, "content-type": "text/plain"}, b"x").identity


@pytest.mark.parametrize("other", [{"id": "8"}, {"source": "/s 7", "id": "7"}, {"source": "/S"}])
def test_cloud_events_of_another_source_or_id_are_others(other):
    one, two = (only(STRUCTURED, {**CLOUD_EVENT, **more}) for more in ({}, other))
    assert one.identity != two.identity


def test_source_and_id_do_not_run_into_each_other():
    one = only(STRUCTURED, {**CLOUD_EVENT, "source": "a b", "id": "c"})
    two = only(STRUCTURED, {**CLOUD_EVENT, "source": "a", "id": "b c"})
    assert one.identity != two.identity
