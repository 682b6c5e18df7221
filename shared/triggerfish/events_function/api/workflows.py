"""Workflows by hand, in the shapes of Argo's REST API. All of it as the caller: RBAC decides."""

from __future__ import annotations

import re

from triggerfish.errors import AnswerError
from triggerfish.events_function.api import checks, watching
from triggerfish.events_function.api.fields import BodyFields
from triggerfish.events_function.api.objects import Objects
from triggerfish.events_function.api.requests import asked, body, list_options, namespace, part
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.workflows import suspension
from triggerfish.workflows.endings import ENDS, STOP, TERMINATE
from triggerfish.workflows.objects import Json

_latest = "@latest"
_name_selector = re.compile(r"metadata\.name==?([^,]+)")


async def listed(service: Service, call: Call) -> Answer:
    """A page of the Workflows of a namespace, or of all."""
    found = await _workflows(service, call).listed(service, list_options(call))
    return Answer(200, BodyFields.read(asked(call, "fields")).of(found))


async def get(service: Service, call: Call) -> Answer:
    """One Workflow; ``@latest`` is the one that was created last."""
    found = await _one(_workflows(service, call), call.path["workflow"])
    return Answer(200, BodyFields.read(asked(call, "fields")).of(found))


async def watch(service: Service, call: Call) -> Answer:
    """The Workflows as they change, as server-sent events."""
    workflows, query = _workflows(service, call), list_options(call)
    selector = next((value for key, value in query if key == "fieldSelector"), "")
    named = _name_selector.search(selector)
    name = ""
    if named is not None:
        # Argo's command line waits for what is not there without end, unless it is told.
        name = (await _one(workflows, named[1]))["metadata"]["name"]
        chosen = selector[: named.start(1)] + name + selector[named.end(1) :]
        query = tuple((key, chosen if key == "fieldSelector" else value) for key, value in query)
    fields = BodyFields.read(asked(call, "fields"), "result.object.")
    stream = watching.lines(service.watches, workflows, service.clock, query, name, fields)
    # What is wrong is answered as such: the stream begins when the API server has taken the watch.
    await anext(stream)
    return Answer(200, b"", media_type="text/event-stream", stream=stream)


async def delete(service: Service, call: Call) -> Answer:
    """Delete one; with ``force`` its finalizers do not keep it."""
    workflows = _workflows(service, call)
    name = (await _one(workflows, call.path["workflow"]))["metadata"]["name"]
    if asked(call, "force") == "true":
        await workflows.patch(name, {"metadata": {"finalizers": None}})
    return Answer(200, await workflows.delete(name))


async def stop(service: Service, call: Call) -> Answer:
    """End a Workflow; its exit handlers run."""
    return await _shut_down(service, call, STOP, "Stop")


async def terminate(service: Service, call: Call) -> Answer:
    """End a Workflow at once, without its exit handlers."""
    return await _shut_down(service, call, TERMINATE, "Terminate")


async def suspend(service: Service, call: Call) -> Answer:
    """Start no further step of a Workflow."""
    workflows, found = await _addressed(service, call)
    if _is_over(found):
        raise AnswerError(400, 9, "cannot suspend completed workflows")
    return await _changed(service, call, workflows, found, {"spec": {"suspend": True}}, "Suspend")


async def resume(service: Service, call: Call) -> Answer:
    """Go on with a Workflow that is suspended, or that waits in a suspend template."""
    workflows, found = await _addressed(service, call)
    change = suspension.resumed(found, service.caller(call).creator, service.clock.now())
    if not change:
        return Answer(200, found)
    return await _changed(service, call, workflows, found, change, "Resume")


async def lint(service: Service, call: Call) -> Answer:
    """The Workflow as it would be made; a 400 says what is wrong with it. It need not have its parameters."""
    workflows, given = _workflows(service, call), part(service, call, "workflow")
    await workflows.prove()
    await checks.workflow_to_submit(workflows.client, call.path["namespace"], given)
    return Answer(200, workflows.made_for(service.caller(call).creator, given))


async def _shut_down(service: Service, call: Call, change: Json, action: str) -> Answer:
    workflows, found = await _addressed(service, call)
    if _is_over(found):
        metadata = found["metadata"]
        where = f'workflow: "{metadata["name"]}", namespace: "{metadata["namespace"]}"'
        raise AnswerError(400, 9, f"cannot shutdown a completed workflow: {where}")
    return await _changed(service, call, workflows, found, change, action)


async def _addressed(service: Service, call: Call) -> tuple[Objects, Json]:
    """The Workflow of the path; ``AnswerError`` 501 when single nodes of it are meant."""
    given = body(service, call)
    if isinstance(given, dict) and given.get("nodeFieldSelector"):
        raise AnswerError(501, 12, "nodes are not chosen here: use argo-server or kubectl")
    workflows = _workflows(service, call)
    return workflows, await _one(workflows, call.path["workflow"])


async def _changed(
    service: Service, call: Call, workflows: Objects, found: Json, change: Json, action: str
) -> Answer:
    metadata = {**change.get("metadata", {}), "labels": service.caller(call).creator.acted(action)}
    change = {**change, "metadata": metadata}
    return Answer(200, await workflows.patch(found["metadata"]["name"], change))


def _workflows(service: Service, call: Call) -> Objects:
    client, instance = service.reader(call), service.settings.instance_id
    return Objects(client, WORKFLOWS, namespace(service, call), instance)


async def _one(workflows: Objects, name: str) -> Json:
    if name != _latest:
        return await workflows.one(name)
    pages = workflows.client.pages(
        WORKFLOWS, workflows.namespace, labels=dict(workflows.ours(()))["labelSelector"], metadata_only=True
    )
    found = [item["metadata"] async for page in pages for item in page.items]
    if not found:
        raise AnswerError(404, 5, "no workflows found")
    # Of those of one second the last by name, so that the answer is always the same.
    latest = max(found, key=lambda metadata: (metadata.get("creationTimestamp") or "", metadata["name"]))
    return await workflows.one(latest["name"])


def _is_over(workflow: Json) -> bool:
    return (workflow.get("status") or {}).get("phase") in ENDS
