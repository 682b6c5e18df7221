"""Every Git host, and every sender by the word that a client's YAML calls it. A new host is a line here."""

from __future__ import annotations

from triggerfish.hosts.azuredevops import AzureDevOps
from triggerfish.hosts.bitbucket import Bitbucket
from triggerfish.hosts.bitbucketserver import BitbucketServer
from triggerfish.hosts.facts import Host
from triggerfish.hosts.forgejo import Forgejo
from triggerfish.hosts.gitea import Gitea
from triggerfish.hosts.github import GitHub
from triggerfish.hosts.gitlab import GitLab
from triggerfish.webhooks.hmac import Hmac
from triggerfish.webhooks.sender import Sender
from triggerfish.webhooks.standard import Standard

# The first that knows a payload reads it; GitHub's shape is the least particular.
HOSTS: tuple[type[Host], ...] = (
    AzureDevOps,
    GitLab,
    BitbucketServer,
    Bitbucket,
    Gitea,
    Forgejo,
    GitHub,
)

# Those that sign deliveries and are no Git host.
_OTHERS: tuple[type[Sender], ...] = (Hmac, Standard)

SENDERS: dict[str, type[Sender]] = {sender.type: sender for sender in (*HOSTS, *_OTHERS)}
