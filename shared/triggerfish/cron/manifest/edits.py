"""When the timetable of a CronWorkflow was last edited, and which one a tick has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from triggerfish.cron import times

_bytes_of_fingerprint = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """The ``fingerprint`` of all that says when slots are, and ``since`` when it has been so."""

    since: datetime
    fingerprint: str

    @classmethod
    def of(cls, text: str) -> Seen | None:
        """Read ``<time> <fingerprint>``; None for anything else."""
        since, _, fingerprint = text.partition(" ")
        time = times.read(since)
        return cls(time, fingerprint) if time and fingerprint else None

    def __str__(self) -> str:
        return f"{times.rfc3339(self.since)} {self.fingerprint}"


def fingerprint(*facts: Any) -> str:
    """A short hash of the facts, which are JSON."""
    return hashlib.sha256(orjson.dumps(facts)).digest()[:_bytes_of_fingerprint].hex()


def time_of_edit(
    managed: Iterable[Mapping[str, Any]], spec_fields: Iterable[str], annotations: Iterable[str]
) -> datetime | None:
    """When one of the fields was last written, at the latest: the newest of ``managedFields`` that owns one.

    None when none does. It errs to the later side: an entry has one time for all that it owns.
    """
    wanted = {f"f:{name}" for name in spec_fields}
    noted = {f"f:{name}" for name in annotations}
    newest = None
    for entry in managed:
        fields = entry.get("fieldsV1") or {}
        spec = fields.get("f:spec") or {}
        notes = (fields.get("f:metadata") or {}).get("f:annotations") or {}
        time = times.read(entry.get("time"))
        owns = not (wanted.isdisjoint(spec) and noted.isdisjoint(notes))
        if owns and time and (newest is None or time > newest):
            newest = time
    return newest
