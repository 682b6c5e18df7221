"""The screen that submits: as the viewer, from the page alone, and only once it is confirmed."""

import json

import pytest
from tests.support import functions
from tests.support.console import READ, ROLES
from tests.support.events import ARGO

MAY = [*READ, *ROLES["triggerfish-console-submitter"]]
PAGE = {"X-Triggerfish-Console": "submit", "Content-Type": "application/json"}
PARAMETERS = [
    {"name": "message", "value": "hello", "description": "What to say"},
    {"name": "level", "value": "info", "enum": ["info", "debug"]},
    {"name": "who"},
]


@pytest.fixture
def submitter(desk, embedded):
    return embedded.service_account(desk.namespace, "submitter", MAY)


def send(desk, token, *, headers=PAGE, **fields):
    body = {
        "namespace": desk.namespace,
        "kind": "WorkflowTemplate",
        "name": "greet",
        "parameters": {"who": "me"},
    }
    sent = {**headers} | ({"Authorization": f"Bearer {token}"} if token else {})
    return desk.function.send("POST", "/console/api/submit", json.dumps(body | fields).encode(), sent)


def workflows(desk):
    status, found = desk.cluster.request("GET", f"{ARGO}/namespaces/{desk.namespace}/workflows")
    assert status == 200
    return found["items"]


def greet(desk):
    desk.template("greet", arguments={"parameters": PARAMETERS})


def test_the_form_has_what_can_be_submitted_and_its_parameters(desk, submitter):
    greet(desk)
    desk.cron("nightly")
    answer = desk.get("submittable", token=submitter, namespace=desk.namespace).json
    assert [(each["kind"], each["name"]) for each in answer["submittable"]] == [
        ("WorkflowTemplate", "greet"),
        ("CronWorkflow", "nightly"),
    ]
    # Bound in its namespace, the role shows no templates of the cluster.
    assert answer["unread"] == ["ClusterWorkflowTemplate"]
    fields = {each["name"]: each for each in answer["submittable"][0]["parameters"]}
    assert fields["message"]["value"] == "hello"
    assert fields["message"]["description"] == "What to say"
    assert fields["level"]["enum"] == ["info", "debug"]
    assert (fields["who"]["required"], fields["message"]["required"]) == (True, False)


def test_a_preview_creates_nothing_and_a_confirmation_creates_it_as_the_viewer(desk, submitter):
    greet(desk)
    preview = send(desk, submitter)
    assert (preview.status, preview.json["created"]) == (200, False)
    assert preview.json["workflow"]["spec"]["workflowTemplateRef"] == {"name": "greet"}
    assert workflows(desk) == []
    made = send(desk, submitter, confirmed=True, parameters={"who": "me", "message": "a=b\nc"})
    assert (made.status, made.json["created"]) == (200, True)
    (workflow,) = workflows(desk)
    assert workflow["metadata"]["name"] == made.json["workflow"]["metadata"]["name"]
    assert workflow["spec"]["arguments"]["parameters"] == [
        {"name": "who", "value": "me"},
        {"name": "message", "value": "a=b\nc"},
    ]
    assert "submitter" in workflow["metadata"]["labels"]["workflows.argoproj.io/creator"]


def test_confirmed_twice_with_one_key_is_one_workflow(desk, submitter):
    greet(desk)
    for _ in range(2):
        again = send(desk, submitter, headers=PAGE | {"Idempotency-Key": "one"}, confirmed=True)
        assert again.status == 200
    assert len(workflows(desk)) == 1


def test_a_cron_workflow(desk, submitter):
    desk.cron("nightly")
    made = send(desk, submitter, kind="CronWorkflow", name="nightly", parameters={}, confirmed=True)
    assert made.status == 200
    assert workflows(desk)[0]["metadata"]["labels"]["workflows.argoproj.io/cron-workflow"] == "nightly"


def test_who_may_only_look_creates_nothing(desk):
    greet(desk)
    answer = send(desk, desk.token, confirmed=True)
    assert (answer.status, answer.json["code"]) == (403, 7)
    assert workflows(desk) == []


