"""The alerts in Prometheus' own rule tests: which fire for an installation that is well, or sick."""

from pathlib import Path

import pytest
import yaml
from tests.real.promtool import firing

RULES = Path(__file__).parents[2] / "infra" / "kubernetes" / "monitoring" / "rules.yaml"
# One value a minute, for an hour; Prometheus' time begins at 0.
ALWAYS, NEVER, UP_TO_DATE = "1x60", "0x60", "0+60x60"


def installation(namespace="triggerfish", *, shards=1, instance="", **changes):
    """The series of one that is well, but for ``changes`` by metric: values, or None for no series."""
    own = f'namespace="{namespace}"' + (f', installation="{instance}"' if instance else "")
    series = {
        f'triggerfish_build_info{{function="cron", {own}}}': ALWAYS,
        f'triggerfish_build_info{{function="events", {own}}}': ALWAYS,
        f"triggerfish_shards{{{own}}}": f"{shards}x60",
        f'triggerfish_api_calls_total{{code="200", identity="function", {own}}}': "0+10x60",
        f'triggerfish_requests_total{{code="200", route="x", {own}}}': "0+10x60",
        f'triggerfish_deliveries_refused_total{{cause="signature", known="true", {own}}}': NEVER,
        f'triggerfish_deliveries_refused_total{{cause="rights", known="true", {own}}}': NEVER,
    }
    for index in range(1, shards + 1):
        shard = f'shard="{index}/{shards}", {own}'
        series[f"triggerfish_last_complete_tick_timestamp_seconds{{{shard}}}"] = UP_TO_DATE
        series[f"triggerfish_next_due_slot_timestamp_seconds{{{shard}}}"] = "60+60x60"
    for wanted, values in changes.items():
        matching = [name for name in series if wanted in name.replace("/", "_")]
        assert matching, wanted
        for name in matching:
            del series[name]
            if values is not None:
                series[name] = values
    return series


def more(metric, values, namespace="triggerfish", **labels):
    text = ", ".join(f'{name}="{value}"' for name, value in {"namespace": namespace, **labels}.items())
    return {f"{metric}{{{text}}}": values}


IN_ERROR = "triggerfish_cron_workflows_in_error"
FAILING = "triggerfish_cron_workflows_failing"
CALLS = "triggerfish_api_calls_total"
REFUSED = "triggerfish_deliveries_refused_total"


@pytest.fixture(scope="module")
def rules():
    return {"groups": yaml.safe_load(RULES.read_text())["spec"]["groups"]}


