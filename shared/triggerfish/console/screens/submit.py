"""The screen that submits: a template or a CronWorkflow with its parameters, as the viewer confirms it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from triggerfish.console import forms, own_page, questions
from triggerfish.console.answers import data
from triggerfish.console.screen import Screen
from triggerfish.errors import AnswerError, ApiError
from triggerfish.events import occurrences
from triggerfish.events_function.api import submit
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.authenticator import IDEMPOTENCY_KEY
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    WORKFLOW_TEMPLATES,
    Resource,
)
from triggerfish.workflows import labels
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json, is_name, is_namespace

_resources = (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS)
_kinds = tuple(resource.kind for resource in _resources)


async def submittable(service: Service, call: Call) -> Answer:
    """All that can be submitted in a namespace, with parameters; ``unread`` are kinds that RBAC denies."""
    client = service.reader(call)
    namespace = questions.namespace(call, service)
    if namespace is None:
        raise AnswerError(400, 3, "choose a namespace: a Workflow runs in one")
    found: dict[str, list[Json]] = {}
    refused: list[ApiError] = []
    for resource in _resources:
        try:
            found[resource.kind] = await _listed(service, client, resource, namespace)
        except ApiError as error:
            if error.status != 403:
                raise
            refused.append(error)
    if not found:
        raise refused[0]
    unread = [kind for kind in _kinds if kind not in found]
    return data({"submittable": list(forms.entries(found)), "unread": unread})


async def submitted(service: Service, call: Call) -> Answer:
    """The Workflow as it would be made; with ``confirmed`` as it was made. Only for the page itself."""
    own_page.require(call)
    caller = service.caller(call)
    question = _question(occurrences.parse(call.delivery.body), service)
    confirmed = question["confirmed"]
    key = call.delivery.first(IDEMPOTENCY_KEY)
    submission = Submission(
        question["namespace"],
        {
            "resourceKind": question["kind"],
            "resourceName": question["name"],
            "submitOptions": {"parameters": question["parameters"], "dryRun": not confirmed},
        },
        caller.creator,
        digest(caller.identity, key, call.delivery.body) if key else secrets.token_bytes(32),
        bool(key),
        service.settings.instance_id,
        call.delivery.received,
    )
    made = await submit.submit(service.creator(caller), submission)
    return data({"workflow": made, "created": confirmed})


async def _listed(service: Service, client: Client, resource: Resource, namespace: str) -> list[Json]:
    where = namespace if resource.namespaced else None
    selector = labels.selector(service.settings.instance_id)
    pages = client.pages(resource, where, labels=selector)
    return [body async for listed in pages for body in listed.items]


def _question(body: object, service: Service) -> Json:
    """The page's question, checked; ``AnswerError`` 400 names what is wrong."""
    given: Mapping[str, Any] = body if isinstance(body, dict) else {}
    namespace, kind, name = (given.get(each) for each in ("namespace", "kind", "name"))
    if not isinstance(namespace, str) or not is_namespace(namespace):
        raise AnswerError(400, 3, "namespace: write the namespace that it runs in")
    if kind not in _kinds:
        raise AnswerError(400, 3, f"kind: write one of {', '.join(_kinds)}")
    if not isinstance(name, str) or not is_name(name):
        raise AnswerError(400, 3, "name: write the name of what to submit")
    confirmed = given.get("confirmed", False)
    if not isinstance(confirmed, bool):
        raise AnswerError(400, 3, "confirmed: write true or false")
    return {
        "namespace": questions.require_managed(namespace, service),
        "kind": kind,
        "name": name,
        "parameters": list(_parameters(given.get("parameters") or {})),
        "confirmed": confirmed,
    }


def _parameters(given: object) -> Iterator[str]:
    if not isinstance(given, dict):
        raise AnswerError(400, 3, "parameters: write an object of texts")
    for name, value in given.items():
        if not isinstance(value, str) or not name or "=" in name:
            raise AnswerError(400, 3, f"parameters: the value of {name[:80]!r} is not a text")
        yield f"{name}={value}"


SCREEN = Screen(
    "submit",
    "Submit",
    lambda: (
        ServiceRoute("GET", "/console/api/submittable", submittable),
        ServiceRoute("POST", "/console/api/submit", submitted),
    ),
)
