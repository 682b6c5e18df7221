"""Reads what is there, and makes or changes what a webhook client needs."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from triggerfish.cli.cluster import Target
from triggerfish.cli.connecting.manifests import ClusterObject, Installation
from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.cli.doctor import rights
from triggerfish.cli.doctor.patient import Hints, Patient, admitted
from triggerfish.cli.installed import CLUSTER_ROLES, ROLES
from triggerfish.errors import ApiError, SpecError, TriggerfishError
from triggerfish.kube.client import Client
from triggerfish.kube.grants import granting
from triggerfish.kube.resources import SECRETS
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.workflows.objects import Json

ROLE = "triggerfish-webhook"


@dataclass(frozen=True, slots=True)
class Found:
    """The installation, and the text of the client that is there, None for none."""

    patient: Patient
    installed: Installation
    client: bytes | None


async def look(target: Target, wanted: Wanted, functions: str, role: str) -> Found:
    """What is there. ``SpecError`` on ``--role`` where no role for webhooks is found."""
    patient = await admitted(target, Hints(functions, wanted.namespace))
    store = patient.events.settings.secret_store
    if store != "kubernetes":
        raise TriggerfishError(
            f"the events function reads its secrets elsewhere (SECRET_STORE={store}): write the client there"
        )
    named, in_namespace = await _role(target.client, wanted.namespace, role or _shipped(patient))
    identity = rights.of_identity(patient.events.settings, wanted.account)
    installed = Installation(patient.events.subject, named, in_namespace, identity)
    return Found(patient, installed, await key_of(target.client, wanted, SECRET_NAME))


def _shipped(patient: Patient) -> str:
    """By the name of the installation: a Helm release may have another."""
    label = patient.events.label
    return f"{label.removesuffix('-events')}-webhook" if label.endswith("-events") else ROLE


async def _role(client: Client, namespace: str, name: str) -> tuple[str, bool]:
    """The role that lets an account start bindings, and whether it is one of the namespace alone."""
    for resource, where in ((ROLES, namespace), (CLUSTER_ROLES, None)):
        try:
            await client.get(resource, where, name)
        except ApiError as error:
            if error.status == 404:
                continue
            # Who may bind it need not be allowed to read it; most installations are for the whole cluster.
            if error.status != 403:
                raise
            return name, False
        return name, where is not None
    raise SpecError(
        "--role",
        f"there is no Role or ClusterRole {name} in this cluster",
        "install Triggerfish first (docs/install), or name the role that lets a webhook start Workflows",
    )


async def key_of(client: Client, wanted: Wanted, secret: str) -> bytes | None:
    """What that Secret has under the account's name, None for nothing."""
    try:
        body = await client.get(SECRETS, wanted.namespace, secret)
    except ApiError as error:
        if error.status == 404:
            return None
        raise _told(error) from None
    text = (body.get("data") or {}).get(wanted.account)
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except ValueError:
        return b"\xff"  # what no client can be


async def applied(client: Client, part: ClusterObject) -> str:
    """Make it, or change what differs: ``created``, ``changed`` or ``unchanged``."""
    namespace = part.body["metadata"]["namespace"]
    try:
        found = await client.get(part.resource, namespace, part.name)
    except ApiError as error:
        if error.status != 404:
            raise _told(error) from None
        return await _created(client, part, namespace)
    if part.body.get("roleRef", {}) != found.get("roleRef", {}):
        # It cannot be changed, and it is ours by its name.
        await client.delete(part.resource, namespace, part.name, uid=found["metadata"]["uid"])
        await _created(client, part, namespace)
        return "changed"
    if _holds(part.body, found):
        return "unchanged"
    try:
        await client.patch(part.resource, namespace, part.name, _patch(part.body))
    except ApiError as error:
        raise _told(error) from None
    return "changed"


async def _created(client: Client, part: ClusterObject, namespace: str) -> str:
    try:
        await client.create(part.resource, namespace, part.body)
    except ApiError as error:
        raise _told(error) from None
    return "created"


def _told(error: ApiError) -> ApiError:
    """With the command that grants the right, where one is missing."""
    command = granting(error.message) if error.status == 403 else ""
    return ApiError(error.status, error.reason, f"{error.message}; fix: {command}") if command else error


def _patch(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "roleRef")}


def _holds(wanted: Json, found: Json) -> bool:
    """Whether all that is wanted is there; what is there besides is nobody's matter here."""
    texts = {
        key: base64.b64encode(value.encode()).decode() for key, value in wanted.get("stringData", {}).items()
    }
    data = found.get("data") or {}
    return all(data.get(key) == value for key, value in texts.items()) and all(
        wanted.get(key) == found.get(key) for key in ("rules", "roleRef", "subjects")
    )
