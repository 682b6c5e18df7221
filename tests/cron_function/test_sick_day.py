"""A made day of 26 hours with every kind of sickness, and healthy neighbours: each tool says what is so.

The cluster is the embedded one, on its own clock; the tick is the real one, and so is its record. An outage
takes two slots of everybody.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.calling import call, make, merge
from tests.simulation.statuses import refusal
from tests.support.embedded import start

from triggerfish import annotations as keys
from triggerfish.console.timeline import Window, lane, slots
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron_function import tick
from triggerfish.cron_function.metrics import CronMetrics
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.queries.health import glance
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

BEGIN = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
SLOTS = 52
# Slots that no tick comes for, and the one whose run is deleted on its way.
OUTAGE = (30, 31)
DELETED = 40
RUN = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
COSTLY = "{{= len(filter(1..100000, {all(1..100000, {# > 0})})) > 0 }}"


def course(text: str) -> dict:
    """Runs that go so."""
    return {"workflowMetadata": {"annotations": {keys.SIMULATE: text}}}


def crons() -> dict[str, tuple[dict, dict]]:
    """Spec and annotations of each CronWorkflow, by its name."""
    well = course("60s")
    return {
        "well": (well, {}),
        "night": (well | {"schedules": ["0 3 * * *"]}, {}),
        "brief": ({"workflowSpec": RUN | {"ttlStrategy": {"secondsAfterCompletion": 30}}} | well, {}),
        "failing": (course("60s,Failed"), {}),
        "flaky": (well, {}),
        "pausing": (course("60s,Error"), {keys.PAUSE_AFTER_FAILURES: "3"}),
        "misspelt": ({"timezone": "Europe/Berln"}, {}),
        "negative": ({"startingDeadlineSeconds": -1}, {}),
        "lost": ({"workflowSpec": {"workflowTemplateRef": {"name": "nowhere"}}}, {}),
        "unclear": ({"when": "{{= cronworkflow.name"} | well, {}),
        "costly": ({"when": COSTLY} | well, {}),
        "never": ({"when": "{{= cronworkflow.name == 'other' }}"} | well, {}),
        "full": (well, {}),
        "suspending": (well, {}),
        "stopping": ({"stopStrategy": {"expression": "cronworkflow.succeeded >= 5"}} | well, {}),
        "forbidding": ({"concurrencyPolicy": "Forbid"} | course("40m"), {}),
        "deleted": (course("10m"), {}),
        "holiday": (well, {keys.EXCLUDE: "2026-11-24"}),
    }


class Quota:
    """A transport that refuses to create what belongs to ``full``."""

    def __init__(self, inner) -> None:
        self.inner, self.calls = inner, Counter()

    async def send(self, request, *, timeout):
        name = (request.body or {}).get("metadata", {}).get("name", "") if request.method == "POST" else ""
        self.calls[request.method, request.path.rpartition("/")[2].partition("-")[0]] += 1
        if name.startswith("full-"):
            return refusal(403, "Forbidden", f"workflows {name!r} is forbidden: exceeded quota: team")
        return await self.inner.send(request, timeout=timeout)


@dataclass
class Day:
    """The cluster at the end of the day, and what the ticks have said."""

    cluster: object
    namespace: str
    summaries: list = field(default_factory=list)

    @property
    def where(self) -> list[str]:
        return ["--kubeconfig", str(self.cluster.kubeconfig), "-n", self.namespace]

    def listed(self, *arguments: str, code: int = 0) -> list[dict]:
        return json.loads(call(*arguments, "-o", "json", *self.where, code=code))


async def pass_by(day: Day, clock: Clock) -> None:
    """Every tick of the day, and what people do meanwhile."""
    chosen = Settings(kubeconfig=str(day.cluster.kubeconfig), managed_namespace=day.namespace)
    opened = await Cluster.open(chosen, clock)
    client = opened.own
    watched = Client(Quota(client.transport), client.timeout, client.identity)
    try:
        for number in range(SLOTS):
            now = BEGIN + (number + 1) * HALF_HOUR
            day.cluster.request("POST", "/clock", {"advance": HALF_HOUR.total_seconds()})
            if number == 10:
                merge(day.cluster, day.namespace, "cronworkflows", "suspending", {"spec": {"suspend": True}})
            if number in (20, 21):
                failed = "60s,Failed" if number == 20 else "60s"
                patch = {"spec": course(failed)}
                merge(day.cluster, day.namespace, "cronworkflows", "flaky", patch)
            if number not in OUTAGE:
                day.summaries.append(await tick.run(watched, chosen, clock))
            if number == DELETED:
                await client.delete(WORKFLOWS, day.namespace, f"deleted-{int(now.timestamp())}")
    finally:
        await opened.close()


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    at = (BEGIN + timedelta(seconds=2)).isoformat()
    folder = tmp_path_factory.mktemp("day")
    with start(folder, "--at", at, "--speed", "0") as cluster:
        found = Day(cluster, cluster.new_namespace())
        for name, (spec, notes) in crons().items():
            body = {"schedules": ["*/30 * * * *"], "workflowSpec": RUN} | spec
            metadata = {"name": name, "annotations": notes}
            make(
                cluster,
                found.namespace,
                "cronworkflows",
                {"kind": "CronWorkflow", "metadata": metadata, "spec": body},
            )
        asyncio.run(pass_by(found, Clock()))
        yield found


# What each is at the end of the day.
STATES = {
    **dict.fromkeys(
        ("well", "night", "brief", "flaky", "never", "forbidding", "deleted", "holiday"), "active"
    ),
    **dict.fromkeys(("misspelt", "negative", "lost", "unclear", "costly", "full"), "error"),
    "failing": "failing",
    "pausing": "paused",
    "suspending": "suspended",
    "stopping": "stopped",
}
# What runs on: the next slot of the others will not run.
GOING = {"well", "night", "brief", "flaky", "never", "forbidding", "deleted", "holiday", "failing", "full"}
# Verdicts on the slots of the last 24 hours.
VERDICTS = {
    "well": {"on time", "missed"},
    "night": {"on time"},
    "brief": {"on time", "missed"},
    # The last of its runs goes on.
    "failing": {"failing", "missed", "on time"},
    "flaky": {"on time", "failing", "missed"},
    "pausing": {"skipped"},
    "misspelt": {"invalid"},
    "negative": {"invalid", "missed"},
    "lost": {"invalid", "missed"},
    "unclear": {"invalid", "missed"},
    "costly": {"invalid", "missed"},
    "never": {"skipped", "missed"},
    "full": {"skipped", "missed"},
    "suspending": {"on time", "skipped"},
    "stopping": {"on time", "skipped"},
    "forbidding": {"on time", "skipped", "missed"},
    "deleted": {"on time", "missed"},
    "holiday": {"on time", "skipped", "missed"},
}


def test_get_crons_has_the_state_and_no_next_that_will_not_run(day):
    rows = {row["name"]: row for row in day.listed("get", "crons")}
    assert {name: row["state"] for name, row in rows.items()} == STATES
    assert {name for name, row in rows.items() if "next" in row} == GOING
    assert all(
        row.get("note") for name, row in rows.items() if STATES[name] in ("error", "failing", "paused")
    )
    assert (rows["failing"]["result"], rows["failing"]["failures"]) == ("Failed", 49)
    assert rows["failing"]["message"] == "child failed (simulated)"
    assert (rows["flaky"]["failed"], rows["flaky"]["result"]) == (1, "Succeeded")
    assert "exceeded quota" in rows["full"]["note"]


def test_audit_has_a_verdict_on_every_slot_and_none_is_unknown(day):
    found: dict[str, set[str]] = {}
    for row in day.listed("audit", code=1):
        found.setdefault(row["cron"].partition("/")[2], set()).add(row["verdict"])
    assert found == VERDICTS


def test_audit_wrong_lists_exactly_what_needs_a_person(day):
    rows = day.listed("audit", "--wrong", code=1)
    by_cron = Counter(row["cron"].partition("/")[2] for row in rows)
    sick = {"failing", "pausing", "negative", "lost", "unclear", "costly", "full"}
    assert {name for name, count in by_cron.items() if count > 40} == sick
    # The outage took two slots of those that wanted to run, one run of the flaky one failed.
    assert {name: count for name, count in by_cron.items() if count <= 40} == {
        **dict.fromkeys(("well", "brief", "never", "forbidding", "deleted", "holiday"), 2),
        "misspelt": 1,
        "flaky": 3,
    }
    assert call("audit", "night", "--wrong", *day.where).startswith("nothing is wrong")


@pytest.mark.parametrize("name", [*crons()])
def test_explain_leads_with_what_is_wrong_and_knows_every_slot(day, name):
    wrong = STATES[name] in ("error", "failing", "paused")
    rows = day.listed("explain", "cron", name, code=int(wrong))
    assert {row["outcome"] for row in rows} <= {"ran", "skipped", "missed"}
    first = call("explain", "cron", name, *day.where, code=int(wrong)).splitlines()[0]
    assert first.startswith(f"{name} is {STATES[name]}: ") == (STATES[name] != "active")


def test_explain_says_how_runs_ended_that_are_long_gone(day):
    rows = day.listed("explain", "cron", "failing", code=1)
    ran = [row for row in rows if row["outcome"] == "ran"]
    assert len(ran) == 46
    ended = [row for row in ran if row["phase"] == "Failed"]
    assert len(ended) >= 45
    assert all("child failed (simulated)" in row["reason"] for row in ended)
    gone = BEGIN + (DELETED + 1) * HALF_HOUR
    (row,) = day.listed("explain", "cron", "deleted", "--at", gone.strftime("%Y-%m-%dT%H:%M"))
    assert (row["outcome"], row["phase"]) == ("ran", "Deleted")


def test_the_console_knows_every_slot(day):
    async def read():
        chosen = Settings(kubeconfig=str(day.cluster.kubeconfig), managed_namespace=day.namespace)
        opened = await Cluster.open(chosen, Clock())
        try:
            pages = [page async for page in opened.own.pages(CRON_WORKFLOWS, day.namespace)]
            runs = [page async for page in opened.own.pages(WORKFLOWS, day.namespace)]
        finally:
            await opened.close()
        return [body for page in pages for body in page.items], [
            run for page in runs for body in page.items if (run := Run.of(body))
        ]

    bodies, runs = asyncio.run(read())
    now = BEGIN + SLOTS * HALF_HOUR + timedelta(seconds=2)
    for body in bodies:
        name = body["metadata"]["name"]
        cron = CronWorkflow.of(body, Rules())
        mine = [run for run in runs if run.cron == name]
        assert glance(body, now).state.value == STATES[name]
        told = {row["outcome"] for row in slots(cron, mine, Window(now))}
        assert told <= {"ran", "skipped", "missed", "coming"}, name
        assert lane(cron, mine, Window(now))["slots"] or name == "misspelt"


def test_the_log_and_the_metrics_have_each_reason(day):
    reasons = Counter(reason for each in day.summaries for reason in each.skipped)
    expected = {"spec-error", "condition-error", "too-costly", "condition-false", "paused", "suspended"}
    assert expected | {"stopped", "forbid", "missed"} <= set(reasons)
    metrics = CronMetrics()
    for each in day.summaries:
        metrics.ticked(each)
    text = metrics.text().decode()
    assert all(f'reason="{reason}"' in text for reason in reasons)
    refused = [entry for each in day.summaries for entry in each.entries if entry.what == "failed"]
    assert {entry.reason.value for entry in refused if entry.reason} == {"refused"}


def test_the_record_of_each_reaches_back_a_day_and_is_small(day):
    for name in crons():
        cron = day.cluster.request(
            "GET", f"/apis/argoproj.io/v1alpha1/namespaces/{day.namespace}/cronworkflows/{name}"
        )[1]
        text = (cron["metadata"].get("annotations") or {}).get(keys.OUTCOMES, "")
        assert len(text) < 2_500, name
        assert text or name == "misspelt"
