"""The handlers of submissions, and of what clients ask first."""

from __future__ import annotations

import secrets

from triggerfish import __version__
from triggerfish.events_function.api import submit
from triggerfish.events_function.api.requests import body, list_options, listing
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.authenticator import IDEMPOTENCY_KEY
from triggerfish.events_function.identity import Caller
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import WORKFLOW_EVENT_BINDINGS
from triggerfish.workflows.names import digest


async def list_bindings(service: Service, call: Call) -> Answer:
    """The namespace's bindings, as Argo's API lists them."""
    client = service.reader(call)
    options, namespace = list_options(call), call.path["namespace"]
    return Answer(200, await listing(service, client, WORKFLOW_EVENT_BINDINGS, namespace, options))


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


async def info(service: Service, call: Call) -> Answer:
    """Argo's command line asks for this before it starts: nothing special is here."""
    service.caller(call)
    return Answer(200, {"managedNamespace": service.settings.managed_namespace, "links": []})


async def version(service: Service, call: Call) -> Answer:
    """The version of Triggerfish, not of Argo."""
    service.caller(call)
    return Answer(200, {"version": f"triggerfish-{__version__}"})


def _submission(service: Service, call: Call, caller: Caller) -> Submission:
    key = call.delivery.first(IDEMPOTENCY_KEY)
    identity = digest(caller.identity, key, call.delivery.body) if key else secrets.token_bytes(32)
    return Submission(
        call.path["namespace"],
        body(service, call),
        caller.creator,
        identity,
        bool(key),
        service.settings.instance_id,
        call.delivery.received,
    )
