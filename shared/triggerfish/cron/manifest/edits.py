"""When the timetable of a CronWorkflow was last edited, and which one a tick has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from triggerfish import annotations as keys
from triggerfish.cron import times

_bytes_of_fingerprint = 6
# A tick that begins just before a full minute takes that minute for its time.
_ahead = timedelta(seconds=2)
# Ticks come once a minute: an edit that left no time came after the last one, as a rule.
PERIOD = timedelta(seconds=60)


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

    @property
    def until(self) -> datetime:
        """Up to when it has been so, as far as ticks have noted it."""
        return self.noted or self.since

    def is_before(self, edited: datetime) -> bool:
        """Return whether an edit of that second came after this was noted. In the same second it did.

        What was edited before is what was noted, and a write since then was a removal, which leaves no time.
        """
        return edited >= self.until


def fingerprint(*facts: Any) -> str:
    """A short hash of the facts, which are JSON."""
    return hashlib.sha256(orjson.dumps(facts)).digest()[:_bytes_of_fingerprint].hex()


def is_earlier(edited: datetime, read: datetime) -> bool:
    """Return whether that edit is older than what was read then, though the clocks of API servers differ."""
    return edited < read - _ahead


def time_of_writing(managed: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Return when anything of the spec was last written, at the latest; None when no entry says it."""
    found = (
        times.read(entry.get("time")) for entry in managed if (entry.get("fieldsV1") or {}).get("f:spec")
    )
    return max((time for time in found if time), default=None)


def time_of_applying(managed: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Return when somebody last wrote of the spec, or applied a manifest, which may have removed fields.

    Nobody owns a field that was removed, and a write that only removes leaves no time. But `kubectl apply`
    notes the manifest that it sent, and others write something else as they remove.
    """
    applied, newest = f"f:{keys.LAST_APPLIED}", None
    for entry in managed:
        spec, notes = _owned(entry)
        time = times.read(entry.get("time"))
        if (spec or applied in notes) and _by_people(notes) and time and (newest is None or time > newest):
            newest = time
    return newest


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
        spec, notes = _owned(entry)
        time = times.read(entry.get("time"))
        owns = not (wanted.isdisjoint(spec) and noted.isdisjoint(notes))
        if owns and _by_people(notes) and time and (newest is None or time > newest):
            newest = time
    return newest


def time_of_noting(managed: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Return when the note of the schedules last used was written, at the latest; as a rule by Argo."""
    wanted = f"f:{keys.LAST_USED_SCHEDULE}"
    found = (times.read(entry.get("time")) for entry in managed if wanted in _owned(entry)[1])
    return max((time for time in found if time), default=None)


def _owned(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The fields of the spec and the annotations of an entry."""
    fields = entry.get("fieldsV1") or {}
    return fields.get("f:spec") or {}, (fields.get("f:metadata") or {}).get("f:annotations") or {}


def _by_people(notes: Mapping[str, Any]) -> bool:
    """Whether the time of an entry with these annotations is not that of a tick's last write."""
    return f"f:{keys.SEEN}" not in notes
