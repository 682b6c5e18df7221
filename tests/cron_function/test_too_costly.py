"""A CronWorkflow whose conditions are too costly is named by a Kubernetes Event and by a metric."""

import pytest
from tests.support.ticks import Patient, put, run, team_model

from triggerfish.cron_function import tick
from triggerfish.cron_function.metrics import CronMetrics
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.resources import CRON_WORKFLOWS, EVENTS

COSTLY = " && ".join(["{{= len(filter(1..45000, # % 7 == 3)) > 0 }}"] * 100)


async def test_one_event_on_the_object_in_ten_minutes():
    model = team_model()
    put(model, "costly", when=COSTLY)
    put(model, "mine")
    memory = tick.Memory(Calendars(Patient()))
    summaries = [await run(model, 60 * minute + 2, memory=memory) for minute in (1, 2, 3)]
    assert [summary.skipped for summary in summaries] == [{"too-costly": 1}] * 3
    [event] = model.objects(EVENTS)
    [uid] = [each["metadata"]["uid"] for each in model.objects(CRON_WORKFLOWS) if "when" in each["spec"]]
    assert event["involvedObject"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "namespace": "team",
        "name": "costly",
        "uid": uid,
    }
    assert "the conditions of a CronWorkflow in one tick may take no more than 200000" in event["message"]


async def test_another_instance_writes_no_second_one():
    model = team_model()
    put(model, "costly", when=COSTLY)
    for minute in (1, 2):
        await run(model, 60 * minute + 2)
    assert len(model.objects(EVENTS)) == 1


async def test_shadow_mode_writes_none():
    model = team_model()
    put(model, "costly", when=COSTLY)
    await run(model, mode="shadow")
    assert model.objects(EVENTS) == []


async def test_the_metric_names_the_object_and_has_few_names():
    model, metrics = team_model(), CronMetrics()
    put(model, "costly", when=COSTLY)
    for minute in (1, 2):
        metrics.ticked(await run(model, 60 * minute + 2))
    line = 'triggerfish_cron_workflows_too_costly_total{name="costly",workflow_namespace="team"} 2.0'
    assert line in metrics.text().decode()
    summary = await run(model, 200)
    summary.costly |= {f"team/job-{number}": ("uid", "") for number in range(1000)}
    metrics.ticked(summary)
    assert metrics.text().decode().count("cron_workflows_too_costly_total{") == 51


@pytest.mark.parametrize("field", ["when", "stopStrategy"])
async def test_each_condition_counts(field):
    model = team_model()
    costly = (
        COSTLY
        if field == "when"
        else {"expression": "len(filter(1..45000, # % 7 == 3)) > 0 && " * 50 + "true"}
    )
    put(model, "costly", **{field: costly})
    summary = await run(model)
    assert [*summary.costly] == ["team/costly"]
    assert len(model.objects(EVENTS)) == 1
