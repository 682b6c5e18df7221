"""What a tenant's conditions cost: his own slots are too costly, his neighbour's run in their minute."""

import time

import pytest
from tests.support import functions

ARGO = "/apis/argoproj.io/v1alpha1"
TAG = "{{= len(filter(1..45000, # % 7 == 3)) > 0 }}"


def cron(name, **spec):
    workflow = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "busybox"}}]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name},
        "spec": {"schedules": ["* * * * *"], "workflowSpec": workflow, **spec},
    }


@pytest.fixture
def ticking(own):
    with functions.start("cron", {"KUBECONFIG": own("cron")}) as function:
        yield function


def put(embedded, namespace, body):
    status, answer = embedded.request("POST", f"{ARGO}/namespaces/{namespace}/cronworkflows", body)
    assert status == 201, answer


def runs(embedded, namespace):
    status, answer = embedded.request("GET", f"{ARGO}/namespaces/{namespace}/workflows")
    assert status == 200, answer
    return answer["items"]


def until_a_slot(embedded, ticking, namespace):
    """Ticks until the neighbour has a run; the answer of that tick."""
    end = time.monotonic() + 130
    while True:
        answer = ticking.send("POST", "/", timeout=60)
        assert answer.status == 200, answer
        assert ticking.send("GET", "/healthz", timeout=5).status == 200
        if runs(embedded, namespace):
            return answer.json
        assert time.monotonic() < end, "no slot came due"
        time.sleep(max(0.2, 60 - time.time() % 60))


def test_costly_conditions_stop_nobody(embedded, ticking):
    neighbour = embedded.new_namespace()
    conditions = {
        embedded.new_namespace(): " && ".join([TAG] * 600),
        embedded.new_namespace(): " && ".join(["{{= true }}"] * 3000),
    }
    for tenant, condition in conditions.items():
        for index in range(20):
            put(embedded, tenant, cron(f"costly-{index}", when=condition))
    put(embedded, neighbour, cron("mine"))
    summary = until_a_slot(embedded, ticking, neighbour)
    (run,) = runs(embedded, neighbour)
    slot = int(run["metadata"]["name"].rpartition("-")[2])
    assert int(time.time()) - slot < 60
    assert summary["skipped"] == {"too-costly": 40}
    for tenant in conditions:
        assert runs(embedded, tenant) == []
        status, found = embedded.request("GET", f"{ARGO}/namespaces/{tenant}/cronworkflows/costly-0")
        assert status == 200
        (condition,) = found["status"]["conditions"]
        assert "too costly: the conditions of a CronWorkflow in one tick" in condition["message"]
