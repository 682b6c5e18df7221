"""What is told of a delivery: on its Workflow, in the log, in the record, as a Kubernetes Event."""

import asyncio
import logging
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.kube.fakes import FakeClock
from tests.simulation.events_world import START, Instance, World

from triggerfish.errors import AnswerError, ApiError
from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.events_function.narration import line
from triggerfish.events_function.notices import Notices, event_of
from triggerfish.http.messages import Exchange, Remarks
from triggerfish.kube.resources import EVENTS, SECRETS, SERVICE_ACCOUNTS, WORKFLOW_EVENT_BINDINGS, WORKFLOWS
from triggerfish.runtime import logs

ID = "triggerfish.dev/delivery-id"


class Desk:
    """The events function on the model of the API, without faults."""

    def __init__(self):
        self.world = World(1, seed=1, share=0.0)
        self.instance = Instance(self.world.model, self.world.clock)
        self.namespace = self.world.sent[0].namespace
        self.lines = []

    async def signed(self, **headers):
        """The answer to a delivery of the webhook, with those headers in place of its own."""
        incoming = self.world.sent[0].request()
        return await self.send(incoming, headers)

    async def send(self, incoming, headers):
        changed = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        given = [pair for pair in incoming.scope["headers"] if pair[0] not in changed]
        given += [(name, value.encode()) for name, value in changed.items() if value is not None]
        return await self.instance.router.answer(
            replace(incoming, scope={**incoming.scope, "headers": given})
        )

    def ids(self):
        made = self.world.model.objects(WORKFLOWS)
        return {workflow["metadata"]["annotations"].get(ID) for workflow in made}

    async def settled(self):
        """Return once what happens after the answers has happened."""
        for _ in range(200):
            await asyncio.sleep(0)

    def events(self):
        """The Kubernetes Events: kind and name of the object, and what is said."""
        return [
            (event["involvedObject"]["kind"], event["involvedObject"]["name"], event["message"])
            for event in self.world.model.objects(EVENTS)
        ]

    def told(self):
        """The fields of the only line, and what people read of it."""
        (record,) = self.lines
        assert set(record.fields) >= FIELDS
        return record.fields, record.getMessage()


FIELDS = {"id", "sender", "event", "namespace", "result", "reason", "duration", "trace"}


@pytest.fixture
def desk():
    """Its ``lines`` are what the log of deliveries gets."""
    found, logger = Desk(), logging.getLogger("triggerfish.events")
    keep = logging.Handler()
    keep.emit = found.lines.append
    level = logger.level
    logger.addHandler(keep)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(keep)
    logger.setLevel(level)


async def test_a_workflow_names_the_delivery_by_its_sender_s_id(desk):
    assert (await desk.signed()).status == 200
    assert desk.ids() == {"1"}


async def test_a_delivery_without_an_id_gets_one_that_stays_on_a_redelivery(desk):
    for _ in range(2):
        assert (await desk.signed(x_github_delivery=None)).status == 200
    (given,) = desk.ids()
    assert len(given) == 16


async def test_a_delivery_that_makes_workflows_leaves_one_line(desk):
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await desk.signed(traceparent=f"00-{trace}-b7ad6b7169203331-01")
    fields, text = desk.told()
    expected = {
        "id": "1",
        "sender": "github",
        "event": "push",
        "namespace": desk.namespace,
        "result": "created",
    }
    assert expected.items() <= fields.items()
    assert (fields["reason"], fields["trace"], fields["status"]) == ("", trace, 200)
    assert fields["duration"] >= 0
    assert list(fields["workflows"]) == answer.body["workflows"]
    assert text.startswith(f"github push 1 to {desk.namespace} created ")
    assert "\n" not in logs.Lines().format(desk.lines[0])


async def test_a_redelivery_says_that_its_workflows_exist(desk):
    await desk.signed()
    desk.lines.clear()
    await desk.signed()
    fields, _ = desk.told()
    assert (fields["result"], fields["reason"]) == ("existing", "an earlier delivery made it")


