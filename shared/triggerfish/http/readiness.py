"""GET /readyz: whether the cluster answers, and the function has the rights there that it needs.

The answer is kept for seconds, so that it costs the API server little however many ask. It says nothing
about credentials.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import triggerfish
from triggerfish.errors import ApiError, KubeError, SettingError
from triggerfish.expressions import zonefiles
from triggerfish.http.messages import Answer
from triggerfish.kube.client import Client
from triggerfish.kube.rights import Right, missing
from triggerfish.runtime.cache import Cache
from triggerfish.runtime.clock import Clock

log = logging.getLogger("triggerfish.http")

_ready_seconds = 10.0
_unready_seconds = 2.0
_patience_seconds = 4.0


class Readiness:
    """Asks whether the identity of a client has ``rights`` in each of these namespaces (None: in all).

    It belongs to one event loop.
    """

    def __init__(
        self,
        own: Callable[[], Awaitable[Client]],
        rights: tuple[Right, ...],
        scopes: tuple[str | None, ...],
        clock: Clock,
    ) -> None:
        self._own, self._rights, self._scopes, self._clock = own, rights, scopes, clock
        self._found: Cache[None, dict[str, Any]] = Cache(
            clock,
            life=lambda found: _unready_seconds if found else _ready_seconds,
            patience=_patience_seconds,
        )

    async def answer(self) -> Answer:
        """200 when all is well, else 503 with what is not."""
        try:
            problem = await self._found.get(None, self._ask)
        except TimeoutError:
            problem = {"message": f"the cluster did not answer within {_patience_seconds:g} s"}
        newest = next(iter(zonefiles.at_hand()), None)
        about: dict[str, Any] = {
            "version": triggerfish.__version__,
            "zones": {"version": newest.version, "source": newest.source} if newest else None,
        }
        if newest and newest.is_old(self._clock.now()):
            about["warning"] = (
                f"the time zones are over a year old ({newest.version}): install a newer tzdata"
            )
        if problem:
            return Answer(503, {"code": 14, **problem, **about}, {"Retry-After": f"{_unready_seconds:g}"})
        return Answer(200, {"status": "ready", **about})

    async def _ask(self) -> dict[str, Any]:
        """Empty when all is well, else ``message`` and ``missing``.

        Some clusters let nobody ask for reviews: the API server has answered, and knows who asks.
        """
        try:
            own = await self._own()
            found = {scope: await missing(own, self._rights, scope) for scope in self._scopes}
            places = [scope for scope, rights in found.items() if rights]
            lacking = list(dict.fromkeys(right for rights in found.values() for right in rights))
        except SettingError as error:
            log.error("%s", error)  # noqa: TRY400  the message is all there is to know
            return {"message": "this function is misconfigured; its log says why"}
        except KubeError as error:
            if isinstance(error, ApiError) and error.status == 403:
                log.warning("which rights this function has is not known: %s", error)
                return {}
            # The log says all of it; a message of the API server is not for strangers.
            log.warning("not ready: %s", error)
            return {"message": _told(error)}
        if not lacking:
            return {}
        named = ", ".join(scope for scope in places if scope)
        several = "s" if len(places) > 1 else ""
        where = f"in namespace{several} {named}" if named else "in all namespaces"
        rights = [str(right) for right in lacking]
        log.warning("not ready: the function may not %s %s", ", ".join(rights), where)
        return {"message": f"rights are missing {where}: {', '.join(rights)}", "missing": rights}


def _told(error: KubeError) -> str:
    if isinstance(error, ApiError) and error.status == 401:
        return "the API server does not know this function's credential"
    if isinstance(error, ApiError):
        return f"the API server refused to say which rights this function has ({error.status})"
    return "the cluster did not answer"
