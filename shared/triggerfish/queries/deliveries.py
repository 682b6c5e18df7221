"""Recorded deliveries."""

from __future__ import annotations

from collections.abc import Sequence

from triggerfish import annotations as keys
from triggerfish.errors import ApiError
from triggerfish.events import deliveries
from triggerfish.kube.cache import Reads
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.workflows.objects import Json


async def records(reads: Reads, client: Client, namespace: str | None) -> Sequence[Json]:
    """The ConfigMaps with records of deliveries, of a namespace or of all.

    One namespace's is asked for by its name, so that a reader needs no right to the other ConfigMaps.
    """
    if namespace is None:
        selector = f"{keys.RECORD}={deliveries.LABEL_VALUE}"
        return (await reads.listed(client, CONFIG_MAPS, None, labels=selector)).items
    try:
        return [await reads.get(client, CONFIG_MAPS, namespace, deliveries.CONFIG_MAP)]
    except ApiError as error:
        if error.status != 404:
            raise
        return []