async def test_one_that_matches_nothing_says_which_part_of_which_selector_is_false(desk):
    for name in ("plain", "fixed", "replace", "forbid"):
        spec = {"spec": {"event": {"selector": 'payload.branch == "main"'}}}
        desk.world.model.edit(WORKFLOW_EVENT_BINDINGS, desk.namespace, name, spec, "anna")
    await desk.signed()
    fields, text = desk.told()
    assert fields["result"] == "nothing"
    assert fields["reason"].startswith("none of 4 bindings matches: fixed: payload.branch ==")
    assert text == f"github push 1 to {desk.namespace} nothing: {fields['reason']}"


async def test_a_namespace_without_bindings_says_so(desk):
    for name in ("plain", "fixed", "replace", "forbid"):
        desk.world.model.remove(WORKFLOW_EVENT_BINDINGS, desk.namespace, name)
    await desk.signed()
    fields, _ = desk.told()
    assert (fields["result"], fields["reason"]) == ("nothing", "the namespace has no event binding")


async def test_a_binding_that_fails_is_in_the_line(desk):
    spec = {"spec": {"submit": {"workflowTemplateRef": {"name": "gone"}}}}
    desk.world.model.edit(WORKFLOW_EVENT_BINDINGS, desk.namespace, "plain", spec, "anna")
    assert (await desk.signed()).status == 500
    fields, _ = desk.told()
    assert fields["result"] == "failed"
    assert fields["reason"].startswith("plain: failed to get workflow template: ")


@pytest.mark.parametrize(
    ("headers", "status", "cause", "reason", "who"),
    [
        pytest.param(
            {"x_hub_signature_256": "sha256=" + "0" * 64},
            401,
            "signature",
            "github.com (github): x-hub-signature-256 does not fit this secret",
            ("github", "push", "1"),
            id="a wrong secret",
        ),
        pytest.param(
            {"x_hub_signature_256": None},
            401,
            "unsigned",
            "github.com (github): ",
            ("github", "push", "1"),
            id="no signature",
        ),
        pytest.param(
            {"x_hub_signature_256": None, "x_github_event": None, "x_github_delivery": None},
            401,
            "unsigned",
            "it has no token, and no header that a proof could be in",
            ("", "", None),
            id="no header at all",
        ),
        pytest.param(
            {"authorization": "Bearer nobody-knows-it"},
            401,
            "token",
            "Unauthorized",
            ("token", "", None),
            id="an unknown token",
        ),
        pytest.param(
            {"authorization": "Bearer "},
            401,
            "token",
            "the bearer token is empty",
            ("github", "push", "1"),
            id="an empty token",
        ),
        pytest.param(
            {"content_encoding": "br"},
            415,
            "body",
            "Content-Encoding",
            ("github", "push", "1"),
            id="an encoding that is not read",
        ),
    ],
)
async def test_a_refused_delivery_leaves_a_line_for_the_operator_alone(
    desk, headers, status, cause, reason, who
):
    answer = await desk.signed(**headers)
    assert answer.status == status
    fields, text = desk.told()
    assert (fields["result"], fields["cause"], fields["status"]) == ("refused", cause, status)
    assert reason in fields["reason"]
    assert (fields["sender"], fields["event"]) == who[:2]
    assert fields["id"] == who[2] if who[2] else len(fields["id"]) == 16
    assert f"to {desk.namespace} refused: {fields['reason']}" in text
    assert desk.lines[0].levelno == logging.WARNING
    assert "nobody-knows-it" not in logs.Lines().format(desk.lines[0])
    if status == 401:
        assert answer.body == {"code": 16, "message": answer.body["message"]}
        assert fields["reason"] not in answer.body["message"] or cause == "token"


