"""Settings of what the functions ask the Git hosts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as One

from triggerfish.settings.clouds import CloudSettings
from triggerfish.settings.groups import CRON, EVENTS, Group

_hosts = Group("Git hosts", (CRON, EVENTS))
_name = "triggerfish-hosts"
_recovery = Group("Git hosts", (CRON,))


@dataclass(frozen=True, slots=True)
class HostSettings(CloudSettings):
    """A part of ``Settings``."""

    host_secret_name: str = _hosts(
        _name,
        "The secret with the credentials for Git hosts of a namespace ([docs/hosts](hosts/README.md)): with"
        " `SECRET_STORE=kubernetes` the name of a Secret; with `file` a folder with a folder for each"
        " namespace, absolute or below `SECRET_FOLDER`; with another store its name with `{namespace}`, as in"
        " `SECRET_NAME`.",
    )
    host_addresses: str = _hosts(
        "",
        "Which addresses besides public ones a Git host may have: `private` (RFC 1918, `fc00::/7`,"
        " `100.64.0.0/10`), or a list of CIDRs, separated by commas, such as `10.20.0.0/16`. Metadata"
        " servers are never asked.",
        unset="public ones only",
    )
    host_ca: str = _hosts(
        "",
        "A file of certificate authorities (PEM) to trust for Git hosts, besides the system's.",
        unset="the system's",
    )
    reports: One["off", "on"] = _hosts(
        "off",
        "`on`: what becomes of the Workflows of a binding with the annotation `triggerfish.dev/report` is"
        " told on the commit, as a status.",
        choices=One["off", "on"],
    )
    recover_namespaces: str = _recovery(
        "",
        "Namespaces, separated by commas, whose webhook clients may have `recover`: deliveries that failed"
        " are asked for again at GitHub and GitLab, on every fifth tick.",
    )

    @property
    def has_host_settings(self) -> bool:
        """Whether something about Git hosts is set: else nothing of it is imported."""
        given = self.host_addresses, self.host_ca, self.recover_namespaces
        return any(given) or self.reports == "on" or self.host_secret_name != _name

    @property
    def recovered_namespaces(self) -> tuple[str, ...]:
        """The names in ``RECOVER_NAMESPACES``, each once."""
        return tuple(dict.fromkeys(filter(None, map(str.strip, self.recover_namespaces.split(",")))))
