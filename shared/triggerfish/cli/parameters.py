"""A warning about parameters that are given to a template, or a CronWorkflow, that does not know them."""

from __future__ import annotations

import sys
from typing import Any

from triggerfish.cli.cluster import Target
from triggerfish.errors import ApiError
from triggerfish.events_function.api.submit import KINDS
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json
from triggerfish.workflows.parameters import unknown


async def warn(target: Target, body: Json) -> None:
    """Say on standard error which parameters of a submission nothing declares and nothing uses."""
    names = [text.partition("=")[0] for text in body["submitOptions"]["parameters"]]
    resource, name = KINDS.get(body["resourceKind"].lower()), body["resourceName"]
    if not names or resource is None:
        return
    try:
        found = await target.client.get(resource, target.namespace if resource.namespaced else None, name)
    except ApiError:
        # The submission says what is wrong, or it was made and only this reading is not allowed.
        return
    spec = _object(found.get("spec"))
    spec = _object(spec.get("workflowSpec")) if resource is CRON_WORKFLOWS else spec
    for sentence in unknown(spec, names):
        print(f"triggerfish: {resource.kind} {name}: {sentence}", file=sys.stderr)


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
