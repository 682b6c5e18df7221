"""Every kind of sender there is, by the word that a client's YAML calls it. A new one is two lines here."""

from __future__ import annotations

from triggerfish.hosts.azuredevops import AzureDevOps
from triggerfish.hosts.bitbucket import Bitbucket
from triggerfish.hosts.bitbucketserver import BitbucketServer
from triggerfish.hosts.forgejo import Forgejo
from triggerfish.hosts.gitea import Gitea
from triggerfish.hosts.github import GitHub
from triggerfish.hosts.gitlab import GitLab
from triggerfish.webhooks.hmac import Hmac
from triggerfish.webhooks.sender import Sender
from triggerfish.webhooks.standard import Standard

_senders: tuple[type[Sender], ...] = (
    AzureDevOps,
    Bitbucket,
    BitbucketServer,
    Forgejo,
    Gitea,
    GitHub,
    GitLab,
    Hmac,
    Standard,
)

SENDERS: dict[str, type[Sender]] = {sender.type: sender for sender in _senders}
