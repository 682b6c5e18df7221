"""Forgejo, and Codeberg, which runs on it: https://forgejo.org/docs/latest/user/api-usage."""

from __future__ import annotations

from typing import ClassVar

from triggerfish.hosts.api.gitea_like import GiteaLike


class ForgejoApi(GiteaLike):
    """https://codeberg.org/api/swagger; a token needs write:repository."""

    type: ClassVar[str] = "forgejo"
    title: ClassVar[str] = "Forgejo"
    default_url: ClassVar[str] = "https://codeberg.org"
    hook_kind: ClassVar[str] = "type=forgejo"
