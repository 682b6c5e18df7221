"""The texts of calendars, for a command that asks about any year: it reads them in its own process."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.workflows.objects import Json


class CalendarTexts:
    """The calendars that CronWorkflows name, each asked for once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[tuple[str, str], Mapping[str, str]] = {}

    async def of(self, cron: Json) -> Mapping[str, str]:
        """The text of each calendar that this CronWorkflow names, as it names it; absent ones are left out.

        ``NAME`` is the first key of that ConfigMap, ``NAME/KEY`` that key of it. Raises ``KubeError`` when
        it cannot be read at all.
        """
        found: dict[str, str] = {}
        for named in Timetable.calendars(cron):
            name, _, key = named.partition("/")
            files = await self._files(cron["metadata"]["namespace"], name)
            text = files.get(key) if key else next(iter(sorted(files.items())), (None, None))[1]
            if text is not None:
                found[named] = text
        return found

    async def readable(self, cron: Json) -> Mapping[str, str]:
        """The same; none where they may not be read, which the CronWorkflow's ``error`` then says."""
        try:
            return await self.of(cron)
        except ApiError as error:
            if error.status != 403:
                raise
            return {}

    async def _files(self, namespace: str, name: str) -> Mapping[str, str]:
        place = namespace, name
        if place not in self._known:
            try:
                body = await self._client.get(CONFIG_MAPS, namespace, name)
            except ApiError as error:
                if error.status != 404:
                    raise
                body = {}
            self._known[place] = body.get("data") or {}
        return self._known[place]
