"""PURE. Why a delivery was refused: a word for counting, a sentence for operators. No caller is told.

Anybody can be refused as often as they like. So what is kept of refusals is apart from the record of
deliveries, and each cause has places of its own in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain

from triggerfish.errors import AnswerError, KubeError, TriggerfishError


class RefusalCause(StrEnum):
    """Each cause in a word, which metrics, alerts and the record carry."""

    UNSIGNED = "unsigned"  # it has no token, and nothing that proves who sent it
    SIGNATURE = "signature"  # no secret of a webhook client fits
    CLIENTS = "clients"  # the webhook clients are missing, or one has a mistake
    ACCOUNT = "account"  # the function cannot act as the service account of the client
    TOKEN = "token"  # noqa: S105  the API server does not know the bearer token
    RIGHTS = "rights"  # the service account, or the bearer of the token, may not list the bindings
    BROKER = "broker"  # it came back as the broker's, and is not
    BODY = "body"  # the body is too long, too slow, or not what it claims to be
    NAMESPACE = "namespace"  # the namespace has no valid name, or is not managed here
    BUSY = "busy"  # too many requests were in flight, or it took too long
    CLUSTER = "cluster"  # the API server, or a secret store, did not answer
    HOST = "host"  # the Git host, which was asked for facts, did not answer
    OTHER = "other"  # a wrong setting, or a defect


# For errors that do not say their cause.
_of_status = {
    400: RefusalCause.BODY,
    401: RefusalCause.TOKEN,
    403: RefusalCause.RIGHTS,
    404: RefusalCause.NAMESPACE,
    408: RefusalCause.BODY,
    413: RefusalCause.BODY,
    415: RefusalCause.BODY,
    503: RefusalCause.BUSY,
}


def refusal_of(error: Exception, status: int) -> tuple[RefusalCause, str]:
    """The cause and the reason of an answer with that HTTP status, which was made of ``error``."""
    if isinstance(error, AnswerError):
        cause = RefusalCause(error.cause) if error.cause else _of_status.get(status, RefusalCause.OTHER)
        return cause, error.reason or error.message
    if isinstance(error, KubeError):
        return {401: RefusalCause.TOKEN, 403: RefusalCause.RIGHTS}.get(
            status, RefusalCause.CLUSTER
        ), error.told
    # The message of an error that nobody meant may quote what must not be logged.
    reason = str(error) if isinstance(error, TriggerfishError) else f"internal error: {type(error).__name__}"
    return RefusalCause.BODY if status in (400, 408) else RefusalCause.OTHER, reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """One delivery that was not taken. ``sender``, ``event`` and ``id`` are what it claims, perhaps a lie.

    ``result`` is ``refused``, or ``failed`` where it was no fault of the sender. ``account`` is the service
    account that it was proved to act as. ``fix`` is a command that grants a missing right. ``known``: its
    namespace has webhook clients, so it is not made up.
    """

    at: datetime
    namespace: str
    sender: str
    event: str
    id: str
    result: str
    cause: RefusalCause
    reason: str
    account: str = ""
    fix: str = ""
    known: bool = False


class RefusalRing:
    """The last refusals of a namespace: at most ``each`` of a cause, so that no cause pushes out another.

    Within a cause, the oldest with the most frequent reason goes first.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._kept: dict[RefusalCause, list[Refusal]] = {}

    def add(self, refusal: Refusal) -> None:
        """Keep it, in the place of an earlier one of its cause where there are enough of these."""
        kept = self._kept.setdefault(refusal.cause, [])
        kept.append(refusal)
        if len(kept) > self._each:
            frequent = Counter(each.reason for each in kept).most_common(1)[0][0]
            kept.remove(next(each for each in kept if each.reason == frequent))

    def __iter__(self) -> Iterator[Refusal]:
        """All that are kept, the oldest first."""
        return iter(sorted(chain.from_iterable(self._kept.values()), key=lambda each: each.at))
