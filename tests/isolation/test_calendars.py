"""What a tenant's calendars cost: each is refused by the bound that it exceeds, and the neighbour runs."""

import pytest
from tests.isolation.test_conditions import ARGO, cron, put, runs, ticking, until_a_slot  # noqa: F401  a fixture

SECONDLY = "RRULE:FREQ=SECONDLY"
EVENT = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTART;VALUE=DATE:20260101\r\n{1}\r\nEND:VEVENT\r\n"
CALENDARS = {
    "each-second": (EVENT.format(1, SECONDLY), "repeats SECONDLY"),
    "daily-by-the-hundred": (
        "".join(EVENT.format(number, "RRULE:FREQ=DAILY") for number in range(100)),
        "more than 5000 events",
    ),
    "large": (EVENT.format(1, "SUMMARY:" + "x" * 70_000), "no more than 64 KiB"),
}


@pytest.mark.soak
def test_costly_calendars_stop_nobody(embedded, ticking):  # noqa: F811  the fixture
    tenant, neighbour = embedded.new_namespace(), embedded.new_namespace()
    grant(embedded, tenant)
    for name, (events, _) in CALENDARS.items():
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n"
        body = {"metadata": {"name": name}, "data": {"calendar.ics": text}}
        assert embedded.request("POST", f"/api/v1/namespaces/{tenant}/configmaps", body)[0] == 201
        for number in range(10):
            body = cron(f"{name}-{number}")
            body["metadata"]["annotations"] = {"triggerfish.dev/exclude": f"ics:{name}"}
            put(embedded, tenant, body)
    put(embedded, neighbour, cron("mine"))
    until_a_slot(embedded, ticking, neighbour)
    assert len(runs(embedded, neighbour)) == 1
    assert runs(embedded, tenant) == []
    for name, (_, says) in CALENDARS.items():
        _, found = embedded.request("GET", f"{ARGO}/namespaces/{tenant}/cronworkflows/{name}-0")
        (condition,) = found["status"]["conditions"]
        assert says in condition["message"]


def grant(embedded, namespace):
    """What a tenant grants so that his calendars can be read."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    role = {"metadata": {"name": "calendars"}, "rules": rules}
    assert embedded.request("POST", f"{rbac}/roles", role)[0] == 201
    binding = {
        "metadata": {"name": "calendars"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "calendars"},
        "subjects": [{"kind": "ServiceAccount", "name": "triggerfish-cron", "namespace": "triggerfish"}],
    }
    assert embedded.request("POST", f"{rbac}/rolebindings", binding)[0] == 201
