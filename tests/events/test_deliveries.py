"""The record of deliveries: bounded, redacted, and nobody's to break."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.events import deliveries
from triggerfish.events.deliveries import BindingVerdict, Delivered, config_map, patch, read
from triggerfish.events.refusals import Refusal, RefusalCause

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=300)


def delivered(seconds: float, **more) -> Delivered:
    return Delivered(NOW + timedelta(seconds=seconds), "d-1", "github", "push", "created", ("wf-1",), **more)


def value(records: list[Delivered], *, limit: int) -> str:
    return deliveries.value(deliveries.fitted([deliveries.line(each) for each in records], limit=limit))


def test_what_is_written_is_read_oldest_first_with_its_namespace():
    text = value([delivered(0), delivered(1)], limit=10)
    records = read("ci", {"a": text, "b": value([delivered(0.5)], limit=10)}, since=LONG_AGO)
    assert [record["at"] - NOW.timestamp() for record in records] == [0, 0.5, 1]
    assert {record["namespace"] for record in records} == {"ci"}
    assert len({record["key"] for record in records}) == 3


def test_only_the_newest_are_kept():
    text = value([delivered(n) for n in range(10)], limit=3)
    assert [json.loads(line)["at"] - NOW.timestamp() for line in text.split("\n")] == [7, 8, 9]


def test_a_limit_of_nothing_keeps_nothing():
    assert value([delivered(0)], limit=0) == ""


def test_the_text_stays_far_below_what_a_config_map_holds():
    verdicts = tuple(BindingVerdict(f"b{n}", matched=False, reason="ü" * 10_000) for n in range(1000))
    text = value([delivered(n, verdicts=verdicts) for n in range(1000)], limit=1000)
    assert 0 < len(text.encode()) <= 90_000


def tree(size: int) -> dict:
    return {"text": "x" * 100, "value": "false", "parts": [{"text": "y" * 100, "value": "1"}] * size}


def test_the_newest_have_their_trees_and_no_delivery_is_forgotten_for_one():
    verdicts = tuple(BindingVerdict(f"b{n}", matched=False, tree=tree(10)) for n in range(10))
    text = value([delivered(n, verdicts=verdicts) for n in range(40)], limit=40)
    assert len(text.encode()) <= 90_000
    with_trees = ["tree" in record["bindings"][0] for record in read("ci", {"a": text}, since=LONG_AGO)]
    assert len(with_trees) == 40
    # Older ones have none, newer ones all: there is one place where it changes.
    assert sorted(with_trees) == with_trees
    assert 0 < sum(with_trees) < 40


def test_trees_without_room_are_let_go():
    verdicts = tuple(BindingVerdict(f"b{n}", matched=False, tree=tree(10)) for n in range(10))
    lines = deliveries.fitted([deliveries.line(delivered(n, verdicts=verdicts)) for n in range(40)], limit=40)
    assert sum(len(each.text) + 1 for each in lines) <= 90_000
    assert lines[0].text == lines[0].bare
    assert deliveries.fitted(lines, limit=40) == lines


def test_however_many_deliveries_there_are_the_newest_has_its_trees():
    verdicts = tuple(
        BindingVerdict(f"b{n}", matched=False, reason="r" * 200, tree=tree(10)) for n in range(20)
    )
    text = value([delivered(n, verdicts=verdicts) for n in range(100)], limit=100)
    assert len(text.encode()) <= 90_000
    newest = read("ci", {"a": text}, since=LONG_AGO)[-1]
    assert all("tree" in binding for binding in newest["bindings"])


def test_a_record_of_before_trees_is_read_as_it_is():
    old = delivered(0, verdicts=(BindingVerdict("b", matched=True),)).as_json()
    (record,) = read("ci", {"a": json.dumps(old)}, since=LONG_AGO)
    assert record["bindings"] == [{"name": "b", "matched": True, "reason": ""}]


def test_of_many_bindings_those_that_matched_come_first_and_the_rest_is_counted():
    verdicts = (
        *(BindingVerdict(f"b{n}", matched=False) for n in range(30)),
        BindingVerdict("hit", matched=True),
    )
    record = json.loads(value([delivered(0, verdicts=verdicts)], limit=1))
    assert record["bindings"][0]["name"] == "hit"
    assert record["more"] == 11


def test_the_patch_takes_away_keys_that_nobody_writes_any_more():
    others = {
        "old": value([delivered(-7200)], limit=1),
        "young": value([delivered(-60)], limit=1),
        "junk": "x",
    }
    body = patch({"mine": "text"}, others, NOW, timedelta(hours=1))
    assert body["data"] == {"old": None, "junk": None, "mine": "text"}


def test_records_before_since_are_left_out():
    data = {"a": value([delivered(-10), delivered(10)], limit=5)}
    assert len(read("ci", data, since=NOW)) == 1


@pytest.mark.parametrize("text", ["", "{}", "[" * 10_000, '{"at": "now"}', "null\n7", '{"at": 1e999}'])
def test_what_is_no_record_is_left_out(text):
    assert read("ci", {"a": text}, since=LONG_AGO) == []


def test_half_a_surrogate_pair_is_written_and_read_as_a_question_mark():
    odd = Delivered(
        NOW, "\ud800", "github", "🐡", "created", verdicts=(BindingVerdict("\udc00", matched=True),)
    )
    hostile = json.dumps(odd.as_json())
    assert "\\ud800" in hostile
    for text in (value([odd], limit=1), hostile):
        (record,) = read("ci", {"a": text}, since=LONG_AGO)
        assert (record["id"], record["event"], record["bindings"][0]["name"]) == ("?", "🐡", "?")


@given(st.dictionaries(st.text(), st.text()))
def test_no_config_map_breaks_it(data):
    assert isinstance(read("ci", data, since=LONG_AGO), list)
    assert patch({"mine": ""}, data, NOW, timedelta(hours=1))["data"]["mine"] == ""


def test_it_is_made_with_the_label_it_is_found_by():
    made = config_map("ci", {"a": "text"})
    assert made["metadata"]["labels"] == {"triggerfish.dev/record": "deliveries"}
    assert made["data"] == {"a": "text"}


def refusal(seconds=0.0, cause=RefusalCause.SIGNATURE, reason="no secret fits", **more) -> Refusal:
    at = NOW + timedelta(seconds=seconds)
    given = {"sender": "github", "event": "push", "id": "d-1", "result": "refused", **more}
    return Refusal(at, "ci", cause=cause, reason=reason, **given)


def test_a_refusal_is_read_beside_the_deliveries_with_its_reason():
    own = deliveries.own_data("a", value([delivered(0)], limit=10), deliveries.refusals([refusal(1)]))
    taken, refused = read("ci", own, since=LONG_AGO)
    assert (taken["result"], taken["reason"], taken["cause"]) == ("created", "", "")
    assert (refused["result"], refused["reason"], refused["cause"]) == (
        "refused",
        "no secret fits",
        "signature",
    )
    assert refused["bindings"] == refused["workflows"] == []


def test_what_a_refusal_claims_is_cut():
    text = deliveries.refusals([refusal(id="i" * 9000, event="e" * 9000, reason="r" * 9000)])
    assert len(text) < 1000


def test_a_patch_leaves_its_own_refusals_and_takes_away_old_ones_of_others():
    old = {"b": value([delivered(-7200)], limit=1), "b.refused": deliveries.refusals([refusal(-7200)])}
    own = deliveries.own_data("a", "", deliveries.refusals([refusal(-7200)]))
    data = patch(own, old | own, NOW, timedelta(hours=1))["data"]
    assert data == own | {"b": None, "b.refused": None}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(
            delivered(0, verdicts=(BindingVerdict("a", matched=False, reason="payload.x is false"),)),
            "",
            id="created",
        ),
        pytest.param(
            Delivered(NOW, "d", "github", "push", "existing", ("wf-1",)),
            "an earlier delivery made it",
            id="existing",
        ),
        pytest.param(
            Delivered(NOW, "d", "github", "push", "nothing"),
            "the namespace has no event binding",
            id="no binding",
        ),
        pytest.param(
            Delivered(
                NOW,
                "d",
                "github",
                "push",
                "nothing",
                verdicts=(
                    BindingVerdict("a", matched=False, reason="payload.x is false"),
                    BindingVerdict("b", matched=False, reason="payload.y is false"),
                ),
                more=3,
            ),
            "a: payload.x is false (and 4 more)",
            id="nothing matched",
        ),
        pytest.param(
            Delivered(
                NOW,
                "d",
                "github",
                "push",
                "failed",
                verdicts=(
                    BindingVerdict("a", matched=False, reason="payload.x is false"),
                    BindingVerdict("b", matched=True, reason="no template"),
                ),
            ),
            "b: no template (and 1 more)",
            id="the one that failed comes first",
        ),
    ],
)
def test_each_record_has_a_reason(record, expected):
    (found,) = read("ci", {"a": value([record], limit=1)}, since=LONG_AGO)
    assert found["reason"] == expected
