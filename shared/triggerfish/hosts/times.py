"""Times as hosts write them, in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(value: object) -> float | None:
    """A number as it is, a time (RFC 3339) or a number in text; None for what is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e18 else None
    if not isinstance(value, str):
        return None
    try:
        number = float(value)
    except ValueError:
        pass
    else:
        return number if abs(number) < 1e18 else None
    try:
        moment = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def latest(*values: object) -> float | None:
    """The latest of some times; None when none of them is one.

    Nothing in a payload is younger than its event, and nothing in a later event's is older than in an earlier
    one's: the latest time of a subject orders the events of that subject.
    """
    known = [moment for value in values if (moment := seconds(value)) is not None]
    return max(known, default=None)
