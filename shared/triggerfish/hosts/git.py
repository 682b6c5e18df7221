"""The value of ``git`` in an expression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.hosts.facts import Facts, Metadata
from triggerfish.hosts.registry import HOSTS


def facts(payload: Any, metadata: Metadata) -> dict[str, Any] | None:
    """The Git facts of a payload, as JSON; None when it is no Git host's. Never raises."""
    found = _facts(payload, metadata)
    return None if found is None else found.as_json()


def _facts(payload: Any, metadata: Metadata) -> Facts | None:
    if not isinstance(payload, Mapping):
        return None
    return next((found for host in HOSTS if (found := host.facts(payload, metadata)) is not None), None)


class WithGit(dict[str, Any]):
    """An environment in which ``git`` is worked out when it is first asked for, and then kept.

    For an unrecognized payload, ``git.event`` is "other" and all else nil.
    """

    def __missing__(self, name: str) -> Any:
        if name != "git":
            raise KeyError(name)
        found = facts(self.get("payload"), self.get("metadata") or {})
        self["git"] = Facts().as_json() if found is None else found
        return self["git"]

    def get(self, name: str, default: Any = None) -> Any:
        """As ``environment[name]``, so that ``event.git`` is found too."""
        return self["git"] if name == "git" else super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return name == "git" or super().__contains__(name)