def test_without_a_token_nothing_is_created(desk):
    greet(desk)
    assert send(desk, "", confirmed=True).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": "application/json"}, id="without the page's header"),
        pytest.param({**PAGE, "Content-Type": "text/plain"}, id="as a form of another site can send"),
        pytest.param({**PAGE, "Sec-Fetch-Site": "cross-site"}, id="from another site"),
        pytest.param({**PAGE, "Sec-Fetch-Site": "same-site"}, id="from a sister of this site"),
        pytest.param({**PAGE, "Sec-Fetch-Site": "none"}, id="typed by hand"),
        pytest.param({**PAGE, "Origin": "https://evil.example.com"}, id="of an old browser"),
        pytest.param({**PAGE, "Origin": "null"}, id="from a sandbox"),
    ],
)
def test_another_site_submits_nothing_though_a_proxy_adds_the_token(desk, submitter, headers):
    greet(desk)
    answer = send(desk, submitter, headers=headers, confirmed=True)
    assert answer.status == 403
    assert "only the console's own page" in answer.json["message"]
    assert workflows(desk) == []


def test_the_page_itself_says_that_it_is_of_this_site(desk, submitter):
    greet(desk)
    assert send(desk, submitter, headers={**PAGE, "Sec-Fetch-Site": "same-origin"}).status == 200


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        pytest.param({"namespace": "No"}, "namespace", id="namespace"),
        pytest.param({"kind": "Workflow"}, "kind", id="kind"),
        pytest.param({"name": "../x"}, "name", id="name"),
        pytest.param({"parameters": {"who": 7}}, "parameters", id="a number"),
        pytest.param({"parameters": []}, "parameters", id="a list"),
        pytest.param({"parameters": {"a=b": "c"}}, "parameters", id="an equals sign in a name"),
        pytest.param({"confirmed": "yes"}, "confirmed", id="a text for yes"),
        pytest.param({"parameters": {}, "confirmed": True}, "who", id="a value is missing"),
    ],
)
def test_what_is_wrong_is_named(desk, submitter, fields, named):
    greet(desk)
    fields = {"parameters": {"who": "me"}} | fields
    if fields["parameters"] == []:
        fields["parameters"] = [1]
    answer = send(desk, submitter, **fields)
    assert answer.status == 400
    assert named in answer.json["message"]
    assert workflows(desk) == []


@pytest.mark.parametrize("index", range(len(ROLES["triggerfish-console-submitter"])))
def test_no_right_of_the_role_is_too_many(desk, embedded, index):
    """Bound everywhere, it lists and creates; without one rule something is missing."""
    greet(desk)
    rules = [*READ, *ROLES["triggerfish-console-submitter"]]
    del rules[len(READ) + index]
    token = embedded.service_account(desk.namespace, "less", rules)
    listed = desk.get("submittable", token=token, namespace=desk.namespace).json
    made = send(desk, token, confirmed=True)
    complete = {"WorkflowTemplate", "CronWorkflow"} <= {each["kind"] for each in listed["submittable"]} and (
        made.status == 200
    )
    if ROLES["triggerfish-console-submitter"][index]["resources"] == ["clusterworkflowtemplates"]:
        assert "ClusterWorkflowTemplate" in listed["unread"]
    else:
        assert not complete


def test_a_namespace_has_to_be_chosen(desk):
    answer = desk.get("submittable")
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert "choose a namespace" in answer.json["message"]


def test_the_root_leads_to_the_page_when_there_is_one(console, embedded):
    answer = console.send("GET", "/")
    assert (answer.status, answer.headers["location"]) == (307, "/console/index.html")
    with functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig)}) as without:
        assert without.send("GET", "/").status == 404


class TestSurroundings:
    def test_who_may_not_list_namespaces_writes_one(self, desk):
        assert desk.read("surroundings") == {"namespaces": None, "all": True, "workflow_url": ""}

    def test_without_a_token_there_are_none(self, console):
        assert console.send("GET", "/console/api/surroundings").status == 401

    def test_who_may_list_them_chooses(self, embedded, desk):
        everything = desk.get("surroundings", token=embedded.token).json["namespaces"]
        assert desk.namespace in everything
        assert everything == sorted(everything)

    def test_the_one_managed_namespace_and_where_runs_are_shown(self, embedded, desk):
        url = "https://argo.example.com/workflows/{namespace}/{name}"
        settings = {
            "KUBECONFIG": str(embedded.kubeconfig),
            "CONSOLE": "on",
            "MANAGED_NAMESPACE": desk.namespace,
            "WORKFLOW_URL": url,
        }
        with functions.start("events", settings) as function:
            headers = {"Authorization": f"Bearer {desk.token}"}
            answer = function.send("GET", "/console/api/surroundings", headers=headers)
            assert answer.json == {"namespaces": [desk.namespace], "all": False, "workflow_url": url}
