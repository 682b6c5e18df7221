"""RFC 3339 times as Kubernetes writes them, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def rfc3339(moment: datetime) -> str:
    """``2026-11-23T10:00:00Z``; a fraction only where there is one. ``moment`` is aware."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read(value: Any) -> datetime | None:
    """The time in UTC; None for anything else: what a cluster holds is not always what its schema says."""
    if not value or not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
