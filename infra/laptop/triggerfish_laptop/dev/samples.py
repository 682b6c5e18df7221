"""The sample manifests on a kept cluster: what somebody did to them stays done.

A ConfigMap of the cluster remembers each sample as it was last applied, so that it lives and dies with the
state it speaks of. A later start changes only what a sample's file changed since, and brings nothing back
that was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.workflows.objects import Json
from triggerfish_laptop.dev import manifests
from triggerfish_laptop.dev.accounts import NAMESPACE

_NAME = "triggerfish-samples"


@dataclass(frozen=True, slots=True)
class Samples:
    """How many objects were ``created``, ``changed`` as their file was, and left as they were found."""

    created: int = 0
    changed: int = 0
    kept: int = 0

    @property
    def said(self) -> str:
        """The sentence for a person; empty on a new cluster."""
        if not self.changed and not self.kept:
            return ""
        parts = [
            (self.created, "new"),
            (self.changed, "updated from their files"),
            (self.kept, "left as they are"),
        ]
        counts = ", ".join(f"{number} {words}" for number, words in parts if number)
        return f"samples: {counts} (--fresh starts with an empty cluster)"


async def apply(client: Client, given: Iterable[Json]) -> Samples:
    """Apply the samples to the cluster; each only as far as its file has changed since the last time."""
    before = await _remembered(client)
    after = dict(before)
    created = changed = kept = 0
    for manifest in given:
        key = _key(manifest)
        after[key] = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS).decode()
        if key not in before:
            created += await manifests.apply(client, manifest) == "created"
        elif (patch := difference(orjson.loads(before[key]), manifest)) and await manifests.patch(
            client, manifest, patch
        ):
            changed += 1
        else:
            kept += 1
    if after != before:
        memory = {"apiVersion": "v1", "kind": "ConfigMap", "data": after}
        await manifests.apply(client, {**memory, "metadata": {"name": _NAME, "namespace": NAMESPACE}})
    return Samples(created, changed, kept)


async def _remembered(client: Client) -> dict[str, str]:
    try:
        found = await client.get(CONFIG_MAPS, NAMESPACE, _NAME)
    except ApiError as error:
        if error.status != 404:
            raise
        return {}
    return dict(found.get("data") or {})


def _key(manifest: Json) -> str:
    metadata = manifest["metadata"]
    return f"{manifest['kind']}.{metadata.get('namespace', 'default')}.{metadata['name']}"


def difference(old: Json, new: Json) -> Json:
    """The JSON merge patch that makes ``new`` of ``old``; empty when they are equal."""
    patch: Json = {key: None for key in old if key not in new}
    for key, value in new.items():
        was = old.get(key)
        if isinstance(value, dict) and isinstance(was, dict):
            if inner := difference(was, value):
                patch[key] = inner
        elif key not in old or was != value:
            patch[key] = value
    return patch
