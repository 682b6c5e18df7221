"""One log line for each delivery, whatever became of it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from triggerfish.errors import AnswerError
from triggerfish.events.refusals import Refusal, RefusalCause, refusal_of
from triggerfish.http.messages import Exchange, Remarks
from triggerfish.http.traces import trace_id
from triggerfish.runtime import tracing
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.logs import PlainRecord
from triggerfish.webhooks.credentials import spared

log = logging.getLogger("triggerfish.events")

_longest_reason = 1000
_longest_text = 200
_most_workflows = 20
_own_id_bytes = 8
_of_concern = ("refused", "failed")


class Narration:
    """Writes the line; an observer of the router. ``refused`` hears of what was not taken."""

    def __init__(self, clock: Clock, refused: Callable[[Refusal], None]) -> None:
        self._clock, self._refused = clock, refused

    def answered(self, exchange: Exchange) -> None:
        """Write one for a delivery, none for any other request."""
        if is_delivery(exchange):
            fields, now = line(exchange), self._clock.now()
            if "cause" in fields:
                self._refused(refusal(exchange, fields, now))
            level = logging.WARNING if fields["result"] in _of_concern else logging.INFO
            if log.isEnabledFor(level):
                log.handle(PlainRecord(log, level, _sentence(fields), fields, now.timestamp()))


def is_delivery(exchange: Exchange) -> bool:
    """Return whether a request is one by its path, also one that the broker brings back."""
    return "/events" in exchange.pattern and "workflow-events" not in exchange.pattern


def line(exchange: Exchange) -> dict[str, Any]:
    """Return what the log keeps of a delivery: no header but the id, no body, no credential.

    ``duration`` is in seconds. Of a refused one, ``sender``, ``event`` and ``id`` are what it claims to be.
    """
    remarks, error = exchange.remarks, exchange.error
    result, reason = remarks.result, remarks.reason
    more: dict[str, Any] = {}
    if error is not None:
        cause, reason = refusal_of(error, exchange.status)
        result = "refused" if exchange.status < 500 or cause is RefusalCause.BUSY else "failed"
        more["cause"], more["known"] = cause.value, remarks.known
        _claim(exchange)
    if fix := error.fix if isinstance(error, AnswerError) and error.fix else _granting(reason):
        more["fix"] = fix
    return {
        "id": remarks.id[:_longest_text],
        "sender": remarks.sender,
        "event": remarks.event[:_longest_text],
        "namespace": (remarks.namespace or exchange.names.get("namespace", ""))[:_longest_text],
        "result": result,
        "reason": spared(reason[:_longest_reason]) if reason else "",
        "duration": round(exchange.seconds, 4),
        "trace": trace_id(exchange.headers) or tracing.trace_id(),
        "status": exchange.status,
        "workflows": remarks.workflows[:_most_workflows],
        **more,
    }


def refusal(exchange: Exchange, fields: Mapping[str, Any], now: datetime) -> Refusal:
    """Return what is kept of a delivery that was not taken, by its ``line``."""
    texts = {name: fields[name] for name in ("namespace", "sender", "event", "id", "result", "reason")}
    cause, remarks = RefusalCause(fields["cause"]), exchange.remarks
    return Refusal(
        now, cause=cause, account=remarks.account, fix=fields.get("fix", ""), known=remarks.known, **texts
    )


def _claim(exchange: Exchange) -> None:
    """Fill in what nobody has verified, where nothing is known."""
    remarks: Remarks = exchange.remarks
    if not remarks.sender:
        # What a start can do without: a refusal comes first on few.
        from triggerfish.events.claims import claimed

        claim = claimed(exchange.headers)
        remarks.sender, remarks.event, remarks.id = claim.sender, claim.event, remarks.id or claim.id
    remarks.id = remarks.id or secrets.token_hex(_own_id_bytes)


def _granting(reason: str) -> str:
    if "is forbidden" not in reason:
        return ""
    from triggerfish.kube.grants import granting

    return granting(reason)


def _sentence(fields: dict[str, Any]) -> str:
    """For people, in one line."""
    who = " ".join(filter(None, (fields["sender"] or "somebody", fields["event"], fields["id"])))
    words = [who, "to", fields["namespace"] or "no namespace", fields["result"]]
    if fields["workflows"]:
        words.append(", ".join(fields["workflows"]))
    if fields["reason"]:
        words[-1] += f": {fields['reason'].partition(chr(10))[0]}"
    return " ".join(words)