async def test_missing_webhook_clients_are_named_in_the_line(desk):
    desk.world.model.remove(SECRETS, desk.namespace, "argo-workflows-webhook-clients")
    assert (await desk.signed()).status == 403
    fields, _ = desk.told()
    expected = f"Secret {desk.namespace}/argo-workflows-webhook-clients does not exist"
    assert (fields["cause"], fields["reason"]) == ("clients", expected)


async def test_a_body_that_is_too_long_is_a_delivery_too(desk):
    incoming = desk.world.sent[0].request()
    answer = await desk.send(replace(incoming, body=b" " * (3 << 20)), {})
    fields, _ = desk.told()
    assert (answer.status, fields["result"], fields["cause"], fields["id"]) == (413, "refused", "body", "1")


async def test_other_requests_leave_no_line(desk):
    scope = {"path": "/healthz", "query_string": b"", "headers": []}
    await desk.instance.router.answer(replace(desk.world.sent[0].request(), scope=scope, method="GET"))
    assert desk.lines == []


FORBIDDEN = (
    'workfloweventbindings.argoproj.io is forbidden: User "system:serviceaccount:a:github.com" cannot list '
    'resource "workfloweventbindings" in API group "argoproj.io" in the namespace "a"'
)


@pytest.mark.parametrize(
    ("error", "status", "remarks", "expected"),
    [
        pytest.param(
            ApiError(403, "Forbidden", FORBIDDEN),
            403,
            {},
            {"cause": "rights", "result": "refused"},
            id="rights",
        ),
        pytest.param(
            None,
            500,
            {"result": "failed", "reason": f"build: failed to create workflow: {FORBIDDEN}"},
            {"result": "failed"},
            id="a binding that may not",
        ),
        pytest.param(
            AnswerError(403, 0, "no", cause="account", reason=f"it cannot act: 403 Forbidden: {FORBIDDEN}"),
            403,
            {},
            {"cause": "account", "result": "refused"},
            id="an identity that is not granted",
        ),
    ],
)
def test_where_a_right_is_missing_the_line_has_the_command_that_grants_it(error, status, remarks, expected):
    exchange = Exchange(
        [],
        "/api/v1/events/{namespace}",
        {"namespace": "a"},
        remarks=Remarks(**remarks),
        status=status,
        error=error,
    )
    fields = line(exchange)
    assert expected.items() <= fields.items()
    assert re.match(
        r"kubectl create role \S+ -n a --verb=list --resource=workfloweventbindings.argoproj.io && ",
        fields["fix"],
    )


def test_what_a_stranger_writes_is_cut():
    headers = [(b"x-github-event", b"e" * 9000), (b"x-github-delivery", b"i" * 9000)]
    names = {"namespace": "n" * 9000}
    fields = line(Exchange(headers, "/events", names, status=401, error=AnswerError(401, 16, "no")))
    assert max(len(str(value)) for value in fields.values()) <= 200


WRONG = {"x_hub_signature_256": "sha256=" + "0" * 64}


async def test_a_wrong_secret_is_one_kubernetes_event_on_the_secret_in_ten_minutes(desk):
    for _ in range(50):
        await desk.signed(**WRONG)
    await desk.settled()
    ((kind, name, message),) = desk.events()
    assert (kind, name) == ("Secret", "argo-workflows-webhook-clients")
    assert message == (
        "a webhook was refused (signature): github.com (github): x-hub-signature-256 does not fit this secret"
    )
    desk.world.clock.seconds[0] += 601
    await desk.signed(**WRONG)
    await desk.settled()
    assert len(desk.events()) == 2


async def test_a_client_with_a_mistake_is_an_event_on_the_secret(desk):
    data = {"stringData": {"github.com": "type: githubb\nsecret: hush"}}
    desk.world.model.edit(SECRETS, desk.namespace, "argo-workflows-webhook-clients", data, "anna")
    assert (await desk.signed()).status == 403
    await desk.settled()
    ((kind, name, message),) = desk.events()
    assert (kind, name) == ("Secret", "argo-workflows-webhook-clients")
    assert "(clients): github.com (not a client): its type must be one of: " in message
    assert "hush" not in message


