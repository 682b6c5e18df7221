"""WorkflowTemplates and ClusterWorkflowTemplates by hand, in the shapes of Argo's REST API, as the caller."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.events_function.api import checks
from triggerfish.events_function.api.objects import Objects
from triggerfish.events_function.api.requests import asked, list_options, namespace, part
from triggerfish.events_function.service import Service
from triggerfish.http.messages import Answer, Call
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES, Resource


@dataclass(frozen=True, slots=True)
class TemplateObjects:
    """The handlers for templates of one kind."""

    resource: Resource

    async def listed(self, service: Service, call: Call) -> Answer:
        """A page of them; ``namePattern`` is a part of their names."""
        found = await self._objects(service, call).listed(service, list_options(call))
        pattern = asked(call, "namePattern")
        items = [item for item in found.get("items") or [] if pattern in item["metadata"]["name"]]
        return Answer(200, {**found, "items": items})

    async def get(self, service: Service, call: Call) -> Answer:
        """One of them."""
        return Answer(200, await self._objects(service, call).one(call.path["name"]))

    async def create(self, service: Service, call: Call) -> Answer:
        """A template as the caller wrote it."""
        objects, given = self._objects(service, call), part(service, call, "template")
        await checks.template(objects.client, objects.namespace, given)
        return Answer(200, await objects.create(service.caller(call).creator, given))

    async def update(self, service: Service, call: Call) -> Answer:
        """A template as the caller wrote it, in place of what is there."""
        objects, given = self._objects(service, call), part(service, call, "template")
        await checks.template(objects.client, objects.namespace, given)
        return Answer(200, await objects.update(call.path.get("name"), given, service.caller(call).creator))

    async def delete(self, service: Service, call: Call) -> Answer:
        """Delete one."""
        return Answer(200, await self._objects(service, call).delete(call.path["name"]))

    async def lint(self, service: Service, call: Call) -> Answer:
        """The template as it would be made; a 400 says what is wrong with it."""
        objects, given = self._objects(service, call), part(service, call, "template")
        await objects.prove()
        await checks.template(objects.client, objects.namespace, given)
        return Answer(200, objects.made_for(service.caller(call).creator, given))

    def _objects(self, service: Service, call: Call) -> Objects:
        instance = service.settings.instance_id
        where = namespace(service, call) if self.resource.namespaced else None
        return Objects(service.reader(call), self.resource, where, instance)


of_namespace = TemplateObjects(WORKFLOW_TEMPLATES)
of_cluster = TemplateObjects(CLUSTER_WORKFLOW_TEMPLATES)
