"""How long a Workflow stays after its end: ``ttlStrategy``, wherever it is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

_fields = ("secondsAfterCompletion", "secondsAfterSuccess", "secondsAfterFailure")
# Ticks come once a minute, and one may fail.
_short = timedelta(minutes=2)


def is_short(*specs: Mapping[str, Any] | None) -> bool:
    """Return whether it may be deleted before a tick has seen its end.

    ``specs`` are those of Workflows, in the order in which Argo merges them: the first one that has a field
    counts (the Workflow's own, its template's, the controller's defaults).
    """
    merged: dict[str, Any] = {}
    for spec in reversed(specs):
        strategy = (spec or {}).get("ttlStrategy")
        if isinstance(strategy, Mapping):
            merged |= {key: value for key, value in strategy.items() if value is not None}
    seconds = [merged[name] for name in _fields if isinstance(merged.get(name), (int, float))]
    return any(each < _short.total_seconds() for each in seconds)
