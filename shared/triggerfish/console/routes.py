"""The console's routes: its files, and the data of each screen, as far as the viewer may see it."""

from __future__ import annotations

from triggerfish.console.answers import data
from triggerfish.console.assets import PAGE, assets
from triggerfish.console.policy import POLICY
from triggerfish.console.registry import SCREENS
from triggerfish.console.surroundings import surroundings
from triggerfish.errors import AnswerError
from triggerfish.events_function.authenticator import bearer_token
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call


def routes() -> tuple[ServiceRoute, ...]:
    """The routes that the events function serves besides its own."""
    return (
        ServiceRoute("GET", "/", root),
        ServiceRoute("GET", "/console", page),
        ServiceRoute("GET", "/console/{file}", file),
        ServiceRoute("GET", "/console/api/session", session),
        ServiceRoute("GET", "/console/api/surroundings", surroundings),
        *(route for screen in SCREENS for route in screen.routes()),
    )


async def session(_: Service, call: Call) -> Answer:
    """Say if the request carries a token, the page's or one that a proxy in front of us added."""
    return data({"token": bearer_token(call.delivery) is not None})


async def page(_: Service, __: Call) -> Answer:
    """A redirect to the page: its own addresses are relative, so it needs one address and not two."""
    return Answer(308, b"", {**POLICY, "location": f"/console/{PAGE}"}, "text/plain")


async def root(_: Service, __: Call) -> Answer:
    """Lead to the page, for now: what is at the root of the function may change."""
    return Answer(307, b"", {**POLICY, "location": f"/console/{PAGE}"}, "text/plain")


async def file(_: Service, call: Call) -> Answer:
    """One of the page's own files; they hold no data, so anybody may have them."""
    asset = assets().get(call.path.get("file", ""))
    if asset is None:
        raise AnswerError(404, 5, "the console has no such file")
    headers = {**POLICY, "etag": asset.tag, "cache-control": "no-cache"}
    if call.delivery.first("if-none-match") == asset.tag:
        return Answer(304, b"", headers, asset.media_type)
    return Answer(200, asset.body, headers, asset.media_type)
