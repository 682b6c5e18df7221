"""Who sees what of the console, and what it sends."""

import base64

import pytest
from tests.support import functions
from tests.support.console import READ, ROLES
from tests.support.events import ARGO

EVERY_PATH = [
    "schedules",
    "lanes?id=ns/name",
    "slots?id=ns/name",
    "preview?id=ns/name&at=0",
    "deliveries",
    "runs?id=ns/name",
    "binding?id=ns/name",
]


@pytest.mark.parametrize("path", EVERY_PATH)
def test_without_a_token_nothing_is_shown(console, path):
    answer = console.send("GET", f"/console/api/{path}")
    assert (answer.status, answer.json["code"]) == (401, 16)


@pytest.mark.parametrize("path", EVERY_PATH)
def test_with_somebodys_invention_for_a_token_nothing_is_shown(console, path):
    answer = console.send("GET", f"/console/api/{path}", headers={"Authorization": "Bearer made.up"})
    assert (answer.status, answer.json["code"]) == (401, 16)


@pytest.mark.parametrize("token", ["", "made.up"])
def test_the_playground_wants_a_token_that_the_cluster_knows(desk, token):
    assert desk.evaluate(token=token).status == 401


def test_what_rbac_denies_is_denied_in_its_own_words(desk, embedded):
    stranger = embedded.service_account(desk.namespace, "stranger")
    desk.cron()
    for path, query in (
        ("schedules", {"namespace": desk.namespace}),
        ("lanes", {"id": f"{desk.namespace}/hourly"}),
        ("slots", {"id": f"{desk.namespace}/hourly"}),
        ("deliveries", {"namespace": desk.namespace}),
        ("runs", {"id": f"{desk.namespace}/any"}),
        ("binding", {"id": f"{desk.namespace}/any"}),
    ):
        answer = desk.get(path, token=stranger, **query)
        assert (answer.status, answer.json["code"]) == (403, 7), path
        assert "stranger" in answer.json["message"], path


def test_other_peoples_namespaces_are_not_shown(desk, embedded):
    other = embedded.new_namespace()
    for path, query in (
        ("schedules", {"namespace": other}),
        ("schedules", {}),
        ("deliveries", {}),
        ("lanes", {"id": f"{other}/hourly"}),
        ("runs", {"id": f"{other}/w"}),
    ):
        assert desk.get(path, **query).status == 403, path


def test_two_callers_do_not_share_what_was_read(desk, embedded):
    desk.cron()
    stranger = embedded.service_account(desk.namespace, "stranger")
    assert desk.get("schedules", namespace=desk.namespace).status == 200
    assert desk.get("schedules", token=stranger, namespace=desk.namespace).status == 403


def test_the_session_says_whether_a_token_came_along(desk):
    assert desk.get("session", token="").json == {"token": False}
    assert desk.get("session").json == {"token": True}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("schedules", {"namespace": "kube-system"}),
        ("lanes", {"id": "kube-system/a"}),
        ("runs", {"id": "kube-system/a"}),
        ("binding", {"id": "kube-system/a"}),
    ],
)
def test_a_function_for_one_namespace_shows_that_one(embedded, path, query):
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "CONSOLE": "on", "MANAGED_NAMESPACE": "default"}
    with functions.start("events", settings) as function:
        headers = {"Authorization": f"Bearer {embedded.token}"}
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        answer = function.send("GET", f"/console/api/{path}?{asked}", headers=headers)
        assert (answer.status, answer.json["code"]) == (403, 7)
        assert function.send("GET", "/console/api/schedules", headers=headers).status == 200


@pytest.mark.parametrize("path", ["/console", "/console/index.html", "/console/api/schedules"])
def test_without_the_setting_there_is_no_console(embedded, path):
    with functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig)}) as function:
        assert function.send("GET", path).status == 404


