"""Every path that the events function answers, and the handler of each.

Handlers are named, not imported: a cold start that answers ``/healthz`` does without them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triggerfish.errors import AnswerError
from triggerfish.http.messages import Answer, Call
from triggerfish.http.router import not_found

if TYPE_CHECKING:
    from triggerfish.events_function.service import Service

ServiceHandler = Callable[["Service", Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class ServiceRoute:
    """``handler`` is a function, or the name of one in ``api.handlers``.

    One that ``places`` itself takes a place when a request has proved who it is; the others hold one of those
    for requests that have not.
    """

    method: str
    pattern: str
    handler: ServiceHandler | str
    places: bool = False


_crons = "/api/v1/cron-workflows"

ROUTES = (
    ServiceRoute("POST", "/api/v1/events/{namespace}", "events", places=True),
    ServiceRoute("POST", "/api/v1/events/{namespace}/{discriminator}", "events", places=True),
    ServiceRoute("POST", "/internal/events", "internal_events", places=True),
    ServiceRoute("GET", "/api/v1/workflow-event-bindings/{namespace}", "list_bindings"),
    ServiceRoute("POST", "/api/v1/workflows/{namespace}", "create_workflow"),
    ServiceRoute("POST", "/api/v1/workflows/{namespace}/submit", "submit_workflow"),
    ServiceRoute("GET", _crons, "list_crons"),
    ServiceRoute("GET", _crons + "/{namespace}", "list_crons"),
    ServiceRoute("POST", _crons + "/{namespace}", "create_cron"),
    # Argo's command line leaves the name to the body.
    ServiceRoute("PUT", _crons + "/{namespace}", "update_cron"),
    ServiceRoute("GET", _crons + "/{namespace}/{name}", "get_cron"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}", "update_cron"),
    ServiceRoute("DELETE", _crons + "/{namespace}/{name}", "delete_cron"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}/suspend", "suspend_cron"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}/resume", "resume_cron"),
    ServiceRoute("GET", "/api/v1/info", "info"),
    ServiceRoute("GET", "/api/v1/version", "version"),
)


# Argo's server has more below these than is served here.
_of_argo = ("/api/v1/", "/artifacts/", "/artifacts-by-uid/", "/input-artifacts/", "/artifact-files/")


def unserved(path: str) -> AnswerError:
    """The refusal of a path that no route has: those of Argo's API are told where they are answered."""
    if f"{path}/".startswith(_of_argo):
        return AnswerError(501, 12, "not served here: use argo-server or kubectl")
    return not_found(path)


def found(route: ServiceRoute) -> ServiceHandler:
    """The handler of a route, imported by now."""
    if not isinstance(route.handler, str):
        return route.handler
    from triggerfish.events_function.api import handlers

    handler: ServiceHandler = getattr(handlers, route.handler)
    return handler
