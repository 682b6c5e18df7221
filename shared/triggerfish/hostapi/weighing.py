"""What hosts answer, as Python's values: how much of it a worker holds at once.

A tenant names the host, and a list of eight megabytes may be three hundred as values. Some of those at once,
or page after page of them, would end the process for everybody.
"""

from __future__ import annotations

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.values import HostRequest, HostResponse
from triggerfish.runtime.parsing_room import small_weight, weight_of_json

MOST_OF_A_CONVERSATION = 64 << 20
MOST_OF_A_WORKER = 128 << 20


class AnswerWeights:
    """The answers that the conversations of a worker hold; small ones weigh nothing."""

    def __init__(self) -> None:
        self._held = 0

    def conversation(self, title: str) -> ConversationWeight:
        """``with`` it: what a conversation with that host holds until it ends."""
        return ConversationWeight(self, title)

    def take(self, weight: int) -> bool:
        """Hold so much more; False where there is no room for it now."""
        if self._held + weight > MOST_OF_A_WORKER:
            return False
        self._held += weight
        return True

    def give_back(self, weight: int) -> None:
        """Hold so much less."""
        self._held -= weight


class ConversationWeight:
    """The answers of one conversation."""

    def __init__(self, weights: AnswerWeights, title: str) -> None:
        self._weights, self._title, self._held = weights, title, 0

    def __enter__(self) -> ConversationWeight:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End: nothing is held any more."""
        self._weights.give_back(self._held)

    def check(self, request: HostRequest, response: HostResponse) -> None:
        """Count an answer before it is read; ``HostError`` where it is too much."""
        weight = weight_of_json(response.body)
        if self._held + weight > MOST_OF_A_CONVERSATION:
            raise HostRefused(f"{self._title} answered more than can be read")
        if weight <= small_weight or request.passing:
            return
        if not self._weights.take(weight):
            raise HostUnanswered("hosts answer too much at once")
        self._held += weight
