"""The templates that Workflows refer to, each read once, and what is wrong with a CronWorkflow by them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.spec import WORKFLOW_SPEC
from triggerfish.errors import ApiError, KubeError, SpecError
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES
from triggerfish.workflows import lifetimes, objects
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef
from triggerfish.workflows.validation import validate

_NOTHING: Mapping[str, Any] = {}


@dataclass(slots=True)
class Templates:
    """Reads templates as ``client``, for the time that it lives: one tick, one command."""

    client: Client
    _reading: dict[tuple[str, TemplateRef], asyncio.Task[Json | None]] = field(default_factory=dict)

    async def problem(self, cron: CronWorkflow, rules: Rules) -> SpecError | None:
        """Return what is wrong with a CronWorkflow by the templates that it refers to, which are read."""
        if cron.error or not cron.references:
            return None
        spec = cron.body["spec"].get("workflowSpec") or {}
        defaults = rules.defaults or {}
        return await self.wrong(spec, cron.namespace, path=WORKFLOW_SPEC, defaults=defaults)

    async def is_short_lived(self, cron: CronWorkflow, rules: Rules) -> bool:
        """Whether its Workflows may be deleted before a tick has seen their end, by template or defaults."""
        if not (cron.references or (rules.defaults or _NOTHING).get("ttlStrategy")):
            return False
        spec = cron.body["spec"].get("workflowSpec") or {}
        try:
            template = await self._read(cron.namespace, ref) if (ref := _whole(spec)) else None
        except KubeError:
            template = None
        given = (template or {}).get("spec")
        return lifetimes.is_short(spec, given if isinstance(given, dict) else None, rules.defaults)

    async def wrong(
        self, spec: Mapping[str, Any], namespace: str, *, path: str, defaults: Mapping[str, Any] = _NOTHING
    ) -> SpecError | None:
        """What Argo would refuse of a Workflow of the namespace with this spec, which stands at ``path``.

        A template that may not be read, or cannot be read now, is not known: nothing is refused for it.
        """
        known: dict[TemplateRef, Json | None] = {}
        asked: set[TemplateRef] = set()
        while True:
            found = validate(spec, known, path=path, defaults=defaults)
            missing = sorted(found.unread - asked, key=lambda ref: (ref.cluster_scope, ref.name))
            if found.wrong or not missing:
                return found.wrong
            asked.update(missing)
            answers = await asyncio.gather(
                *(self._read(namespace, ref) for ref in missing), return_exceptions=True
            )
            for ref, answer in zip(missing, answers, strict=True):
                if isinstance(answer, BaseException):
                    if not isinstance(answer, KubeError):
                        raise answer
                else:
                    known[ref] = answer

    async def _read(self, namespace: str, ref: TemplateRef) -> Json | None:
        key = "" if ref.cluster_scope else namespace, ref
        if key not in self._reading:
            self._reading[key] = asyncio.create_task(self._get(namespace, ref))
        return await asyncio.shield(self._reading[key])

    async def _get(self, namespace: str, ref: TemplateRef) -> Json | None:
        if not objects.is_name(ref.name):
            return None
        try:
            if ref.cluster_scope:
                return await self.client.get(CLUSTER_WORKFLOW_TEMPLATES, None, ref.name)
            return await self.client.get(WORKFLOW_TEMPLATES, namespace, ref.name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise


def _whole(spec: Mapping[str, Any]) -> TemplateRef | None:
    """The template that is the whole Workflow."""
    given = spec.get("workflowTemplateRef")
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        return None
    return TemplateRef(given["name"], cluster_scope=given.get("clusterScope") is True)
