"""Traces of both functions at a collector on loopback; without the setting nothing of it is imported."""

import os
import subprocess
import sys
import threading
import time

import pytest
from tests.functions.test_cron import CRONS, WORKFLOWS, cron, tick_until
from tests.support import functions
from tests.support.collector import collecting
from tests.support.events import MAY_SUBMIT, Place

from triggerfish.runtime import starting

CLIENT = 'type: github\nsecret: "shh!"\n'
TRACE = "triggerfish.dev/trace"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector():
    with collecting() as found:
        yield found


def settings(own, function, endpoint, **more):
    # Batches leave a process ten times a second here.
    return {
        "KUBECONFIG": own(function),
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        **more,
    }


def place(embedded, function):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(embedded, function, namespace, token)
    found.clients(github_com=CLIENT)
    found.template()
    found.binding("on-push", "true", "string(payload.number)")
    return found


def test_a_delivery_and_its_workflow(embedded, own, collector):
    with functions.start("events", settings(own, "events", collector.url)) as function:
        where = place(embedded, function)
        sent = where.github({"number": 1}, delivery="one", headers={"traceparent": PARENT})
        assert sent.status == 200, function.log
        (delivery,) = collector.until("delivery", delivery="one")
        (create,) = collector.until("create workflow", namespace=where.namespace)
    (workflow,) = where.workflows()
    assert delivery.service == "triggerfish-events"
    assert (delivery.trace, delivery.parent) == (PARENT.split("-")[1], PARENT.split("-")[2])
    assert (create.trace, create.parent) == (delivery.trace, delivery.id)
    assert create.facts["triggerfish.workflow"] == workflow["metadata"]["name"]
    assert workflow["metadata"]["annotations"][TRACE] == delivery.trace
    assert delivery.facts["triggerfish.account"] == "github.com"
    assert delivery.facts["triggerfish.status"] == 200
    assert "shh!" not in str(collector.spans)


def test_a_delivery_without_a_trace_begins_one_which_the_log_names(embedded, own, collector):
    with functions.start("events", settings(own, "events", collector.url)) as function:
        where = place(embedded, function)
        assert where.github({"number": 1}, delivery="first").status == 200
        assert where.github({"number": 1}, delivery="first").status == 200
        first, second = collector.until("delivery", 2, delivery="first")
        assert first.trace != second.trace
        assert first.parent == ""
        assert function.said(first.trace)
    # A redelivery is the same Workflow, which keeps the trace that made it.
    (workflow,) = where.workflows()
    assert workflow["metadata"]["annotations"][TRACE] == first.trace


def test_a_refused_delivery_is_a_span_without_a_workflow(embedded, own, collector):
    with functions.start("events", settings(own, "events", collector.url)) as function:
        where = place(embedded, function)
        assert where.github({"number": 1}, delivery="bad", secret="wrong").status == 401
        (delivery,) = collector.until("delivery", status=401)
        assert function.send("GET", "/healthz").status == 200
    assert delivery.facts["triggerfish.namespace"] == where.namespace
    assert {span.name for span in collector.spans} == {"delivery"}


def test_a_tick_and_its_slots(embedded, own, collector):
    namespace = embedded.new_namespace()
    # In this order: what is due to the second is so to the first.
    made = [cron("waits", when="false"), cron("runs")]
    environment = settings(own, "cron", collector.url, MANAGED_NAMESPACE=namespace)
    with functions.start("cron", environment) as function:
        for body in made:
            assert embedded.request("POST", CRONS.format(namespace), body)[0] == 201
        tick_until(function, 1)
        slots = collector.until("slot", cron="runs", outcome="Created")
        (left_out, *_) = collector.until("slot", cron="waits", outcome="Skipped")
        ticks = {span.id: span for span in collector.until("tick", shard="1/1")}
    assert left_out.facts["triggerfish.reason"] == "condition-false"
    assert slots[0].service == "triggerfish-cron"
    assert ticks[slots[0].parent].trace == slots[0].trace
    name = slots[0].facts["triggerfish.workflow"]
    _, workflow = embedded.request("GET", f"{WORKFLOWS.format(namespace)}/{name}")
    assert workflow["metadata"]["annotations"][TRACE] == slots[0].trace


@pytest.mark.parametrize("silent", [False, True], ids=["down", "slow"])
def test_a_collector_that_is_down_or_slow_holds_nothing_up(embedded, own, silent):
    held = threading.Event()
    with collecting(silent=held) as collector:
        endpoint = collector.url if silent else f"http://127.0.0.1:{free_port()}"
        with functions.start("events", settings(own, "events", endpoint)) as function:
            where = place(embedded, function)
            answers = [where.github({"number": number}).status for number in range(30)]
            assert answers == [200] * 30
            assert not collector.spans
            if silent:
                collector.until_asked()
            began = time.monotonic()
        # A process that ends waits for its collector no longer than the platform gives it.
        assert time.monotonic() - began < 10
    assert len(where.workflows()) == 30


def test_an_endpoint_that_is_no_url_is_told_at_the_start():
    (wrong,) = starting.examine({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, ()).wrong
    assert wrong.variable == "OTEL_EXPORTER_OTLP_ENDPOINT"
    assert "http://collector:4318" in str(wrong)


OFF = """
import sys
from triggerfish.{function}.app import {app}
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
{app}(Settings(), Clock())
import triggerfish.events_function.creation, triggerfish.cron_function.creation
found = [name for name in sys.modules if name.startswith(("opentelemetry", "google.protobuf", "requests"))]
ours = ("triggerfish.runtime.spans", "triggerfish.events_function.traced")
found += [name for name in ours if name in sys.modules]
assert not found, found
"""


@pytest.mark.parametrize(
    ("function", "app"), [("events_function", "EventsApp"), ("cron_function", "CronApp")]
)
def test_without_the_setting_nothing_is_imported(function, app):
    code = OFF.format(function=function, app=app)
    path = os.pathsep.join(str(functions.ROOT / part) for part in ("shared",))
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def free_port():
    return functions._free_port()
