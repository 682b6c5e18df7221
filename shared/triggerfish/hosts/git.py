"""The hosts, and the one that a payload comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triggerfish.hosts.facts import Facts, Headers, Host
from triggerfish.hosts.facts_azuredevops import AzureDevOps
from triggerfish.hosts.facts_bitbucket import Bitbucket
from triggerfish.hosts.facts_bitbucketserver import BitbucketServer
from triggerfish.hosts.facts_github import GitHub
from triggerfish.hosts.facts_gitlab import GitLab

# The first that knows the payload speaks; GitHub's shape is the least particular.
_HOSTS: tuple[Host, ...] = (AzureDevOps(), GitLab(), BitbucketServer(), Bitbucket(), GitHub())


def facts(payload: Any, metadata: Headers) -> dict[str, Any] | None:
    """What the payload says of Git, as JSON; None when no host sends such a payload. Never raises."""
    found = _facts(payload, metadata)
    return None if found is None else found.as_json()


def _facts(payload: Any, metadata: Headers) -> Facts | None:
    if not isinstance(payload, Mapping):
        return None
    return next((found for host in _HOSTS if (found := host.facts(payload, metadata)) is not None), None)


class WithGit(dict[str, Any]):
    """An environment in which ``git`` is worked out when it is first asked for, and then kept.

    Of a payload that no host sends, ``git.event`` is "other" and all else nil.
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