def test_reading_writes_nothing(desk, embedded):
    desk.cron()
    path = f"{ARGO}/namespaces/{desk.namespace}/cronworkflows"
    before = embedded.request("GET", path)[1]["metadata"]["resourceVersion"]
    for view in ("lanes", "slots"):
        desk.read(view, id=f"{desk.namespace}/hourly")
    desk.read("preview", id=f"{desk.namespace}/hourly", at=3600)
    desk.evaluated()
    assert embedded.request("GET", path)[1]["metadata"]["resourceVersion"] == before


def test_the_header_of_a_proxy_is_as_good_as_the_pages_own(desk):
    token = base64.b64encode(b"x").decode()
    assert desk.get("session", token=token).json == {"token": True}


def test_the_page_and_its_data_carry_the_policy(desk):
    for path in ("/console", "/console/index.html", "/console/main.js", "/console/style.css"):
        answer = desk.function.send("GET", path)
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff", path
    answer = desk.get("schedules", namespace=desk.namespace)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_file_that_did_not_change_is_not_sent_again(console):
    first = console.send("GET", "/console/main.js")
    again = console.send("GET", "/console/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status, again.body) == (200, 304, b"")


@pytest.mark.parametrize("path", ["/console/nothing.js", "/console/..%2froutes.py", "/console/__init__.py"])
def test_no_other_file_is_served(console, path):
    assert console.send("GET", path).status == 404


EACH_RIGHT = [
    pytest.param(index, verb, resource, id=f"{verb} {resource}")
    for index, rule in enumerate(READ)
    for verb in rule["verbs"]
    for resource in rule["resources"]
]


def shown(desk, token):
    """Everything that a reader of the namespace may ask for, and the status of each answer."""
    one = {"id": f"{desk.namespace}/hourly"}
    asked = {
        "list": desk.get("schedules", token=token, namespace=desk.namespace),
        "lanes": desk.get("lanes", token=token, **one),
        "slots": desk.get("slots", token=token, **one),
        "preview": desk.get("preview", token=token, at=0, **one),
        "deliveries": desk.get("deliveries", token=token, namespace=desk.namespace),
        "binding": desk.get("binding", token=token, id=f"{desk.namespace}/event-consumer"),
    }
    evaluated = desk.evaluate(token=token, parameters="message = 1", template="my-wf-tmple")
    found = {name: answer.status for name, answer in asked.items()}
    runs = desk.get("runs", token=token, id=f"{desk.namespace}/reported")
    # Without a right to Events the run is shown, but not what is wrong with its report.
    troubles = [run["report"]["problem"] for run in runs.json.get("runs", [])]
    found |= {"runs": next(filter(None, troubles), runs.status)}
    return found | {"playground": evaluated.json.get("note", evaluated.status)}


@pytest.fixture
def full(desk):
    desk.cron()
    desk.template()
    desk.binding()
    desk.record()
    desk.reported("reported")
    return desk


def test_the_role_that_is_shipped_shows_everything(full):
    assert set(shown(full, full.token).values()) == {200}


@pytest.mark.parametrize(("index", "verb", "resource"), EACH_RIGHT)
def test_no_right_of_the_role_is_too_many(full, embedded, index, verb, resource):
    rules = [dict(rule) for rule in READ]
    taken = rules.pop(index)
    rules += [
        taken | {"resources": [each], "verbs": [other]}
        for each in taken["resources"]
        for other in taken["verbs"]
        if (each, other) != (resource, verb)
    ]
    token = embedded.service_account(full.namespace, "less", rules)
    assert set(shown(full, token).values()) != {200}


def test_deliveries_everywhere_want_the_list(full, embedded):
    assert full.get("deliveries").status == 403
    name = f"everywhere-{full.namespace}"
    token = embedded.service_account(full.namespace, name)
    group = "rbac.authorization.k8s.io"
    path = f"/apis/{group}/v1"
    role = {"metadata": {"name": name}, "rules": ROLES["triggerfish-console-reader-everywhere"]}
    assert embedded.request("POST", f"{path}/clusterroles", role)[0] == 201
    bound = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": full.namespace}],
    }
    assert embedded.request("POST", f"{path}/clusterrolebindings", bound)[0] == 201
    assert full.get("deliveries", token=token).status == 200
