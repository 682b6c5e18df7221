"""The deliveries view's data, and what strangers can put into it."""

import json
import time

import pytest
from tests.support import functions
from tests.support.events import MAY_SUBMIT


def delivery(**changed):
    return {
        "at": time.time(),
        "id": "d-1",
        "sender": "github",
        "event": "push",
        "result": "created",
        "workflows": ["w"],
        "bindings": [{"name": "b", "matched": True, "reason": ""}],
        "more": 0,
    } | changed


def test_a_reader_of_one_namespace_needs_no_right_to_other_config_maps(desk):
    desk.record(delivery(), delivery(id="d-2", result="nothing"))
    found = desk.read("deliveries", namespace=desk.namespace)["deliveries"]
    assert [record["id"] for record in found] == ["d-1", "d-2"]
    assert len({record["key"] for record in found}) == 2
    assert {record["namespace"] for record in found} == {desk.namespace}


@pytest.mark.parametrize(
    ("back", "ids"), [(30, ["d-2"]), (90, ["d-1", "d-2"]), (10**9, ["d-1", "d-2"]), (-60, [])]
)
def test_who_has_seen_some_asks_for_the_rest(desk, back, ids):
    now = time.time()
    desk.record(delivery(at=now - 60), delivery(id="d-2", at=now))
    found = desk.read("deliveries", namespace=desk.namespace, since=now - back)["deliveries"]
    assert [record["id"] for record in found] == ids


def test_what_became_of_its_runs(desk):
    desk.reported("w-1", told="success 2026-11-29T02:01:00Z", superseded_by="w-2")
    desk.reported("w-2")
    desk.trouble("w-2", "GitHub answered 401")
    ids = [f"{desk.namespace}/{name}" for name in ("w-1", "w-2", "gone")]
    first, second = desk.read("runs", id=ids)["runs"]
    assert (first["commit"], first["superseded_by"]) == ("org/app@1a1a1a1a1a1a", "w-2")
    assert (first["report"]["status"], first["report"]["problem"]) == ("ci/build: success", "")
    assert second["report"]["problem"] == "GitHub answered 401"


@pytest.mark.parametrize("ids", [[], ["a/b", "c/d"], ["nonsense"]])
def test_runs_are_those_of_one_namespace(desk, ids):
    assert desk.get("runs", id=ids).status == 400


@pytest.mark.parametrize("since", ["nan", "inf", "soon", "1e99"])
def test_since_is_an_instant(desk, since):
    assert desk.get("deliveries", namespace=desk.namespace, since=since).status == 400


def test_no_record_is_no_delivery(desk):
    answer = desk.read("deliveries", namespace=desk.namespace)
    assert (answer["deliveries"], answer["note"]) == ([], "")


def test_without_the_setting_the_list_says_that_nothing_is_recorded(embedded):
    with functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig), "CONSOLE": "on"}) as function:
        headers = {"Authorization": f"Bearer {embedded.token}"}
        answer = function.send("GET", "/console/api/deliveries?namespace=default", headers=headers)
        assert "DELIVERY_RECORD" in answer.json["note"]


@pytest.mark.parametrize(
    "row",
    [
        "nonsense",
        '{"at": 1e999}',
        delivery(at=1e300),
        delivery(at=True),
        delivery(at=-1),
        delivery(sender=None),
        delivery(bindings={}),
    ],
    ids=["no JSON", "infinity", "no such year", "no number", "before 1970", "no sender", "no list"],
)
def test_a_record_that_is_none_is_left_out(desk, row):
    desk.record(row, delivery(id="good"))
    found = desk.read("deliveries", namespace=desk.namespace)["deliveries"]
    assert [record["id"] for record in found] == ["good"]


def test_of_a_record_only_what_belongs_there_is_passed_on(desk):
    desk.record(
        delivery(
            workflows=["w", 7, None],
            bindings=[
                None,
                7,
                {"name": [], "matched": "yes"},
                {"name": "b", "matched": False, "reason": "r"},
            ],
            more="many",
            payload={"secret": 1},
            event="\ud800",
        )
    )
    (found,) = desk.read("deliveries", namespace=desk.namespace)["deliveries"]
    assert found["workflows"] == ["w"]
    assert found["bindings"] == [{"name": "b", "matched": False, "reason": "r"}]
    assert found["more"] == 0
    assert "payload" not in found


def test_a_tree_is_passed_on_in_its_bounds(desk):
    tree = {"text": "x" * 200, "value": 1, "parts": [{"text": "p"}] * 1000, "evil": 1}
    for _ in range(200):
        tree = {"text": "t", "parts": [tree]}
    wide = {"text": "w", "parts": [{"text": "p", "value": "v" * 200, "more": "many"}] * 1000}
    bindings = [
        {"name": name, "matched": True, "reason": "", "tree": given}
        for name, given in (("deep", tree), ("wide", wide), ("none", "text"))
    ]
    desk.record(delivery(bindings=bindings))
    (found,) = desk.read("deliveries", namespace=desk.namespace)["deliveries"]
    deep, broad, none = found["bindings"]
    assert json.dumps(deep).count('"text"') == 9
    assert len(broad["tree"]["parts"]) == 23
    assert broad["tree"]["parts"][0] == {
        "text": "p",
        "reached": True,
        "parts": [],
        "value": "v" * 79 + "…",
        "more": 0,
    }
    assert "tree" not in none


def test_a_delivery_is_in_the_list_soon_after_it_came(desk, embedded):
    sender = embedded.service_account(desk.namespace, "sender", MAY_SUBMIT)
    desk.template()
    desk.binding()
    assert desk.event({"message": "hello"}, token=sender).status == 200
    deadline = time.monotonic() + 20
    while not (found := desk.read("deliveries", namespace=desk.namespace)["deliveries"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)  # the record is written by itself, and nothing says when
    (record,) = found
    (binding,) = record["bindings"]
    assert (record["result"], binding["name"]) == ("created", "event-consumer")
    assert binding["tree"]["value"] == "true"
