"""Each webhook client can be acted for: its account exists, may do its work, and may be acted as."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from triggerfish.cli.doctor import rights
from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cli.doctor.reviews import MayNotAsk
from triggerfish.cli.doctor.rights import Need, Subject
from triggerfish.errors import ApiError
from triggerfish.events.binding import Submit, parse
from triggerfish.hosts.registry import SENDERS
from triggerfish.kube.resources import SECRETS, SERVICE_ACCOUNTS
from triggerfish.kube.service_accounts import token_in, token_secret_name
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.webhooks.clients import parse_clients

NAME = "webhooks"

_LIST = (
    "kubectl create clusterrole secret-lister --verb=list --resource=secrets"
    ' && kubectl create clusterrolebinding secret-lister --clusterrole=secret-lister --user="$USER"'
)


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """Every client of every Secret that is looked at; other stores of secrets cannot be read from here."""
    if patient.events.settings.secret_store != "kubernetes":  # noqa: S105  the name of a store
        return
    used = await _used(patient)
    pages = patient.client.pages(SECRETS, patient.scope, fields=f"metadata.name={SECRET_NAME}")
    try:
        secrets = [body async for page in pages for body in page.items]
    except ApiError as error:
        if error.status != 403:
            raise
        yield doctor.unknown(
            f"you may not list the Secrets {SECRET_NAME}: no webhook client was looked at", _LIST
        )
        return
    for body in secrets:
        namespace = body["metadata"]["namespace"]
        data = _decoded(body.get("data") or {})
        if data is None:
            yield doctor.error(
                f"Secret {SECRET_NAME} has data that is not base64", _edit(namespace), namespace=namespace
            )
            continue
        found = parse_clients(data, SENDERS)
        for bad in found.bad:
            yield doctor.error(bad.problem, _edit(namespace), namespace=namespace, name=bad.service_account)
        for client in found.good:
            async for each in _client(
                patient, doctor, namespace, client.service_account, used.get(namespace, ())
            ):
                yield each


async def _client(
    patient: Patient, doctor: Doctor, namespace: str, name: str, more: tuple[Need, ...]
) -> Diagnoses:
    where = {"namespace": namespace, "name": name}
    try:
        account = await patient.client.get(SERVICE_ACCOUNTS, namespace, name)
    except ApiError as error:
        if error.status != 404:
            raise
        yield doctor.error(
            "the webhook client has no service account: each of its deliveries is answered 403",
            f"kubectl -n {namespace} create serviceaccount {name}",
            **where,
        )
        return
    try:
        acting = rights.of_identity(patient.events.settings, name)
        if missing := await patient.reviews.missing(patient.events.subject, acting, namespace):
            yield doctor.error(
                f"the events function may not act as this service account: {rights.sentence(missing)}",
                rights.granting(patient.events.subject, missing, namespace),
                **where,
            )
        subject = Subject.account(namespace, name)
        if missing := await patient.reviews.missing(subject, (*rights.WEBHOOK, *more), namespace):
            yield doctor.error(
                f"this service account may not do what its webhook starts: {rights.sentence(missing)}",
                rights.granting(subject, missing, namespace),
                **where,
            )
    except MayNotAsk:
        yield doctor.unknown("you may not ask what this service account may do", **where)
    if patient.events.settings.webhook_identity == "legacy":
        secret = token_secret_name(account, name)
        try:
            holds = token_in(await patient.client.get(SECRETS, namespace, secret), name) is not None
        except ApiError as error:
            if error.status != 404:
                raise
            holds = False
        if not holds:
            yield doctor.error(
                f"WEBHOOK_IDENTITY is legacy, and Secret {secret} holds no token of this service account",
                f"kubectl -n {namespace} create token {name}  # or set WEBHOOK_IDENTITY=token-request",
                **where,
            )


async def _used(patient: Patient) -> Mapping[str, tuple[Need, ...]]:
    """What the bindings of each namespace want beside the usual."""
    found: dict[str, dict[Need, None]] = {}
    for body in await patient.bindings():
        read = parse(body, patient.events.settings.expression_dialect)
        if not isinstance(read.submit, Submit):
            continue
        needs = found.setdefault(read.namespace, {})
        if read.submit.template.cluster_scope:
            needs[rights.WEBHOOK_CLUSTER_TEMPLATES] = None
        if read.submit.name is not None:
            needs[rights.WEBHOOK_FIXED_NAMES] = None
        if read.submit.concurrency is not None or read.commands:
            needs[rights.WEBHOOK_CONCURRENCY] = None
    return {namespace: tuple(needs) for namespace, needs in found.items()}


def _edit(namespace: str) -> str:
    return f"kubectl -n {namespace} edit secret {SECRET_NAME}"


def _decoded(data: Mapping[str, str]) -> dict[str, bytes] | None:
    try:
        return {name: base64.b64decode(value, validate=True) for name, value in data.items()}
    except (binascii.Error, ValueError, TypeError):
        return None
