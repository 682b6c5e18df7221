"""Every path that the events function answers, and the handler of each.

Handlers are named, not imported: a cold start that answers ``/healthz`` does without them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING

from triggerfish.errors import AnswerError
from triggerfish.http.messages import Answer, Call
from triggerfish.http.router import not_found

if TYPE_CHECKING:
    from triggerfish.events_function.service import Service

ServiceHandler = Callable[["Service", Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class ServiceRoute:
    """``handler`` is a function, or where one is: the module of ``api`` and its name there.

    One that ``places`` itself takes a place when a request has proved who it is; the others hold one of those
    for requests that have not.
    """

    method: str
    pattern: str
    handler: ServiceHandler | str
    places: bool = False


_workflows = "/api/v1/workflows"
_crons = "/api/v1/cron-workflows"
_templates = "/api/v1/workflow-templates"
_cluster_templates = "/api/v1/cluster-workflow-templates"

ROUTES = (
    ServiceRoute("POST", "/api/v1/events/{namespace}", "events:event", places=True),
    ServiceRoute("POST", "/api/v1/events/{namespace}/{discriminator}", "events:event", places=True),
    ServiceRoute("POST", "/internal/events", "events:returned", places=True),
    ServiceRoute("GET", "/api/v1/workflow-event-bindings/{namespace}", "handlers:list_bindings"),
    ServiceRoute("GET", "/api/v1/info", "handlers:info"),
    ServiceRoute("GET", "/api/v1/version", "handlers:version"),
    ServiceRoute("POST", _workflows + "/{namespace}", "handlers:create_workflow"),
    ServiceRoute("POST", _workflows + "/{namespace}/submit", "handlers:submit_workflow"),
    ServiceRoute("POST", _workflows + "/{namespace}/lint", "workflows:lint"),
    ServiceRoute("GET", _workflows, "workflows:listed"),
    ServiceRoute("GET", _workflows + "/{namespace}", "workflows:listed"),
    ServiceRoute("GET", _workflows + "/{namespace}/{workflow}", "workflows:get"),
    ServiceRoute("DELETE", _workflows + "/{namespace}/{workflow}", "workflows:delete"),
    ServiceRoute("PUT", _workflows + "/{namespace}/{workflow}/stop", "workflows:stop"),
    ServiceRoute("PUT", _workflows + "/{namespace}/{workflow}/terminate", "workflows:terminate"),
    ServiceRoute("PUT", _workflows + "/{namespace}/{workflow}/suspend", "workflows:suspend"),
    ServiceRoute("PUT", _workflows + "/{namespace}/{workflow}/resume", "workflows:resume"),
    ServiceRoute("GET", "/api/v1/workflow-events", "workflows:watch"),
    ServiceRoute("GET", "/api/v1/workflow-events/{namespace}", "workflows:watch"),
    ServiceRoute("GET", _crons, "cron_workflows:listed"),
    ServiceRoute("GET", _crons + "/{namespace}", "cron_workflows:listed"),
    ServiceRoute("POST", _crons + "/{namespace}", "cron_workflows:create"),
    ServiceRoute("POST", _crons + "/{namespace}/lint", "cron_workflows:lint"),
    # Argo's command line leaves the name to the body.
    ServiceRoute("PUT", _crons + "/{namespace}", "cron_workflows:update"),
    ServiceRoute("GET", _crons + "/{namespace}/{name}", "cron_workflows:get"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}", "cron_workflows:update"),
    ServiceRoute("DELETE", _crons + "/{namespace}/{name}", "cron_workflows:delete"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}/suspend", "cron_workflows:suspend"),
    ServiceRoute("PUT", _crons + "/{namespace}/{name}/resume", "cron_workflows:resume"),
    ServiceRoute("GET", _templates, "templates:of_namespace.listed"),
    *(
        route
        for path, handlers in (
            (_templates + "/{namespace}", "templates:of_namespace"),
            (_cluster_templates, "templates:of_cluster"),
        )
        for route in (
            ServiceRoute("GET", path, f"{handlers}.listed"),
            ServiceRoute("POST", path, f"{handlers}.create"),
            ServiceRoute("PUT", path, f"{handlers}.update"),
            ServiceRoute("POST", path + "/lint", f"{handlers}.lint"),
            ServiceRoute("GET", path + "/{name}", f"{handlers}.get"),
            ServiceRoute("PUT", path + "/{name}", f"{handlers}.update"),
            ServiceRoute("DELETE", path + "/{name}", f"{handlers}.delete"),
        )
    ),
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
    module, _, name = route.handler.partition(":")
    handler: ServiceHandler = attrgetter(name)(import_module(f"triggerfish.events_function.api.{module}"))
    return handler
