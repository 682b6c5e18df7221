"""The API of every Git host, by the word that a credential calls it. A new host is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from triggerfish.hosts.api.azuredevops import AzureDevOpsApi
from triggerfish.hosts.api.bitbucket import BitbucketApi
from triggerfish.hosts.api.bitbucketserver import BitbucketServerApi
from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.forgejo import ForgejoApi
from triggerfish.hosts.api.gitea import GiteaApi
from triggerfish.hosts.api.github import GitHubApi
from triggerfish.hosts.api.gitlab import GitLabApi
from triggerfish.hosts.api.values import HostApi

APIS: Mapping[str, type[HostApi]] = MappingProxyType(
    {
        "github": GitHubApi,
        "gitlab": GitLabApi,
        "gitea": GiteaApi,
        "forgejo": ForgejoApi,
        "bitbucket": BitbucketApi,
        "bitbucketserver": BitbucketServerApi,
        "azuredevops": AzureDevOpsApi,
    }
)

PUBLIC_URLS: Mapping[str, str] = {name: api.default_url for name, api in APIS.items()}
"""The types of hosts that a credential may have, for ``parse_credentials``."""


def api_of(credential: Credential) -> HostApi:
    """The host's API below the URL of the credential."""
    return APIS[credential.type](credential.url)
