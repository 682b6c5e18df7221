"""The way from the server to the function, without what the framework does on it that nobody here needs.

The Functions Framework loads the function and starts its server. Each request then takes its app's router,
four middlewares, two guards for exceptions and the draw of an execution id before it comes to the function:
a fifth of what a bare function costs (`make bench`). Here it goes to the same function at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

from functions_framework import _enable_execution_id_logging
from functions_framework.aio import ExceptionHandlerMiddleware
from functions_framework.execution_id import AsgiMiddleware
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

_known: list[Any] = [ExceptionHandlerMiddleware, AsgiMiddleware]


@cache
def shortened(app: App) -> App:
    """Return an app that answers as this one does, by a shorter way if it is the framework's as we know it.

    One that has more middlewares (an agent may have put them there) or logs execution ids
    (``LOG_EXECUTION_ID``) is left as it is, and so is any other app.
    """
    # The framework says nothing of its types.
    if not isinstance(app, Starlette) or _enable_execution_id_logging():  # type: ignore[no-untyped-call]
        return app
    if [each.cls for each in app.user_middleware] != _known:
        return app
    *others, last = app.routes
    if not isinstance(last, Route) or last.path != "/{path:path}":
        return app
    return _ShortWay(app, last, frozenset(getattr(each, "path", "") for each in others) - {"/"})


class _ShortWay:
    """Calls the function of ``route`` itself; ``others`` are paths that the framework answers without it."""

    def __init__(self, app: App, route: Route, others: frozenset[str]) -> None:
        self._app, self._others = app, others
        self._methods = frozenset(route.methods or ())
        function = inspect.unwrap(route.endpoint)

        async def call(scope: Scope, receive: Any, send: Any) -> None:
            answer = await function(Request(scope, receive, send))
            await answer(scope, receive, send)

        # The framework's own, which says nothing of its types: it logs what was raised, and answers 500.
        self._call: App = ExceptionHandlerMiddleware(call)  # type: ignore[no-untyped-call]

    def __call__(self, scope: Scope, receive: Any, send: Any) -> Awaitable[None]:
        """Answer one request."""
        short = scope["type"] == "http" and scope["method"] in self._methods
        way = self._call if short and scope["path"] not in self._others else self._app
        return way(scope, receive, send)
