"""PURE. The objects of a cluster that a webhook client needs, as manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triggerfish.cli.connecting.client import ClientEntry
from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.cli.doctor.rights import Need, Subject
from triggerfish.cli.installed import CLUSTER_ROLES, ROLES
from triggerfish.kube.resources import SECRETS, SERVICE_ACCOUNTS, Resource
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.workflows.objects import Json

ROLE_BINDINGS = Resource(ROLES.group, "v1", "rolebindings", "RoleBinding")

_labels = {"app.kubernetes.io/managed-by": "triggerfish-connect"}


@dataclass(frozen=True, slots=True)
class ClusterObject:
    """One object, and what kind it is."""

    resource: Resource
    body: Json

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class Installation:
    """What is there: the events function as ``subject``, the ``role`` for webhooks, in the namespace or not.

    ``identity`` is what the events function needs to act as the account.
    """

    subject: Subject
    role: str
    in_namespace: bool
    identity: Sequence[Need]


def parts(wanted: Wanted, entry: ClientEntry, installed: Installation) -> list[ClusterObject]:
    """All of them, in the order in which they are made: the secret counts when the rights are there."""
    account = wanted.account
    acting = f"{installed.subject.short}-as-{account}"
    role = ROLES if installed.in_namespace else CLUSTER_ROLES
    own = {"kind": "ServiceAccount", "name": account, "namespace": wanted.namespace}
    return [
        _part(SERVICE_ACCOUNTS, wanted, account),
        _binding(wanted, f"{account}-{installed.role}", role, installed.role, own),
        _part(ROLES, wanted, acting, rules=[_rule(need) for need in installed.identity]),
        _binding(wanted, acting, ROLES, acting, _subject(installed.subject)),
        client_part(wanted, entry),
    ]


def client_part(wanted: Wanted, entry: ClientEntry) -> ClusterObject:
    """The Secret of webhook clients, with this one."""
    return _part(SECRETS, wanted, SECRET_NAME, stringData={wanted.account: entry.text})


def credential_parts(
    wanted: Wanted, secret: str, text: str, readers: Sequence[Subject]
) -> list[ClusterObject]:
    """A credential for the host in the Secret of that name, and the functions' right to read that one."""
    name = f"{secret}-reader"
    rule = _rule(Need(("get",), "", "secrets", secret))
    return [
        _part(ROLES, wanted, name, rules=[rule]),
        _part(
            ROLE_BINDINGS, wanted, name, roleRef=_reference(ROLES, name), subjects=[*map(_subject, readers)]
        ),
        _part(SECRETS, wanted, secret, stringData={wanted.account: text}),
    ]


def _reference(role: Resource, name: str) -> Json:
    return {"apiGroup": ROLES.group, "kind": role.kind, "name": name}


def _part(resource: Resource, wanted: Wanted, name: str, **more: object) -> ClusterObject:
    metadata: Json = {"name": name, "namespace": wanted.namespace}
    # The Secret has other people's clients in it as well.
    if resource is not SECRETS:
        metadata["labels"] = dict(_labels)
    head = {"apiVersion": resource.api_version, "kind": resource.kind}
    return ClusterObject(resource, {**head, "metadata": metadata, **more})


def _binding(wanted: Wanted, name: str, role: Resource, named: str, subject: Json) -> ClusterObject:
    return _part(ROLE_BINDINGS, wanted, name, roleRef=_reference(role, named), subjects=[subject])


def _rule(need: Need) -> Json:
    named = {"resourceNames": [need.name]} if need.name else {}
    return {"apiGroups": [need.group], "resources": [need.resource], "verbs": list(need.verbs), **named}


def _subject(subject: Subject) -> Json:
    if account := subject.service_account:
        return {"kind": "ServiceAccount", "name": account[1], "namespace": account[0]}
    return {"apiGroup": ROLES.group, "kind": "User", "name": subject.user}
