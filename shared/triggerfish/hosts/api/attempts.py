"""Which deliveries of a webhook to ask for again: a pure reading of a host's list of attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from triggerfish.hosts.api.conversation import refused
from triggerfish.hosts.api.values import Exchange, FailedDelivery

_longest_word = 60

MOST_ASKED = 3
"""A delivery that was sent again so often is given up."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as a host lists it: ``code`` is 0 without an answer, ``status`` the host's word for it.

    ``again``: somebody had asked for it.
    """

    id: str
    guid: str
    at: float
    code: int
    status: str = ""
    again: bool = False

    @property
    def is_lost(self) -> bool:
        """The function did not take it, and may next time: no answer, 429 or 5xx; not another 4xx."""
        return self.code in (0, 429) or self.code >= 500


def to_redeliver(attempts: Iterable[Attempt]) -> tuple[FailedDelivery, ...]:
    """Deliveries whose newest attempt was lost, oldest first, but those that were asked for three times.

    The host's list is all that is known: no state is kept.
    """
    by_guid: dict[str, list[Attempt]] = {}
    for each in attempts:
        by_guid.setdefault(each.guid, []).append(each)
    found = []
    for guid, tried in by_guid.items():
        # Of two attempts in the same second the one with the later id is the newer.
        newest = max(tried, key=lambda each: (each.at, len(each.id), each.id))
        # The first attempt may be older than what the host still lists.
        asked = max(len(tried) - 1, sum(each.again for each in tried))
        if newest.is_lost and asked < MOST_ASKED:
            first = min(each.at for each in tried)
            found.append((first, FailedDelivery(newest.id, guid, newest.at, _reason(newest), asked)))
    return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].guid)))


def _reason(attempt: Attempt) -> str:
    if attempt.code:
        return f"it was answered {attempt.code}"
    word = attempt.status
    letters = word.replace(" ", "").replace("_", "")
    plain = letters.isascii() and letters.isalnum() and len(word) <= _longest_word
    return f"it had no answer ({word})" if plain else "it had no answer"


class NoDeliveries:
    """A host whose API lists no deliveries: ``cannot`` says so."""

    cannot: ClassVar[Mapping[str, str]]
    keeps_deliveries: ClassVar[float] = 0.0
    most_redeliveries: ClassVar[int] = 0

    def failed_deliveries(
        self, repository: str, hook: str, since: float
    ) -> Exchange[tuple[FailedDelivery, ...]]:
        """Nothing can be asked for."""
        return refused(self.cannot["failed_deliveries"])

    def redeliver(self, repository: str, hook: str, delivery: str) -> Exchange[None]:
        """Nothing can be asked for."""
        return refused(self.cannot["failed_deliveries"])