async def test_a_service_account_that_is_missing_is_an_event_on_it(desk):
    desk.world.model.remove(SERVICE_ACCOUNTS, desk.namespace, "github.com")
    assert (await desk.signed()).status == 403
    await desk.settled()
    ((kind, name, message),) = desk.events()
    assert (kind, name) == ("ServiceAccount", "github.com")
    assert "(account): the function cannot act as service account" in message


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(WRONG, id="a signature"),
        pytest.param({"x_hub_signature_256": None}, id="none"),
        pytest.param({"authorization": "Bearer nobody-knows-it"}, id="a token"),
    ],
)
async def test_a_namespace_without_webhook_clients_costs_no_write(desk, headers):
    await desk.signed()
    before = len(desk.world.model.history.entries)
    incoming = desk.world.sent[0].request()
    for number in range(20):
        scope = {**incoming.scope, "path": f"/api/v1/events/made-up-{number}/"}
        assert (await desk.send(replace(incoming, scope=scope), headers)).status in (401, 403)
    await desk.settled()
    calls = [entry.call.kind_of_call for entry in desk.world.model.history.entries[before:]]
    assert [call for call in calls if call.startswith(("create", "patch"))] == []


def refusal(number=0, *, namespace="ci", cause=RefusalCause.SIGNATURE, known=True, account="", fix=""):
    at = START + timedelta(seconds=number)
    return Refusal(at, namespace, "github", "push", str(number), "refused", cause, "why", account, fix, known)


class Written:
    """An API that takes everything, or nothing."""

    def __init__(self, error=None):
        self.bodies, self.error = [], error

    async def create(self, resource, namespace, body):
        self.bodies.append(body)
        if self.error:
            raise self.error


async def test_events_are_bounded_in_namespaces_and_in_what_waits():
    own, clock = Written(), FakeClock()
    notices = Notices(own, clock, has_secrets=True)
    for number in range(5000):
        notices.refused(refusal(namespace=f"ns-{number}"))
    await notices.flushed()
    assert 0 < len(own.bodies) <= 64


@pytest.mark.parametrize(
    ("one", "has_secrets"),
    [
        pytest.param(refusal(known=False), True, id="a namespace that may be made up"),
        pytest.param(refusal(cause=RefusalCause.BUSY), True, id="nothing that a webhook's operator can mend"),
        pytest.param(refusal(), False, id="there is no Secret"),
    ],
)
async def test_of_these_there_is_no_event(one, has_secrets):
    own = Written()
    notices = Notices(own, FakeClock(), has_secrets=has_secrets)
    notices.refused(one)
    await notices.flushed()
    assert own.bodies == []


async def test_an_event_that_cannot_be_written_is_not_tried_again_and_again(caplog):
    own = Written(ApiError(403, "Forbidden", "may not"))
    notices = Notices(own, FakeClock(), has_secrets=True)
    for _ in range(5):
        notices.refused(refusal(account="github.com"))
        await notices.flushed()
    assert len(own.bodies) == 1
    assert caplog.text.count("was not written: 403 Forbidden: may not") == 1


async def test_an_event_that_another_process_wrote_is_no_trouble(caplog):
    own = Written(ApiError(409, "AlreadyExists", "there"))
    notices = Notices(own, FakeClock(), has_secrets=True)
    notices.refused(refusal())
    await notices.flushed()
    assert caplog.text == ""


def test_processes_give_the_event_of_the_same_ten_minutes_one_name():
    names = [event_of(refusal(number))["metadata"]["name"] for number in (0, 599, 600)]
    assert names[0] == names[1] != names[2]
    assert event_of(refusal(cause=RefusalCause.CLIENTS))["metadata"]["name"] != names[0]


def test_the_event_says_how_to_grant_a_right():
    told = event_of(refusal(cause=RefusalCause.RIGHTS, account="github.com", fix="kubectl create role x"))
    assert told["message"] == "a webhook was refused (rights): why; to grant it: kubectl create role x"
