"""What traces cost a delivery: processor time of the function, off and on, in turns within one run."""

import os
from pathlib import Path

import pytest
from tests.bench.test_events import CLIENT, fire
from tests.support import functions
from tests.support.collector import collecting
from tests.support.events import MAY_SUBMIT, Place

DELIVERIES = 400
ROUNDS = 6


def processor_seconds(function) -> float:
    """Of the process and of the workers that it has started."""
    own = function.process.pid
    children = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    ticks = 0
    for pid in (str(own), *children):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.bench
async def test_a_delivery_with_and_without_traces(embedded, record):
    namespace = embedded.new_namespace()
    place = Place(embedded, None, namespace, embedded.service_account(namespace, "github.com", MAY_SUBMIT))
    place.clients(github_com=CLIENT)
    place.template()
    place.binding("on-push", 'metadata["x-github-event"] == ["push"]', "payload.head_commit.message")
    own = {"KUBECONFIG": str(embedded.kubeconfig)}
    with collecting() as collector:
        traced = {**own, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with functions.start("events", own) as off, functions.start("events", traced) as on:
            spent = {"off": [], "on": []}
            for _ in range(ROUNDS):
                for name, function in (("off", off), ("on", on)):
                    before = processor_seconds(function)
                    await fire(f"{function.url}/api/v1/events/{namespace}/", DELIVERIES)
                    spent[name].append(processor_seconds(function) - before)
    off_ms, on_ms = (min(spent[name][1:]) / DELIVERIES * 1000 for name in ("off", "on"))
    record("a delivery, traces off", off_ms, "ms", detail="processor time")
    record("a delivery, traces on", on_ms, "ms", detail=f"{on_ms / off_ms:.2f} of that without")
