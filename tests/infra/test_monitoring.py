"""Rules, dashboard and alert ask for metrics that the functions export and log lines that they write."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.infra.test_kubernetes import kubectl, needs_kubectl
from tests.kube.fakes import FakeClock
from tests.real.judging import praise, verdicts
from tests.simulation.events_world import Incoming

from triggerfish.cron.planning.health import Trouble
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import app
from triggerfish.cron_function.metrics import CronMetrics
from triggerfish.errors import AnswerError
from triggerfish.events_function.metrics import EventMetrics
from triggerfish.events_function.narration import Narration
from triggerfish.http.messages import Exchange, Remarks
from triggerfish.runtime import logs
from triggerfish.settings import Settings

MONITORING = Path(__file__).parents[2] / "infra" / "kubernetes" / "monitoring"
TERRAFORM = MONITORING.parents[1] / "terraform"


def exported() -> set[str]:
    """Each name that a query may use."""
    names = set()
    events = EventMetrics()
    events.cache("reads", lambda: 0, lambda: 0)
    text = (CronMetrics().text() + events.text()).decode()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M):
        names.add(name)
        if kind == "histogram":
            names |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
    return names


def queries() -> list[str]:
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    found = [rule["expr"] for group in rules["spec"]["groups"] for rule in group["rules"]]
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return found + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("query", queries())
def test_each_metric_is_exported(query: str) -> None:
    names = set(re.findall(r"\btriggerfish_\w+", query))
    assert names
    assert names - exported() == set()


def test_each_metric_is_shown_somewhere() -> None:
    shown = set(re.findall(r"\btriggerfish_\w+", " ".join(queries())))
    whole = {re.sub("_bucket$", "", name) for name in shown}
    unseen = {name for name in exported() if name not in whole}
    assert {name for name in unseen if not name.endswith(("_created", "_bucket", "_sum", "_count"))} == set()


@pytest.mark.parametrize("query", queries())
def test_each_query_is_balanced(query: str) -> None:
    bare = re.sub(r'"[^"]*"', "", query)
    for opening, closing in ("()", "{}", "[]"):
        assert bare.count(opening) == bare.count(closing)


def rule(*expressions: str) -> dict:
    """A PrometheusRule of these expressions."""
    rules = [{"alert": f"Each{number}", "expr": each} for number, each in enumerate(expressions)]
    spec = {"groups": [{"name": "all", "rules": rules}]}
    meta = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    return {**meta, "metadata": {"name": "all"}, "spec": spec}


@pytest.mark.real
@needs_kubectl
def test_prometheus_and_its_operator_take_each_object_and_each_query() -> None:
    rendered = yaml.safe_load_all(kubectl("kustomize", str(MONITORING)))
    found = [item for item in rendered if item["kind"] != "ConfigMap"]
    assert {item["kind"] for item in found} == {"PodMonitor", "PrometheusRule"}
    found.append(rule(*queries()))
    assert verdicts("prometheus", found) == praise(found)


@pytest.mark.real
def test_prometheus_refuses_a_query_that_is_none() -> None:
    (line,) = verdicts("prometheus", [rule("sum(rate(triggerfish_ticks_total))")])
    assert "expected type range vector" in line


def test_each_rule_says_what_it_means() -> None:
    rules = yaml.safe_load((MONITORING / "rules.yaml").read_text())
    for group in rules["spec"]["groups"]:
        for rule in group["rules"]:
            assert re.fullmatch(r"Triggerfish[A-Z]\w+", rule["alert"])
            assert rule["annotations"]["summary"].endswith(".")
            assert rule["labels"]["severity"] in ("warning", "critical")


def test_no_two_panels_share_a_place() -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


@contextlib.contextmanager
def heard(name: str) -> Iterator[list[dict]]:
    """The lines of that logger, as the function writes them."""
    lines: list[dict] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(logs.Lines().format(record)))

    logger = logging.getLogger(name)
    keep, level = Keep(), logger.level
    logger.addHandler(keep)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(keep)
        logger.setLevel(level)


def tick_line(**changes) -> dict:
    summary = Summary(datetime(2026, 1, 1, tzinfo=UTC), evaluated=1, left=changes.pop("left", 0))
    for trouble in changes.pop("troubles", ()):
        summary.unwell("team", trouble)
    with heard("triggerfish.cron") as lines:
        asyncio.run(app.report(summary, FakeClock()))
    return lines[-1]


async def failed_tick_line() -> dict:
    clock = FakeClock()
    function = app.CronApp(Settings(kubeconfig="/nonexistent"), clock)
    scope = {"path": "/", "query_string": b"", "headers": []}
    with heard("triggerfish.cron") as lines:
        await function.answer(Incoming(scope, b""))
    return lines[-1]


def delivery_line(cause: str = "", *, known: bool = True) -> dict:
    error = AnswerError(403, 7, "no", cause=cause) if cause else None
    remarks = Remarks(namespace="team", known=known)
    exchange = Exchange([], "/api/v1/events/{namespace}", remarks=remarks, status=403, error=error)
    with heard("triggerfish.events") as lines:
        Narration(FakeClock(), lambda refusal: None).answered(exchange)
    return lines[-1]


_PART = re.compile(r'\([^)]*\)|[\w.]+(?:=~|=|>)(?:"[^"]*"|\w+)')


def selects(conditions: str, line: dict) -> bool:
    """Whether Cloud Logging finds the line: what stands side by side must all hold, OR in brackets one."""
    return all(_holds(part, line) for part in _PART.findall(conditions))


def _holds(part: str, line: dict) -> bool:
    if part.startswith("("):
        return any(_holds(each, line) for each in part[1:-1].split(" OR "))
    name, sign, text = re.fullmatch(r"([\w.]+?)(=~|=|>)(.*)", part).groups()
    if name.startswith("resource."):
        return True
    found, value = line.get(name.removeprefix("jsonPayload.")), json.loads(text)
    if sign == ">":
        return found is not None and found > value
    return bool(re.search(value, found or "")) if sign == "=~" else found == value


def conditions_of(name: str) -> str:
    """The filter of a log metric or of an alert in infra/terraform."""
    text = (TERRAFORM / "monitoring.tf").read_text()
    if name == "complete":
        return re.search(r"filter += <<-EOT\n(.*?)EOT", text, re.DOTALL)[1]
    block = re.search(rf"\n    {name} = {{(.*?)\n    }}", text, re.DOTALL)[1]
    return json.loads(re.search(r'filter += (".*")', block)[1])


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        pytest.param("complete", tick_line(), True, id="a complete tick"),
        pytest.param("complete", tick_line(left=1), False, id="one that left something"),
        pytest.param("schedules", tick_line(), False, id="all are well"),
        pytest.param("schedules", tick_line(troubles=[Trouble.SPEC_ERROR]), True, id="a SpecError"),
        pytest.param("schedules", tick_line(troubles=[Trouble.FAILED]), True, id="a failing schedule"),
        pytest.param("ticks", tick_line(), False, id="a tick is no failure"),
        pytest.param("webhooks", delivery_line(), False, id="a delivery that was taken"),
        pytest.param("webhooks", delivery_line("account"), True, id="an account"),
        pytest.param("webhooks", delivery_line("rights"), True, id="rights"),
        pytest.param("webhooks", delivery_line("clients"), True, id="clients"),
        pytest.param("webhooks", delivery_line("unsigned"), False, id="a stranger"),
        pytest.param("webhooks", delivery_line("clients", known=False), False, id="a made-up namespace"),
    ],
)
def test_an_alert_of_terraform_finds_the_lines_that_it_is_for(name: str, line: dict, found: bool) -> None:
    assert selects(conditions_of(name), line) is found


async def test_an_alert_of_terraform_finds_a_tick_that_failed() -> None:
    assert selects(conditions_of("ticks"), await failed_tick_line())


def test_missed_ticks_are_seen_by_shard_and_also_before_the_first_one() -> None:
    text = (TERRAFORM / "monitoring.tf").read_text()
    assert tick_line()["shard"] == "1/1"
    assert 'shard = "EXTRACT(jsonPayload.shard)"' in text
    assert "absent(${local.complete_ticks}) or" in text
    assert ">= 1) < ${var.shards}" in text