SCENES = [
    pytest.param(installation(), {}, id="one that is well"),
    pytest.param(installation(shards=4), {}, id="four shards, all well"),
    pytest.param({}, {"TriggerfishAbsent": {}}, id="nothing was ever there"),
    pytest.param(
        installation(last_complete=NEVER),
        {"TriggerfishNoTick": {"namespace": "triggerfish"}, "TriggerfishSlotMissed": None},
        id="no tick ever came",
    ),
    pytest.param(
        installation(last_complete="0+60x10 600x50", next_due="60+60x10 600x50"),
        {"TriggerfishNoTick": {"namespace": "triggerfish"}, "TriggerfishSlotMissed": {"shard": "1/1"}},
        id="ticks have stopped",
    ),
    pytest.param(
        installation() | installation("other", instance="blue", last_complete=NEVER),
        {"TriggerfishNoTick": {"namespace": "other", "installation": "blue"}},
        id="one installation of two: the healthy one hides nothing",
    ),
    pytest.param(
        installation() | installation("other", cron="1x10 _x50", last_complete="0+60x10 _x50"),
        {"TriggerfishAbsent": {"namespace": "other"}},
        id="the cron function of one of two is gone",
    ),
    pytest.param(
        installation(events="1x10 _x50"),
        {"TriggerfishEventsAbsent": {"namespace": "triggerfish"}},
        id="the events function is gone",
    ),
    pytest.param(
        {
            name: values if 'shard="3/4"' not in name else "0+60x10 600x50"
            for name, values in installation(shards=4).items()
        },
        {"TriggerfishShardDead": {"namespace": "triggerfish"}, "TriggerfishSlotMissed": {"shard": "3/4"}},
        id="a shard of four that died",
    ),
    pytest.param(
        {name: values for name, values in installation(shards=4).items() if 'shard="3/4"' not in name},
        {"TriggerfishShardDead": {"namespace": "triggerfish"}},
        id="a shard of four that never ticked",
    ),
    pytest.param(
        installation()
        | more(IN_ERROR, "2x60", shard="1/1", reason="spec-error", workflow_namespace="team-a"),
        {"TriggerfishCronWorkflowInError": {"reason": "spec-error", "workflow_namespace": "team-a"}},
        id="a SpecError",
    ),
    pytest.param(
        installation()
        | more(FAILING, "1x60", shard="1/1", reason="failed", workflow_namespace="team-a")
        | more(FAILING, "0x60", shard="1/1", reason="failed", workflow_namespace="team-b"),
        {"TriggerfishScheduleFailing": {"reason": "failed", "workflow_namespace": "team-a"}},
        id="a schedule whose runs fail",
    ),
    pytest.param(
        installation() | more(FAILING, "0x50 1x9", shard="1/1", reason="failed", workflow_namespace="team-a"),
        {},
        id="a run that failed just now",
    ),
    pytest.param(
        installation()
        | more(CALLS, "0+1x60", code="401", identity="function", verb="list", resource="workflows"),
        {"TriggerfishApiUnauthorized": {}},
        id="401",
    ),
    pytest.param(
        installation()
        | more(CALLS, "0+1x60", code="403", identity="function", verb="create", resource="events"),
        {"TriggerfishApiForbidden": {"verb": "create", "resource": "events"}},
        id="403, by the right that is missing",
    ),
    pytest.param(
        installation() | more(CALLS, "0+1x60", code="401", identity="caller", verb="list", resource="x"),
        {},
        id="a stranger's token is no fault of the function",
    ),
    pytest.param(
        installation() | more(CALLS, "0+5x60", code="429", identity="function", verb="list", resource="x"),
        {"TriggerfishApiRefuses": {}},
        id="429",
    ),
    pytest.param(
        installation() | more(REFUSED, "0x55 1x5", cause="rights", known="true"),
        {"TriggerfishWebhookMisconfigured": {"cause": "rights"}},
        id="one webhook without its right",
    ),
    pytest.param(
        installation() | more(REFUSED, "0x50 0+1x10", cause="signature", known="true"),
        {"TriggerfishWebhookSignatures": {}},
        id="a secret that was changed on one side",
    ),
    pytest.param(
        installation()
        | more(REFUSED, "0+100x60", cause="unsigned", known="true")
        | more(REFUSED, "0+100x60", cause="clients", known="false")
        | more(REFUSED, "0+100x60", cause="token", known="false"),
        {},
        id="strangers alarm nobody",
    ),
    pytest.param(
        installation() | more("triggerfish_event_failures_total", "0+1x60"),
        {"TriggerfishEventsFail": {}},
        id="bindings that fail",
    ),
    pytest.param(
        installation() | more("triggerfish_requests_total", "0+5x60", code="503", route="x"),
        {"TriggerfishDeliveriesRefused": {}},
        id="too many in flight",
    ),
    pytest.param(
        installation() | more("triggerfish_failures_total", "0+1x60"),
        {"TriggerfishCronFailures": {}},
        id="CronWorkflows on which a tick fails",
    ),
    pytest.param(
        installation()
        | more("triggerfish_slot_lag_seconds_bucket", "0+0x60", le="60")
        | more("triggerfish_slot_lag_seconds_bucket", "0+5x60", le="120")
        | more("triggerfish_slot_lag_seconds_bucket", "0+5x60", le="+Inf"),
        {"TriggerfishSlow": {}},
        id="slots that start late",
    ),
]


@pytest.mark.real
@pytest.mark.parametrize(("series", "expected"), SCENES)
def test_exactly_these_alerts_fire(tmp_path, rules, series, expected):
    found = {alert["alertname"]: alert for alert in firing(tmp_path, rules, series, minutes=59)}
    wanted = {name for name, labels in expected.items() if labels is not None}
    assert set(found) == wanted
    for name in wanted:
        assert expected[name].items() <= found[name].items()


def test_each_alert_has_a_scene(rules):
    told = {name for scene in SCENES for name, labels in scene.values[1].items() if labels is not None}
    assert told == {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
