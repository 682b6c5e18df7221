"""CronWorkflows by hand, in the shapes of Argo's REST API. All of it as the caller: RBAC decides."""

from __future__ import annotations

from triggerfish.cron.manifest.cron_workflow import Rules
from triggerfish.events_function.api import checks
from triggerfish.events_function.api.objects import Objects
from triggerfish.events_function.api.requests import list_options, namespace, part
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json


async def listed(service: Service, call: Call) -> Answer:
    """The CronWorkflows of a namespace, or of all."""
    return Answer(200, await _crons(service, call).listed(service, list_options(call)))


async def get(service: Service, call: Call) -> Answer:
    """One CronWorkflow."""
    return Answer(200, await _crons(service, call).one(call.path["name"]))


async def create(service: Service, call: Call) -> Answer:
    """A CronWorkflow as the caller wrote it."""
    crons, given = _crons(service, call), part(service, call, "cronWorkflow")
    await _check(service, crons, given)
    return Answer(200, await crons.create(service.caller(call).creator, given))


async def update(service: Service, call: Call) -> Answer:
    """A CronWorkflow as the caller wrote it, in place of what is there; what ticks recorded stays."""
    crons, given = _crons(service, call), part(service, call, "cronWorkflow")
    await _check(service, crons, given)
    return Answer(200, await crons.update(call.path.get("name"), given, service.caller(call).creator))


async def delete(service: Service, call: Call) -> Answer:
    """Delete one; its runs go with it."""
    return Answer(200, await _crons(service, call).delete(call.path["name"]))


async def suspend(service: Service, call: Call) -> Answer:
    """No run of it while it is suspended."""
    return await _set_suspended(service, call, suspended=True)


async def resume(service: Service, call: Call) -> Answer:
    """Runs again; a stopped one stays stopped."""
    return await _set_suspended(service, call, suspended=False)


async def lint(service: Service, call: Call) -> Answer:
    """The CronWorkflow as it would be made; a 400 says what is wrong with it."""
    crons, given = _crons(service, call), part(service, call, "cronWorkflow")
    await crons.prove()
    await _check(service, crons, given)
    return Answer(200, crons.made_for(service.caller(call).creator, given))


async def _check(service: Service, crons: Objects, given: Json) -> None:
    await checks.cron_workflow(crons.client, crons.namespace, given, Rules.of(service.settings))


async def _set_suspended(service: Service, call: Call, *, suspended: bool) -> Answer:
    crons, name = _crons(service, call), call.path["name"]
    await crons.one(name)
    return Answer(200, await crons.patch(name, {"spec": {"suspend": suspended}}))


def _crons(service: Service, call: Call) -> Objects:
    instance = service.settings.instance_id
    return Objects(service.reader(call), CRON_WORKFLOWS, namespace(service, call), instance)
