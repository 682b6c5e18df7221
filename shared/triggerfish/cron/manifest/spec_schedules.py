"""Read from a CronWorkflow all that says when it runs; what is wrong is a ``SpecError`` naming the place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from triggerfish import annotations as keys
from triggerfish.cron.manifest import fields, suspension
from triggerfish.cron.schedules import dates, exclusions, jitter, schedule, zones
from triggerfish.cron.schedules.exclusions import CalendarsGiven
from triggerfish.errors import ScheduleError, SpecError, again

_MOST_SCHEDULES = 1000
_MOST_INSTANTS = 1000
_T = TypeVar("_T")


class ScheduleReader:
    """Reads one CronWorkflow, given as JSON."""

    def __init__(self, cron: Mapping[str, Any], default_timezone: str, calendars: CalendarsGiven) -> None:
        metadata = fields.mapping(cron, "", "metadata") or {}
        self._spec = fields.mapping(cron, "", "spec") or {}
        self._notes = fields.named_texts(metadata, "metadata", "annotations")
        self._seed = f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}"
        self._default, self._calendars = default_timezone, calendars
        self.errors: list[SpecError] = []

    def readable(self) -> dict[str, Any]:
        """The fields of a ``Timetable`` as far as they can be read; all that is wrong is in ``errors``."""
        timezone = self._try(lambda: fields.text(self._spec, "spec", "timezone"), "")
        zone = self._try(lambda: self._zone(timezone), None)
        if zone is None:
            timezone, zone = "UTC", zones.load("UTC")
        extended = self._word(keys.SCHEDULE_SYNTAX, {"": False, "standard": False, "extended": True})
        at = self._note(keys.AT, lambda text: _instants(text, zone)) or ()
        none: list[tuple[str, str]] = []
        texts = self._try(lambda: self._texts(required=not at), none)
        read = [(path, self._schedule(path, text, timezone, extended=extended)) for path, text in texts]
        return {
            "schedules": tuple(found for _, found in read if found),
            "paths": tuple(path for path, found in read if found),
            "last_used": tuple(f"CRON_TZ={timezone} {text}" if timezone else text for _, text in texts),
            "seed": self._seed,
            "at": at,
            "jitter": self._note(keys.JITTER, jitter.parse) or 0,
            "not_before": self._note(keys.NOT_BEFORE, lambda text: dates.period(text, zone).start),
            "not_after": self._note(keys.NOT_AFTER, lambda text: _last(text, zone)),
            "once_per_day": self._word(keys.ONCE_PER_DAY, {"": False, "false": False, "true": True}),
            "exclusions": self._exclusions(zone, extended=extended),
        }

    def _try(self, read: Callable[[], _T], otherwise: _T) -> _T:
        """What is read; ``otherwise`` when it is wrong, which is noted."""
        try:
            return read()
        except SpecError as error:
            self.errors.append(again(error))
            return otherwise

    def _exclusions(self, zone: zones.Zone, *, extended: bool) -> tuple[exclusions.Exclusion, ...]:
        suspended = self._note(keys.SUSPENDED, lambda text: suspension.span(text, zone))
        excluded = self._note(
            keys.EXCLUDE,
            lambda text: exclusions.parse(text, zone, self._calendars, extended=extended, seed=self._seed),
        )
        return (*((suspended,) if suspended else ()), *(excluded or ()))

    def _zone(self, timezone: str) -> zones.Zone:
        try:
            return zones.load(timezone or self._default)
        except ScheduleError as error:
            raise SpecError("spec.timezone" if timezone else "DEFAULT_TIMEZONE", str(error)) from None

    def _texts(self, *, required: bool) -> list[tuple[str, str]]:
        """Each schedule with the path of its field."""
        one = fields.text(self._spec, "spec", "schedule")
        many = fields.texts(self._spec, "spec", "schedules")
        noted = self._notes.get(keys.SCHEDULES, "").splitlines()
        if lines := [line.strip() for line in noted if line.strip()]:
            return self._bounded([(_path(keys.SCHEDULES), line) for line in lines])
        if one and many:
            raise SpecError("spec.schedule", "schedules is set too", "keep only schedules")
        if required and not one and not many:
            raise SpecError("spec.schedules", "there is none", "write at least one, such as 0 5 * * *")
        if one:
            return [("spec.schedule", one)]
        return self._bounded([(f"spec.schedules[{index}]", text) for index, text in enumerate(many)])

    def _bounded(self, texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if len(texts) > _MOST_SCHEDULES:
            raise SpecError(
                texts[_MOST_SCHEDULES][0], f"{len(texts)} schedules; the most is {_MOST_SCHEDULES}"
            )
        return texts

    def _schedule(self, field: str, text: str, timezone: str, *, extended: bool) -> schedule.Schedule | None:
        default = None if schedule.names_zone(text) else self._default
        try:
            return schedule.parse(text, timezone or default, extended=extended, seed=self._seed)
        except ScheduleError as error:
            self.errors.append(SpecError(field, str(error)))
            return None

    def _note(self, name: str, read: Callable[[str], _T]) -> _T | None:
        text = self._notes.get(name, "")
        if not text.strip():
            return None
        try:
            return read(text)
        except ScheduleError as error:
            self.errors.append(SpecError(_path(name), str(error)))
            return None

    def _word(self, name: str, words: Mapping[str, bool]) -> bool:
        text = self._notes.get(name, "").strip()
        if text not in words:
            known = " or ".join(word for word in words if word)
            self.errors.append(SpecError(_path(name), f"{text[:40]!r} is not known", f"write {known}"))
        return words.get(text, False)


def _path(annotation: str) -> str:
    return f"metadata.annotations[{annotation}]"


def _last(text: str, zone: zones.Zone) -> datetime:
    found = dates.period(text, zone)
    return found.end - dates.SECOND


def _instants(text: str, zone: zones.Zone) -> tuple[datetime, ...]:
    """A JSON list, or instants between commas, semicolons or line ends."""
    parts: list[Any]
    try:
        given = json.loads(text) if text.lstrip().startswith("[") else re.split(r"[,;\n]", text)
        parts = [part for part in given if not isinstance(part, str) or part.strip()]
    except ValueError as error:
        raise ScheduleError(f"it is not a JSON list: {error}") from None
    if len(parts) > _MOST_INSTANTS:
        raise ScheduleError(f"{len(parts)} instants; the most is {_MOST_INSTANTS}")
    return tuple(sorted({dates.instant(str(part), zone) for part in parts}))
