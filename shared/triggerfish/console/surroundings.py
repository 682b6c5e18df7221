"""What the page shows around each screen: namespaces to choose from, and where runs are shown elsewhere."""

from __future__ import annotations

from triggerfish.console.answers import data
from triggerfish.errors import ApiError
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import NAMESPACES
from triggerfish.workflows.objects import Json


async def surroundings(service: Service, call: Call) -> Answer:
    """``namespaces`` by name, None where the viewer may not list them; ``workflow_url`` as it is set.

    ``all``: they can be seen all at once, as far as the viewer's rights go.
    """
    client = service.reader(call)
    settings = service.settings
    found: Json = {"namespaces": None, "all": not settings.namespaces, "workflow_url": settings.workflow_url}
    if settings.namespaces:
        found["namespaces"] = list(settings.namespaces)
        return data(found)
    try:
        pages = client.pages(NAMESPACES, None, metadata_only=True)
        names = [str(body["metadata"]["name"]) async for page in pages for body in page.items]
        found["namespaces"] = sorted(names)
    except ApiError as error:
        if error.status != 403:
            raise
    return data(found)
