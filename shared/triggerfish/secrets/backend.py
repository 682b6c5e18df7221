"""The shape of a store, which each file of this package fills."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import yaml

from triggerfish.errors import KubeError, SecretError, SettingError, Unanswered
from triggerfish.settings import Settings
from triggerfish.workflows.objects import is_namespace

# libyaml's parser where there is one: it is ten times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

GetSecret = Callable[[str, str], Awaitable[dict[str, Any]]]
"""A Kubernetes Secret as JSON, by namespace and name; raises ``KubeError``."""


@dataclass(frozen=True, slots=True)
class SecretKind:
    """One kind of secret that each namespace has: ``variable`` is the setting that names it in a
    store, and ``name`` what that says, mostly with ``{namespace}`` in it.

    ``object_name`` is the Kubernetes Secret where that setting does not name one too.
    """

    variable: str
    name: Callable[[Settings], str]
    object_name: str = ""

    def in_cluster(self, settings: Settings) -> str:
        """The name of the Kubernetes Secret in each namespace."""
        return self.object_name or self.name(settings)

    def folder(self, settings: Settings) -> Path:
        """The folder with a folder for each namespace."""
        below = "" if self.object_name else self.name(settings)
        return Path(settings.secret_folder) / below


WEBHOOK_CLIENTS = SecretKind(
    "SECRET_NAME", lambda settings: settings.secret_name, "argo-workflows-webhook-clients"
)
HOST_CREDENTIALS = SecretKind("HOST_SECRET_NAME", lambda settings: settings.host_secret_name)


class Backend(Protocol):
    """One store, without a cache."""

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The namespace's secret: a YAML text by name (of webhook clients: by service account).

        ``SecretError`` when they cannot be read; no message carries any content.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def named(settings: Settings, kind: SecretKind = WEBHOOK_CLIENTS) -> str:
    """The name in the setting; ``SettingError`` when it is the same for all: one could act in every other."""
    name = kind.name(settings)
    if "{namespace}" not in name and not settings.only_namespace:
        raise SettingError(
            f"{kind.variable} needs {{namespace}} in it, unless MANAGED_NAMESPACE is one namespace"
        )
    return name


def named_for(pattern: str, namespace: str) -> str:
    """The secret's name for that namespace; ``SecretError`` when it is no namespace's name."""
    if not is_namespace(namespace):
        raise SecretError("there is no such namespace", missing=True)
    return pattern.replace("{namespace}", namespace)


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Make what a cloud refuses inside the block a ``SecretError`` that names the secret."""
    try:
        yield
    except Unanswered as error:
        raise SecretError(f"{name} cannot be read: {error}", retry=True) from None
    except KubeError as error:
        raise SecretError(f"{name} cannot be read: {error}") from None


def split(content: bytes, where: str) -> dict[str, bytes]:
    """One YAML document that maps service accounts to their clients, taken apart.

    A client is a text, as in a Kubernetes Secret, or a mapping written in place. Errors call the document
    ``where``.
    """
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        # The parser's message quotes the text, and the text is a secret.
        raise SecretError(f"{where} is not YAML") from None
    if not isinstance(node, yaml.MappingNode):
        raise SecretError(f"{where} is not a mapping of service accounts to webhook clients")
    clients: dict[str, bytes] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in clients:
            raise SecretError(f"{where} has a key that is not a service account, or a key that occurs twice")
        text = value.value if isinstance(value, yaml.ScalarNode) else yaml.serialize(value)
        clients[key.value] = text.encode("utf-8", "replace")
    return clients
