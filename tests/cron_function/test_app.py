"""The cron function's log, when a tick cannot even read."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered
from tests.simulation.events_world import Incoming

from triggerfish.cron.planning.summary import Entry, Summary
from triggerfish.cron_function.app import CronApp, report
from triggerfish.kube.client import Client
from triggerfish.runtime import logs
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.once import Once
from triggerfish.settings import Settings

FORBIDDEN = (
    'cronworkflows.argoproj.io is forbidden: User "system:serviceaccount:t:triggerfish-cron" cannot list '
    'resource "cronworkflows" in API group "argoproj.io" at the cluster scope'
)


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        pytest.param(
            FORBIDDEN,
            "kubectl create clusterrole triggerfish-cron-list-cronworkflows --verb=list"
            " --resource=cronworkflows.argoproj.io"
            " && kubectl create clusterrolebinding triggerfish-cron-list-cronworkflows"
            " --clusterrole=triggerfish-cron-list-cronworkflows --serviceaccount=t:triggerfish-cron",
            id="a right",
        ),
        pytest.param("no", None, id="anything else"),
    ],
)
async def test_a_tick_that_may_not_read_says_what_grants_it(message, fix, caplog):
    app = CronApp(Settings(), FakeClock())
    refused = FakeTransport(lambda request: answered(403, {"reason": "Forbidden", "message": message}))

    async def opened():
        return SimpleNamespace(own=Client(refused))

    app._cluster = Once(opened)
    caplog.set_level(logging.INFO, "triggerfish.cron")
    scope = {"path": "/", "query_string": b"", "headers": []}
    answer = await app.answer(Incoming(scope, b""))
    assert (answer.status, answer.body["message"]) == (500, "the tick failed; the log says why")
    (line,) = (json.loads(logs.Lines().format(record)) for record in caplog.records)
    assert line["message"] == f"the tick failed: 403 Forbidden: {message}"
    assert line.get("fix") == fix


async def test_thousands_of_lines_of_a_tick_hold_up_nobody(caplog):
    caplog.set_level(logging.INFO, "triggerfish.cron")
    summary = Summary(datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(3000):
        summary.note(Entry("deleted", "team/job", child=f"job-{number}"))
    telling = asyncio.create_task(report(summary, Clock()))
    turns = 0
    while not telling.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3
