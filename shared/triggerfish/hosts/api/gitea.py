"""Gitea: https://docs.gitea.com/api, below ``/api/v1``."""

from __future__ import annotations

from typing import ClassVar

from triggerfish.hosts.api.gitea_like import GiteaLike


class GiteaApi(GiteaLike):
    """https://docs.gitea.com/api; a token needs write:repository."""

    type: ClassVar[str] = "gitea"
    title: ClassVar[str] = "Gitea"
    default_url: ClassVar[str] = "https://gitea.com"
    hook_kind: ClassVar[str] = "type=gitea"
