"""``triggerfish.dev/jitter``: a slot starts some whole minutes late, always the same for the same slot."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from triggerfish.errors import ScheduleError
from triggerfish.expressions.go import duration

MINUTE = timedelta(minutes=1)
_MOST = 24 * 60


def parse(text: str) -> int:
    """The most minutes: ``10``, or ``10m``. Raises ``ScheduleError``."""
    text = text.strip()
    try:
        spread = duration.nanoseconds(text + "m" * text.isdigit())
    except ValueError as problem:
        raise ScheduleError(f"{text[:40]!r} is not a number of minutes: {problem}") from None
    minutes, rest = divmod(spread, 60 * 10**9)
    if rest or not 0 <= minutes <= _MOST:
        raise ScheduleError(f"{text[:40]!r} is not a whole number of minutes from 0 to {_MOST}")
    return minutes


def shift(slot: datetime, most: int, seed: str) -> timedelta:
    """0 to ``most`` minutes, evenly spread over seeds (namespace/name) and slots."""
    if not most:
        return timedelta(0)
    digest = hashlib.sha256(f"{seed} {int(slot.timestamp())}".encode()).digest()
    return int.from_bytes(digest[:8]) % (most + 1) * MINUTE
