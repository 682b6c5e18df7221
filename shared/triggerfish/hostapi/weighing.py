"""What hosts answer, as bytes and as Python's values: how much of it a worker holds at once.

A tenant names the host, and a list of eight megabytes may be three hundred as values. Some of those at once,
or page after page of them, would end the process for everybody; so would the bytes of many that never end.
"""

from __future__ import annotations

from collections import Counter

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.values import HostRequest, HostResponse
from triggerfish.runtime.parsing_room import small_weight, weight_of_json

MOST_OF_A_CONVERSATION = 64 << 20
MOST_OF_A_WORKER = 128 << 20
"""Of values; a namespace has half of it at most."""

MOST_ARRIVING = 32 << 20
"""Of bytes that are on their way; a namespace has half of it at most."""

# Of an answer that is on its way; nearly all have less.
_free_bytes = 64 << 10


class _Shared:
    """Memory, of which one namespace has half at most: its hosts keep no other's from answering."""

    def __init__(self, total: int) -> None:
        self._total, self._taken = total, 0
        self._held: Counter[str] = Counter()

    def take(self, namespace: str, weight: int) -> None:
        """Hold so much more; ``HostUnanswered`` where there is no room for it now."""
        held = self._held[namespace]
        if self._taken + weight > self._total or held + weight > self._total // 2:
            raise HostUnanswered("hosts answer too much at once")
        self._taken += weight
        self._held[namespace] += weight

    def give_back(self, namespace: str, weight: int) -> None:
        """Hold so much less."""
        self._taken -= weight
        self._held[namespace] -= weight
        if not self._held[namespace]:
            del self._held[namespace]


class AnswerWeights:
    """The answers that the conversations of a worker hold; small ones weigh nothing."""

    def __init__(self) -> None:
        self._values, self._bytes = _Shared(MOST_OF_A_WORKER), _Shared(MOST_ARRIVING)

    def conversation(self, title: str, namespace: str = "") -> ConversationWeight:
        """``with`` it: what a conversation of the namespace with that host holds until it ends."""
        return ConversationWeight(self._values, self._bytes, title, namespace)


class ConversationWeight:
    """The answers of one conversation."""

    def __init__(self, values: _Shared, arriving: _Shared, title: str, namespace: str) -> None:
        self._values, self._bytes, self._title, self._namespace = values, arriving, title, namespace
        self._held = self._arriving = 0

    def __enter__(self) -> ConversationWeight:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End: nothing is held any more."""
        self._values.give_back(self._namespace, self._held)
        self.arrived()

    def arriving(self, size: int) -> None:
        """Count the bytes of an answer so far; ``HostUnanswered`` where there is no room for them."""
        more = size - _free_bytes - self._arriving
        if more > 0:
            self._bytes.take(self._namespace, more)
            self._arriving += more

    def arrived(self) -> None:
        """Count none that is on its way: it is there, and checked next, or it never will be."""
        self._bytes.give_back(self._namespace, self._arriving)
        self._arriving = 0

    def check(self, request: HostRequest, response: HostResponse) -> None:
        """Count an answer before it is read; ``HostError`` where it is too much."""
        weight = weight_of_json(response.body)
        if self._held + weight > MOST_OF_A_CONVERSATION:
            raise HostRefused(f"{self._title} answered more than can be read")
        if weight <= small_weight or request.passing:
            return
        self._values.take(self._namespace, weight)
        self._held += weight
