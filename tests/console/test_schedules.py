"""The schedules view's data, and what strangers can put into it."""

import calendar
import json
import time

import pytest

CRON = "workflows.argoproj.io/cron-workflow"
DECISIONS = "triggerfish.dev/decisions"


def seconds(text):
    """Of a Kubernetes timestamp."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def test_the_list_has_every_cron_workflow_with_what_is_wrong_with_it(desk):
    desk.cron("b", timezone="Europe/Berlin")
    desk.cron("a", "30 2 * * *", suspend=True)
    found = desk.read("schedules", namespace=desk.namespace)["schedules"]
    assert [row["id"] for row in found] == [f"{desk.namespace}/a", f"{desk.namespace}/b"]
    assert found[0]["suspended"] is True
    assert found[0]["schedules"] == ["30 2 * * *"]
    assert found[1]["timezone"] == "Europe/Berlin"


def test_a_lane_has_runs_skips_and_what_comes(desk):
    made = desk.cron(schedule="* * * * *")
    now = seconds(made["metadata"]["creationTimestamp"])
    slot = now - now % 60
    desk.annotate("hourly", {DECISIONS: json.dumps([[slot - 60, "forbid", slot - 55]])})
    desk.workflow(f"hourly-{slot}", labels={CRON: "hourly"})
    desk.workflow("hourly-again", labels={CRON: "hourly"}, phase="Running")
    desk.workflow("hourly-old", labels={"workflows.argoproj.io/backfill": "hourly"})
    answer = desk.read("lanes", id=f"{desk.namespace}/hourly", hours=1)
    lane = answer["lanes"][f"{desk.namespace}/hourly"]
    assert answer["to"] - answer["from"] == 2 * 3600
    assert sorted(run["kind"] for run in lane["runs"]) == ["backfill", "manual", "scheduled"]
    assert 55 <= sum(1 for _, outcome in lane["slots"] if outcome == 3) <= 60


def test_a_lane_that_is_gone_is_left_out(desk):
    assert desk.read("lanes", id=f"{desk.namespace}/gone")["lanes"] == {}


def test_no_more_than_sixty_lanes_are_drawn_at_once(desk):
    names = [f"many-{number:02}" for number in range(70)]
    for name in names:
        desk.cron(name, "0 0 1 1 *")
    answer = desk.read("lanes", id=[f"{desk.namespace}/{name}" for name in names])
    assert len(answer["lanes"]) == 60


def test_every_slot_has_its_reason(desk):
    made = desk.cron(schedule="* * * * *", suspend=True)
    now = seconds(made["metadata"]["creationTimestamp"])
    answer = desk.read("slots", id=f"{desk.namespace}/hourly")
    coming = [slot for slot in answer["slots"] if slot["outcome"] == "coming"]
    assert 1439 <= len(coming) <= 1440
    assert all(slot["slot"] > now for slot in coming)
    assert {slot["reason"] for slot in coming} == {"It would not run: the CronWorkflow is suspended."}


def test_what_is_wrong_with_a_schedule_is_said(desk):
    desk.cron(schedule="0 0 31 2 *")
    assert "31" in desk.read("slots", id=f"{desk.namespace}/hourly")["problem"]


def test_a_calendar_that_the_reader_may_not_read_hides_nothing_else(desk):
    desk.cron(annotations={"triggerfish.dev/exclude": "ics:holidays"})
    answer = desk.get("slots", id=f"{desk.namespace}/hourly")
    assert answer.status == 200
    assert desk.get("lanes", id=f"{desk.namespace}/hourly").status == 200


def test_a_preview_has_the_workflow_that_would_be_made(desk):
    made = desk.cron()
    slot = (seconds(made["metadata"]["creationTimestamp"]) // 3600 + 5) * 3600
    told = desk.read("preview", id=f"{desk.namespace}/hourly", at=slot)
    assert told["sentence"] == f"It would run as hourly-{slot}."
    assert told["workflow"]["metadata"]["name"] == f"hourly-{slot}"


def test_a_preview_of_an_instant_between_slots_names_the_next(desk):
    made = desk.cron()
    slot = (seconds(made["metadata"]["creationTimestamp"]) // 3600 + 5) * 3600
    told = desk.read("preview", id=f"{desk.namespace}/hourly", at=slot + 5)
    assert told["sentence"].startswith("Nothing is due at")
    assert told["workflow"] is None


@pytest.mark.parametrize("at", ["nan", "inf", "1e300", "-1e300", "tomorrow", "", "0x10"])
def test_an_instant_that_is_none_is_refused(desk, at):
    desk.cron()
    answer = desk.get("preview", id=f"{desk.namespace}/hourly", at=at)
    assert (answer.status, answer.json["code"]) == (400, 3)


@pytest.mark.parametrize(
    "identity",
    ["", "name", "ns/", "/name", "a/b/c", "../secrets", "ns/..%2f..", "<script>/x", "ns/" + "a" * 300, "A/b"],
)
@pytest.mark.parametrize("path", ["lanes", "slots", "preview", "binding"])
def test_what_is_no_name_reaches_no_url(desk, path, identity):
    answer = desk.get(path, id=identity, at=0)
    assert (answer.status, answer.json["code"]) == (400, 3)


@pytest.mark.parametrize("query", [{}, {"id": ["a/b", "a/c"]}])
def test_one_cron_workflow_is_asked_for(desk, query):
    assert desk.get("slots", **query).status == 400


def test_only_three_spans_are_drawn(desk):
    assert desk.get("lanes", id=f"{desk.namespace}/a", hours="9999999999").status == 400


@pytest.mark.parametrize(
    "notes",
    [
        "[" * 5000,
        '[[1e999, "ran", 1]]',
        '[[1, "\\ud800", 1, "\\udfff"]]',
        '[[99999999999999999999, "ran", 1]]',
        '[["<script>", {}, []]]',
        "null",
    ],
)
def test_no_annotation_breaks_the_views(desk, notes):
    made = desk.cron(annotations={DECISIONS: notes})
    slot = seconds(made["metadata"]["creationTimestamp"]) // 60 * 60
    desk.annotate("hourly", {DECISIONS: notes.replace("[[1,", f"[[{slot},")})
    for path in ("lanes", "slots"):
        assert desk.get(path, id=f"{desk.namespace}/hourly").status == 200
