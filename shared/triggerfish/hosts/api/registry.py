"""The API of every Git host, by the word that a credential calls it. A new host is one line here."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.forgejo import ForgejoApi
from triggerfish.hosts.api.gitea import GiteaApi
from triggerfish.hosts.api.github import GitHubApi
from triggerfish.hosts.api.values import HostApi

_APIS: tuple[type[GitHubApi] | type[GiteaApi] | type[ForgejoApi], ...] = (
    GitHubApi,
    GiteaApi,
    ForgejoApi,
)

APIS: Mapping[str, type[HostApi]] = {api.type: api for api in _APIS}

PUBLIC_URLS: Mapping[str, str] = {api.type: api.default_url for api in _APIS}
"""The types of hosts that a credential may have, for ``parse_credentials``."""


def api_of(credential: Credential) -> HostApi:
    """The host's API below the URL of the credential."""
    return APIS[credential.type](credential.url)
