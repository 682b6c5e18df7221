"""Every kind of sender there is, by the word that a client's YAML calls it. A new one is two lines here."""

from __future__ import annotations

from triggerfish.webhooks.sender import Sender
from triggerfish.webhooks.senders.azuredevops import AzureDevOps
from triggerfish.webhooks.senders.bitbucket import Bitbucket
from triggerfish.webhooks.senders.bitbucketserver import BitbucketServer
from triggerfish.webhooks.senders.forgejo import Forgejo
from triggerfish.webhooks.senders.gitea import Gitea
from triggerfish.webhooks.senders.github import GitHub
from triggerfish.webhooks.senders.gitlab import GitLab
from triggerfish.webhooks.senders.hmac import Hmac
from triggerfish.webhooks.senders.standard import Standard

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
