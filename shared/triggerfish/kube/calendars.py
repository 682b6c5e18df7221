"""iCalendar files in ConfigMaps, for CronWorkflows that leave out the days in them."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

# A calendar changes a few times a year; a tick comes every minute.
kept_seconds = 300.0


class Calendars:
    """The calendars that CronWorkflows name, kept for five minutes. It belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._cache: Cache[tuple[str, str], Mapping[str, str]] = Cache(clock, life=lambda _: kept_seconds)

    async def of(self, cron: Json, client: Client) -> Mapping[str, str]:
        """The text of each calendar that this CronWorkflow names, as it names it; absent ones are left out.

        ``NAME`` is the first key of that ConfigMap, ``NAME/KEY`` that key of it. Raises ``KubeError`` when
        it cannot be read at all.
        """
        found: dict[str, str] = {}
        for named in Timetable.calendars(cron):
            name, _, key = named.partition("/")
            files = await self._files(cron["metadata"]["namespace"], name, client)
            text = files.get(key) if key else next(iter(sorted(files.items())), (None, None))[1]
            if text is not None:
                found[named] = text
        return found

    async def _files(self, namespace: str, name: str, client: Client) -> Mapping[str, str]:
        async def load() -> Mapping[str, str]:
            try:
                body = await client.get(CONFIG_MAPS, namespace, name)
            except ApiError as error:
                if error.status != 404:
                    raise
                return {}
            return body.get("data") or {}

        return await self._cache.get((namespace, name), load)
