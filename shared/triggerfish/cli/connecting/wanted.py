"""PURE. What somebody asks `connect` for, checked: every error names the argument or option and the fix."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from triggerfish.errors import SpecError
from triggerfish.hosts.facts import Host
from triggerfish.hosts.registry import HOSTS
from triggerfish.workflows.objects import is_name, is_namespace

KINDS: dict[str, type[Host]] = {host.type: host for host in HOSTS}

_no_name = re.compile(r"[^a-z0-9]+")
_ending = ".git"
# Names of roles have the account's name in them, and labels of 63 characters may have to hold it.
_most_account = 63


@dataclass(frozen=True, slots=True)
class Wanted:
    """A webhook of ``repository`` at ``host`` that acts as ``account`` in ``namespace``."""

    host: type[Host]
    repository: str
    namespace: str
    account: str

    @classmethod
    def of(cls, host: str, repository: str, namespace: str, account: str = "") -> Wanted:
        """From the words of a command line; ``account`` is named after the repository if it is empty."""
        kind = KINDS.get(host)
        if kind is None:
            near = difflib.get_close_matches(host.lower(), KINDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of: {', '.join(sorted(KINDS))}"
            raise SpecError("HOST", f"{host!r} is no Git host", hint)
        setup = kind.setup
        if setup.names.fullmatch(repository) is None or not _is_plain(repository):
            fix = f"write it as {setup.form}"
            if "://" in repository or repository.endswith(_ending):
                fix += ", without the address"
            raise SpecError("REPOSITORY", f"{repository!r} names no repository of {setup.title}", fix)
        if not is_namespace(namespace):
            raise SpecError("--namespace", f"{namespace!r} cannot be the name of a namespace")
        if account and not is_name(account):
            fix = "small letters, digits, '-' and '.'"
            raise SpecError("--account", f"{account!r} cannot be the name of a service account", fix)
        return cls(kind, repository, namespace, account or _account(host, repository))

    @property
    def path(self) -> str:
        """Where the events function takes the deliveries."""
        return f"/api/v1/events/{self.namespace}/"


def address(server: str) -> str:
    """The events function's address, without a slash at the end; ``SpecError`` on ``--server``."""
    try:
        parts = urlsplit(server)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise SpecError("--server", f"{server!r} is not an address", "write it as https://events.example.com")
    if parts.query or parts.fragment or parts.username is not None:
        fix = "write it as https://events.example.com"
        raise SpecError("--server", "the address has more than a host and a path", fix)
    return server.rstrip("/")


def _is_plain(repository: str) -> bool:
    """Return whether each part is a name: none that a URL would resolve, and no file of a clone's address."""
    parts = repository.split("/")
    return not repository.endswith(_ending) and not any(part in (".", "..") for part in parts)


def _account(host: str, repository: str) -> str:
    """Such as ``gitea-owner-app``."""
    return _no_name.sub("-", f"{host}-{repository}".lower())[:_most_account].strip("-")
