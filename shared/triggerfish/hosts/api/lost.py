"""Which lost deliveries a pass asks for again: oldest first, a few of each webhook, namespaces in turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from triggerfish.hosts.api.values import FailedDelivery

MOST_OF_A_PASS = 50
"""So many deliveries are asked for in one pass over all namespaces."""

# An attempt that was asked for a moment ago may not have ended everywhere: two passes may run at once.
_between_seconds = 240.0


@dataclass(frozen=True, slots=True)
class HostHook:
    """A webhook at its host whose lost deliveries are wanted: the client of a namespace that names it."""

    namespace: str
    client: str
    host: str
    repository: str
    hook: str


@dataclass(frozen=True, slots=True)
class LostDelivery:
    """A delivery to ask for again."""

    of: HostHook
    delivery: FailedDelivery


def to_ask(found: Iterable[tuple[HostHook, Sequence[FailedDelivery], int]], now: float) -> list[LostDelivery]:
    """What to ask for now, in order; of each webhook no more than the number beside it.

    ``now`` is in seconds since 1970. Each namespace has its oldest first, and none waits for another's.
    """
    waiting: dict[str, list[LostDelivery]] = {}
    for hook, lost, most in found:
        ready = [each for each in lost if not _is_under_way(each, now)]
        waiting.setdefault(hook.namespace, []).extend(LostDelivery(hook, each) for each in ready[:most])
    queues = [sorted(each, key=lambda lost: lost.delivery.at) for each in waiting.values()]
    turns = ([queue[turn] for queue in queues if turn < len(queue)] for turn in range(MOST_OF_A_PASS))
    return [lost for turn in turns for lost in turn][:MOST_OF_A_PASS]


def _is_under_way(delivery: FailedDelivery, now: float) -> bool:
    return delivery.asked > 0 and 0 <= now - delivery.at < _between_seconds
