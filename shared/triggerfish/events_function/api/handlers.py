"""The handlers of Argo's REST API: each takes a call apart, asks a neighbour, and answers with its object."""

from __future__ import annotations

import secrets

from triggerfish import __version__
from triggerfish.events import occurrences
from triggerfish.events_function.api import cron_workflows, submit
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.authenticator import IDEMPOTENCY_KEY
from triggerfish.events_function.identity import Caller
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS
from triggerfish.workflows.names import digest


async def events(service: Service, call: Call) -> Answer:
    """An event with a bearer token, or a webhook's delivery."""
    return await service.intake.events(call)


async def internal_events(service: Service, call: Call) -> Answer:
    """A delivery that the broker brings back."""
    return await service.intake.returned(call)


async def list_bindings(service: Service, call: Call) -> Answer:
    """The namespace's bindings, as Argo's API lists them."""
    client = service.reader(call)
    found = await client.listing(WORKFLOW_EVENT_BINDINGS, call.path["namespace"], _options(call))
    return Answer(200, found)


async def submit_workflow(service: Service, call: Call) -> Answer:
    """A Workflow from a template, by hand."""
    caller = service.caller(call)
    made = await submit.submit(service.creator(caller), _submission(service, call, caller))
    return Answer(200, made)


async def create_workflow(service: Service, call: Call) -> Answer:
    """A Workflow as the caller wrote it."""
    caller = service.caller(call)
    made = await submit.create(service.creator(caller), _submission(service, call, caller))
    return Answer(200, made)


async def list_crons(service: Service, call: Call) -> Answer:
    """The CronWorkflows of a namespace, or of all."""
    namespace, instance = call.path.get("namespace"), service.settings.instance_id
    return Answer(200, await cron_workflows.listed(service.reader(call), namespace, _options(call), instance))


async def get_cron(service: Service, call: Call) -> Answer:
    """One CronWorkflow."""
    client, namespace, name = service.reader(call), call.path["namespace"], call.path["name"]
    return Answer(200, await cron_workflows.one(client, namespace, name, service.settings.instance_id))


async def create_cron(service: Service, call: Call) -> Answer:
    """A CronWorkflow as the caller wrote it."""
    caller = service.caller(call)
    body, namespace = occurrences.parse(call.delivery.body), call.path["namespace"]
    instance = service.settings.instance_id
    return Answer(200, await cron_workflows.create(caller.client, namespace, body, caller.creator, instance))


async def update_cron(service: Service, call: Call) -> Answer:
    """A CronWorkflow as the caller wrote it, in place of what is there."""
    caller, body = service.caller(call), occurrences.parse(call.delivery.body)
    namespace, name = call.path["namespace"], call.path.get("name")
    actor, instance = caller.creator, service.settings.instance_id
    return Answer(200, await cron_workflows.update(caller.client, namespace, name, body, actor, instance))


async def delete_cron(service: Service, call: Call) -> Answer:
    """Delete one; its runs go with it."""
    client, namespace, name = service.reader(call), call.path["namespace"], call.path["name"]
    return Answer(200, await cron_workflows.delete(client, namespace, name, service.settings.instance_id))


async def suspend_cron(service: Service, call: Call) -> Answer:
    """No run of it while it is suspended."""
    return await _set_suspended(service, call, suspended=True)


async def resume_cron(service: Service, call: Call) -> Answer:
    """Runs again; a stopped one stays stopped."""
    return await _set_suspended(service, call, suspended=False)


async def info(service: Service, call: Call) -> Answer:
    """Argo's command line asks for this before it starts: nothing special is here."""
    service.caller(call)
    return Answer(200, {"managedNamespace": service.settings.managed_namespace, "links": []})


async def version(service: Service, call: Call) -> Answer:
    """The version of Triggerfish, not of Argo."""
    service.caller(call)
    return Answer(200, {"version": f"triggerfish-{__version__}"})


async def _set_suspended(service: Service, call: Call, *, suspended: bool) -> Answer:
    client, namespace, name = service.reader(call), call.path["namespace"], call.path["name"]
    instance = service.settings.instance_id
    changed = await cron_workflows.set_suspended(client, namespace, name, instance, suspended=suspended)
    return Answer(200, changed)


def _submission(service: Service, call: Call, caller: Caller) -> Submission:
    key = call.delivery.first(IDEMPOTENCY_KEY)
    identity = digest(caller.identity, key, call.delivery.body) if key else secrets.token_bytes(32)
    return Submission(
        call.path["namespace"],
        occurrences.parse(call.delivery.body),
        caller.creator,
        identity,
        bool(key),
        service.settings.instance_id,
        call.delivery.received,
    )


def _options(call: Call) -> tuple[tuple[str, str], ...]:
    """The ``listOptions.*`` of the query, under the names of the Kubernetes API."""
    known = ("labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch")
    given = ((name.removeprefix("listOptions."), value) for name, value in call.query)
    return tuple((name, value) for name, value in given if name in known and value)
