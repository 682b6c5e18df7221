"""The value of ``git`` in an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.hosts.facts import Facts, Metadata
from triggerfish.hosts.registry import HOSTS

# By the type of the sender, who is asked first.
_ORDERS = {own.type: (own, *(host for host in HOSTS if host is not own)) for own in HOSTS}


def facts(payload: Any, metadata: Metadata, sender: str = "") -> dict[str, Any] | None:
    """The Git facts of a payload, as JSON; None when it is no Git host's. Never raises.

    ``sender`` is the type of the webhook client that signed it, where one did.
    """
    found = facts_of(payload, metadata, sender)
    return None if found is None else found.as_json()


def facts_of(payload: Any, metadata: Metadata, sender: str = "") -> Facts | None:
    """The same, as a value: the first host that knows the payload reads it, the sender before all others.

    The others too: a hook that moves from Argo, which knows no Gitea, is signed as GitHub's.
    """
    if not isinstance(payload, Mapping):
        return None
    for host in _ORDERS.get(sender, HOSTS):
        found = host.facts(payload, metadata)
        if found is not None:
            return found
    return None


class WithGit(dict[str, Any]):
    """An environment in which ``git`` is worked out when it is first asked for, and then kept.

    ``sender`` is the type of the webhook client that signed the payload, where one did. For an unrecognized
    payload, ``git.event`` is "other" and all else nil.
    """

    def __init__(self, known: Mapping[str, Any] | None = None, /, *, sender: str = "", **names: Any) -> None:
        super().__init__(known or {}, **names)
        self._sender = sender

    def __missing__(self, name: str) -> Any:
        if name != "git":
            raise KeyError(name)
        found = facts(self.get("payload"), self.get("metadata") or {}, self._sender)
        self["git"] = Facts().as_json() if found is None else found
        return self["git"]

    def get(self, name: str, default: Any = None) -> Any:
        """As ``environment[name]``, so that ``event.git`` is found too."""
        return self["git"] if name == "git" else super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name == "git" or super().__contains__(name)
