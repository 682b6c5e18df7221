"""The shape of a store, which each file of this package fills."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Protocol

import yaml

from triggerfish.errors import KubeError, SecretError, SettingError, Unanswered
from triggerfish.settings import Settings
from triggerfish.workflows.objects import is_namespace

# libyaml's parser where there is one: it is ten times as fast.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

GetSecret = Callable[[str, str], Awaitable[dict[str, Any]]]
"""A Kubernetes Secret as JSON, by namespace and name; raises ``KubeError``."""


class Backend(Protocol):
    """One store, without a cache."""

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The webhook clients of ``namespace``: a YAML text by service account.

        ``SecretError`` when they cannot be read; no message carries any content.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def named(settings: Settings) -> None:
    """``SettingError`` when SECRET_NAME is the same for all: a sender of one could act in every other."""
    if "{namespace}" not in settings.secret_name and not settings.only_namespace:
        raise SettingError("SECRET_NAME needs {namespace} in it, unless MANAGED_NAMESPACE is one namespace")


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
