"""The rights that each function needs, as its settings want them, and the commands that grant them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triggerfish.events.deliveries import CONFIG_MAP
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.settings import Settings

ARGO = "argoproj.io"
_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Need:
    """Verbs on one resource, perhaps with a subresource after a slash; of the object ``name`` if any."""

    verbs: tuple[str, ...]
    group: str
    resource: str
    name: str = ""

    def __str__(self) -> str:
        named = f" {self.name}" if self.name else ""
        return f"{', '.join(self.verbs)} {self.resource}{named}"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who needs rights: a service account, or a user whom the cluster knows by another name."""

    user: str

    @classmethod
    def account(cls, namespace: str, name: str) -> Subject:
        """That service account."""
        return cls(f"{_ACCOUNT_PREFIX}{namespace}:{name}")

    @property
    def service_account(self) -> tuple[str, str] | None:
        """Namespace and name, None for another user."""
        if not self.user.startswith(_ACCOUNT_PREFIX):
            return None
        namespace, _, name = self.user.removeprefix(_ACCOUNT_PREFIX).partition(":")
        return namespace, name

    @property
    def option(self) -> str:
        """As ``kubectl create rolebinding`` takes it."""
        if account := self.service_account:
            return f"--serviceaccount={account[0]}:{account[1]}"
        return f"--user={shlex.quote(self.user)}"

    @property
    def short(self) -> str:
        """For the name of a role."""
        account = self.service_account
        return account[1] if account else "".join(c if c.isalnum() else "-" for c in self.user.lower())


def of_cron(settings: Settings) -> tuple[Need, ...]:
    """What the cron function needs wherever it works."""
    if settings.mode == "shadow":
        return Need(("list",), ARGO, "cronworkflows"), Need(("list",), ARGO, "workflows")
    return (
        Need(("get", "list", "patch"), ARGO, "cronworkflows"),
        Need(("create", "delete", "get", "list", "patch"), ARGO, "workflows"),
        Need(("create",), "", "events"),
    )


def of_events(settings: Settings) -> tuple[Need, ...]:
    """What the events function needs wherever it works, but for the tokens of its webhooks' accounts."""
    found = [Need(("create",), "", "events")]
    if settings.secret_store == "kubernetes":  # noqa: S105  the name of a store
        found.append(Need(("get",), "", "secrets", SECRET_NAME))
    if settings.delivery_record:
        found += [Need(("create",), "", "configmaps"), Need(("get", "patch"), "", "configmaps", CONFIG_MAP)]
    return tuple(found)


def of_hosts(settings: Settings) -> tuple[Need, ...]:
    """What a function needs wherever it asks Git hosts, or reports to them."""
    if settings.secret_store != "kubernetes":  # noqa: S105  the name of a store
        return ()
    return (Need(("get",), "", "secrets", settings.host_secret_name),)


def of_recovery(settings: Settings) -> tuple[Need, ...]:
    """What the cron function needs besides, in the namespaces whose lost deliveries it asks for."""
    if settings.secret_store != "kubernetes":  # noqa: S105  the name of a store
        return ()
    return (Need(("get",), "", "secrets", SECRET_NAME),)


def of_broker(settings: Settings) -> tuple[Need, ...]:
    """What it needs in the whole cluster to know a broker of this cluster by its token."""
    if settings.k_sink and settings.sink_identity.startswith(_ACCOUNT_PREFIX):
        return (Need(("create",), "authentication.k8s.io", "tokenreviews"),)
    return ()


def of_identity(settings: Settings, account: str) -> tuple[Need, ...]:
    """What the events function needs to act as that service account."""
    if settings.webhook_identity == "impersonate":
        return (Need(("get", "impersonate"), "", "serviceaccounts", account),)
    if settings.webhook_identity == "legacy":
        return (Need(("get",), "", "serviceaccounts", account),)
    return (Need(("create",), "", "serviceaccounts/token", account),)


# What a webhook's account, or the bearer of a token, needs in its namespace.
WEBHOOK = (
    Need(("list",), ARGO, "workfloweventbindings"),
    Need(("get",), ARGO, "workflowtemplates"),
    Need(("create",), ARGO, "workflows"),
)
WEBHOOK_CLUSTER_TEMPLATES = Need(("get",), ARGO, "clusterworkflowtemplates")
WEBHOOK_FIXED_NAMES = Need(("get",), ARGO, "workflows")
WEBHOOK_CONCURRENCY = Need(("list", "patch"), ARGO, "workflows")
# For the admission plugin OwnerReferencesPermissionEnforcement, which OpenShift has.
OWNER = Need(("update",), ARGO, "cronworkflows/finalizers")
CALENDARS = Need(("get",), "", "configmaps")
TEMPLATES = Need(("get",), ARGO, "workflowtemplates")
CLUSTER_TEMPLATES = WEBHOOK_CLUSTER_TEMPLATES


def granting(subject: Subject, needs: Sequence[Need], namespace: str | None) -> str:
    """The commands that grant these, each by a role of its own: nothing that is there is changed."""
    return " && ".join(_granting(subject, need, namespace) for need in needs)


def binding(subject: Subject, role: str, namespace: str | None, *, kind: str = "clusterrole") -> str:
    """The command that binds a role that is there: in the whole cluster without a namespace."""
    if namespace is None:
        return f"kubectl create clusterrolebinding {role} --clusterrole={role} {subject.option}"
    name = role if subject.short in role else f"{subject.short}-{role}"
    return f"kubectl -n {namespace} create rolebinding {name} --{kind}={role} {subject.option}"


def _granting(subject: Subject, need: Need, namespace: str | None) -> str:
    plural, _, sub = need.resource.partition("/")
    parts = (subject.short, *need.verbs, plural, sub, need.name)
    name = "-".join(part for part in parts if part)
    resource = f"{plural}.{need.group}" if need.group else plural
    asked = f"--verb={','.join(need.verbs)} --resource={resource}{'/' + sub if sub else ''}"
    if need.name:
        asked += f" --resource-name={need.name}"
    if namespace is None:
        return (
            f"kubectl create clusterrole {name} {asked}"
            f" && kubectl create clusterrolebinding {name} --clusterrole={name} {subject.option}"
        )
    return (
        f"kubectl -n {namespace} create role {name} {asked}"
        f" && kubectl -n {namespace} create rolebinding {name} --role={name} {subject.option}"
    )


def sentence(needs: Iterable[Need]) -> str:
    """The rights in words: ``patch cronworkflows; create, get workflows``."""
    return "; ".join(map(str, needs))
