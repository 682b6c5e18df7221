"""Rules, dashboard and alert ask for metrics that the functions export and log lines that they write."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.infra.test_kubernetes import kubectl, needs_kubectl
from tests.real.judging import praise, verdicts

from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import app
from triggerfish.cron_function.metrics import CronMetrics
from triggerfish.events_function.metrics import EventMetrics
from triggerfish.runtime import logs

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


def test_the_alert_on_missed_ticks_counts_lines_that_a_complete_tick_writes() -> None:
    lines = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(logs.Lines().format(record)))

    logger = logging.getLogger("triggerfish.cron")
    keep = Keep()
    logger.addHandler(keep)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        app.report(Summary(datetime(2026, 1, 1, tzinfo=UTC), evaluated=1))
    finally:
        logger.removeHandler(keep)
        logger.setLevel(level)
    wanted = re.findall(r"jsonPayload\.(\w+)=(\S+)", (TERRAFORM / "scheduler.tf").read_text())
    assert len(wanted) == 3
    assert [line for line in lines if all(line[key] == json.loads(value) for key, value in wanted)]
