"""In which order a tick looks at CronWorkflows: namespaces take turns, and another begins each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


class OfNamespace(Protocol):
    """Whatever has a namespace."""

    @property
    def namespace(self) -> str:
        """Its namespace."""
        ...


S = TypeVar("S", bound=OfNamespace)


def in_turns(crons: Iterable[S], now: datetime) -> list[S]:
    """One of each namespace, then the next of each; which one comes first changes from minute to minute.

    A namespace with ten thousand of them is thus no longer in front of anybody than one with a single one.
    """
    minute = int(now.timestamp()) // 60
    families: dict[str, list[S]] = defaultdict(list)
    for cron in crons:
        families[cron.namespace].append(cron)
    namespaces = _rotated(sorted(families), minute)
    rows = [_rotated(families[namespace], minute) for namespace in namespaces]
    return [row[place] for place in range(max(map(len, rows), default=0)) for row in rows if place < len(row)]


def _rotated(items: list[T], by: int) -> list[T]:
    start = by % len(items) if items else 0
    return items[start:] + items[:start]
