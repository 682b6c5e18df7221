"""The functions' own service accounts on the embedded cluster: the rights they are deployed with, no more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from triggerfish.errors import TriggerfishError
from triggerfish.kube.client import Client
from triggerfish_laptop.dev import manifests

NAMESPACE = "triggerfish"
_FUNCTIONS = ("cron", "events")
# Longer sessions are rare; each start asks for new tokens.
_TOKEN_SECONDS = 30 * 24 * 3600


def rights(root: Path) -> Iterator[dict[str, Any]]:
    """The manifests of both accounts and of what they may do, as the checkout ``root`` deploys them."""
    kubernetes, local = root / "infra" / "kubernetes", root / "infra" / "laptop"
    base = kubernetes / "base"
    files = [base / "namespace.yaml", base / "accounts.yaml", base / "rbac.yaml"]
    files += [kubernetes / "overlays" / "cluster-wide" / "bindings.yaml"]
    files += sorted((local / "access").glob("*.yaml"))
    for manifest in manifests.read(*files):
        if manifest["kind"] == "ServiceAccount":
            # Kustomize puts the namespace into those of the base.
            manifest["metadata"].setdefault("namespace", NAMESPACE)
        yield manifest


async def kubeconfigs(client: Client, admin: Path) -> dict[str, Path]:
    """A kubeconfig for each function, beside the administrator's, for its owner alone; by function."""
    text = await asyncio.to_thread(admin.read_text, encoding="utf-8")
    paths = {}
    for name in _FUNCTIONS:
        answer = await client.request_token(NAMESPACE, f"triggerfish-{name}", seconds=_TOKEN_SECONDS)
        token = (answer.get("status") or {}).get("token")
        if not token:
            raise TriggerfishError(f"the embedded cluster issued no token for triggerfish-{name}")
        paths[name] = admin.with_name(f"{name}.kubeconfig")
        _write(paths[name], _acting_as(text, token))
    return paths


def _acting_as(kubeconfig: str, token: str) -> str:
    """That kubeconfig with another token in the place of its user's."""
    document = yaml.safe_load(kubeconfig)
    users = [{**user, "user": {"token": token}} for user in document["users"]]
    return yaml.safe_dump({**document, "users": users}, sort_keys=False)


def _write(path: Path, text: str) -> None:
    # A new file each time: an old one's mode would stay.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
