"""What a tenant's CronWorkflows cost: they are stopped by their bounds, and the neighbour's slot runs."""

import pytest
from tests.isolation.attacks import ATTACKS, LONG
from tests.isolation.ticking import cron, ticking


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with ticking(tmp_path_factory.mktemp("ticking")) as found:
        yield found


def withstood(place, attack):
    """The neighbour's slots of two minutes run in them, whatever the tenant has planted."""
    tenant, neighbour = place.cluster.new_namespace(), place.cluster.new_namespace()
    place.put(neighbour, cron("mine"), cron("forbidding", concurrencyPolicy="Forbid"))
    try:
        attack.plant(place, tenant)
        first = {each["metadata"]["name"].rpartition("-")[0] for each in slots_of(place, neighbour)}
        assert first == {"mine", "forbidding"}
        seconds = {each["metadata"]["name"].rpartition("-")[2] for each in slots_of(place, neighbour)}
        assert len(seconds) == 2, "two minutes, a slot each"
        assert place.function.send("GET", "/healthz", timeout=5).status == 200
        assert place.memory < 250 << 20
        attack.judge(place, tenant)
    finally:
        place.clean(tenant)
        place.clean(neighbour)


def slots_of(place, neighbour):
    place.minute()
    return place.runs(neighbour)


def test_who_is_too_costly_is_named_by_an_event_and_a_metric(place):
    tenant = place.cluster.new_namespace()
    ATTACKS[0].plant(place, tenant)
    place.minute()
    _, found = place.cluster.request("GET", f"/api/v1/namespaces/{tenant}/events")
    told = {event["involvedObject"]["name"] for event in found["items"] if event["reason"] == "TooCostly"}
    assert told
    metrics = place.function.send("GET", "/metrics").body.decode()
    assert (
        f'triggerfish_cron_workflows_too_costly_total{{name="{min(told)}",workflow_namespace="{tenant}"}}'
        in metrics
    )
    place.clean(tenant)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_neighbours_slots_run_in_their_minute(place, attack):
    withstood(place, attack)


@pytest.mark.soak
@pytest.mark.parametrize("attack", LONG, ids=lambda attack: attack.name)
def test_the_neighbours_slots_run_under_a_long_attack(place, attack):
    withstood(place, attack)
