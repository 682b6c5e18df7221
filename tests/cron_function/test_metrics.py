"""The metrics of ticks: of each shard the last one, and of sick CronWorkflows how many and where."""

import re
from datetime import UTC, datetime

import pytest
from tests.support.ticks import children, finish, put, run, team_model

from triggerfish.cron.planning.health import Trouble
from triggerfish.cron.planning.shard import Shard
from triggerfish.cron.planning.summary import Summary
from triggerfish.cron_function import tick
from triggerfish.cron_function.metrics import CronMetrics
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.runtime.clock import Clock

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ticked(*shards: str, metrics: CronMetrics | None = None, **more) -> CronMetrics:
    metrics = metrics or CronMetrics()
    for shard in shards:
        metrics.ticked(Summary(NOW, complete=True, **more), Shard.of(shard))
    return metrics


def samples(metrics: CronMetrics, name: str) -> dict[str, float]:
    """By labels, as they are written."""
    found = re.findall(rf"^triggerfish_{name}(?:{{(.*)}})? (\S+)$", metrics.text().decode(), re.MULTILINE)
    return {labels: float(value) for labels, value in found}


def test_before_the_first_tick_none_was_ever_complete():
    assert samples(CronMetrics(), "last_complete_tick_timestamp_seconds") == {'shard="1/1"': 0}


def test_each_shard_has_its_own_gauges():
    metrics = ticked("1/4", "2/4", "4/4")
    found = samples(metrics, "last_complete_tick_timestamp_seconds")
    assert found == dict.fromkeys((f'shard="{n}/4"' for n in (1, 2, 4)), NOW.timestamp())
    assert samples(metrics, "shards") == {"": 4}


def test_when_the_number_of_shards_changes_the_old_ones_are_forgotten():
    metrics = ticked("1/4", "2/4", "1/2")
    assert samples(metrics, "cron_workflows") == {'shard="1/2"': 0}
    assert samples(metrics, "shards") == {"": 2}


def test_a_tick_that_is_not_complete_does_not_count_as_one():
    metrics = ticked("1/1")
    metrics.ticked(Summary(NOW.replace(hour=13)), Shard())
    found = samples(metrics, "last_complete_tick_timestamp_seconds")
    assert found == {'shard="1/1"': NOW.timestamp()}


def test_sick_ones_are_counted_by_namespace_and_reason_and_gone_when_they_are_well():
    sick = Summary(NOW, complete=True)
    for namespace, trouble in (("a", Trouble.SPEC_ERROR), ("a", Trouble.SPEC_ERROR), ("b", Trouble.FAILED)):
        sick.unwell(namespace, trouble)
    metrics = CronMetrics()
    metrics.ticked(sick)
    labels = 'reason="spec-error",shard="1/1",workflow_namespace="a"'
    assert samples(metrics, "cron_workflows_in_error") == {labels: 2}
    labels = 'reason="failed",shard="1/1",workflow_namespace="b"'
    assert samples(metrics, "cron_workflows_failing") == {labels: 1}
    assert (sick.json()["inError"], sick.json()["failing"]) == (2, 1)
    ticked("1/1", metrics=metrics)
    assert samples(metrics, "cron_workflows_in_error") == {}


def test_namespaces_are_bounded_and_none_is_left_uncounted():
    sick = Summary(NOW)
    for number in range(500):
        sick.unwell(f"ns-{number:03}", Trouble.FAILED)
    sick.unwell("ns-499", Trouble.FAILED)
    metrics = CronMetrics()
    metrics.ticked(sick)
    found = samples(metrics, "cron_workflows_failing")
    assert len(found) == 51
    assert sum(found.values()) == 501
    assert found['reason="failed",shard="1/1",workflow_namespace="ns-499"'] == 2
    assert found['reason="failed",shard="1/1",workflow_namespace="…"'] == 450


def test_every_sample_says_its_installation_and_one_what_runs():
    metrics = CronMetrics("blue", "team")
    metrics.called("list", "workflows", "200", 0.1)
    lines = [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]
    assert lines
    assert all('installation="blue"' in line for line in lines)
    (build,) = (line for line in lines if line.startswith("triggerfish_build_info"))
    assert 'function="cron"' in build
    assert 'managed_namespace="team"' in build
    assert re.search(r'version="[0-9.]+"', build)


async def test_a_tick_knows_the_sick_ones_also_while_nothing_is_to_be_done_for_them():
    model = team_model()
    often = {"schedules": ["0 * * * *"], "startingDeadlineSeconds": 3600}
    put(model, "wrong", schedules=["0 25 * * *"])
    put(model, "fails", **often)
    put(model, "well", **often)
    put(model, "refused", **often, workflowMetadata={"labels": {"x": "not a label!"}})
    put(model, "suspended", **often, suspend=True)
    memory = tick.Memory(Calendars(Clock()))
    await run(model, 3602, memory=memory)
    for name in children(model):
        finish(model, name, "Failed" if name.startswith("fails") else "Succeeded")
    expected = {
        ("team", Trouble.SPEC_ERROR): 1,
        ("team", Trouble.FAILED): 1,
        ("team", Trouble.REFUSED): 1,
    }
    for seconds in (3662, 3722, 3782):
        assert (await run(model, seconds, memory=memory)).troubles == expected, seconds
    # Mended by its author.
    model.edit(CRON_WORKFLOWS, "team", "wrong", {"spec": {"schedules": ["0 5 * * *"]}}, "anna")
    found = [(await run(model, seconds, memory=memory)).troubles for seconds in (3842, 3902)][-1]
    assert found == {key: count for key, count in expected.items() if key[1] is not Trouble.SPEC_ERROR}


@pytest.mark.parametrize("failures", [2, 3])
async def test_one_that_is_paused_after_failures_is_failing(failures):
    model = team_model()
    put(model, "fails", notes={"triggerfish.dev/pause-after-failures": "2"})
    for minute in range(1, failures + 1):
        summary = await run(model, 60 * minute + 2)
        for name in children(model):
            finish(model, name, "Failed")
    summary = await run(model, 60 * (failures + 1) + 2)
    summary = await run(model, 60 * (failures + 2) + 2)
    assert summary.troubles == {("team", Trouble.PAUSED): 1}


async def test_a_run_that_failed_and_was_deleted_still_counts_until_one_ends_well():
    model = team_model()
    # No failed run is kept, and earlier ones that ended well are.
    put(model, "job", schedules=["*/5 * * * *"], failedJobsHistoryLimit=0, successfulJobsHistoryLimit=3)
    memory = tick.Memory(Calendars(Clock()))
    seen = []
    for number, phase in enumerate(("Succeeded", "Failed", "Succeeded"), 1):
        await run(model, 300 * number + 2, memory=memory)
        finish(model, children(model)[-1], phase)
        for minute in (1, 2, 3):
            summary = await run(model, 300 * number + 2 + 60 * minute, memory=memory)
        seen.append((len(children(model)), dict(summary.troubles)))
    assert seen == [(1, {}), (1, {("team", Trouble.FAILED): 1}), (2, {})]
