"""When the timetable of a CronWorkflow was last edited, and which one a tick has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from triggerfish.cron import times

_bytes_of_fingerprint = 6
# A tick that begins just before a full minute takes that minute for its time.
_ahead = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Seen:
    """The ``fingerprint`` of all that says when slots are, and ``since`` when it has been so.

    ``noted`` is when a tick wrote this down, None when that was no later than ``since``.
    """

    since: datetime
    fingerprint: str
    noted: datetime | None = None

    @classmethod
    def of(cls, text: str) -> Seen | None:
        """Read ``<time> <fingerprint>``, and perhaps a second time; None for anything else."""
        since, _, rest = text.partition(" ")
        fingerprint, _, noted = rest.partition(" ")
        time = times.read(since)
        return cls(time, fingerprint, times.read(noted)) if time and fingerprint else None

    @classmethod
    def now(cls, since: datetime, fingerprint: str, now: datetime) -> Seen:
        """As a tick of ``now`` notes it."""
        noted = now - _ahead
        return cls(since, fingerprint, noted if noted > since else None)

    def __str__(self) -> str:
        noted = f" {times.rfc3339(self.noted)}" if self.noted else ""
        return f"{times.rfc3339(self.since)} {self.fingerprint}{noted}"

    def is_before(self, edited: datetime) -> bool:
        """Return whether an edit of that second came after this was noted. In the same second it did.

        What was edited before is what was noted, and a write since then was a removal, which leaves no time.
        """
        return edited >= (self.noted or self.since)


def fingerprint(*facts: Any) -> str:
    """A short hash of the facts, which are JSON."""
    return hashlib.sha256(orjson.dumps(facts)).digest()[:_bytes_of_fingerprint].hex()


def time_of_writing(managed: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Return when anything of the spec was last written, at the latest; None when no entry says it."""
    found = (
        times.read(entry.get("time")) for entry in managed if (entry.get("fieldsV1") or {}).get("f:spec")
    )
    return max((time for time in found if time), default=None)


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
