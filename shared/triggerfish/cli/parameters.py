"""A warning about parameters that are given to a template, or a CronWorkflow, that does not know them."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from triggerfish.cli.cluster import Target
from triggerfish.errors import ApiError
from triggerfish.events_function.api.submit import KINDS
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json


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


def unknown(spec: Json, names: Iterable[str]) -> Iterator[str]:
    """A sentence for each name that a Workflow's spec neither declares nor uses."""
    text = json.dumps(spec)
    if "workflowTemplateRef" in spec or re.search(r"workflow\.parameters(\.json)?\s*\}\}", text):
        # Another object declares them, or all of them are used as one value.
        return
    declared = {*_parameters(spec.get("arguments")), *_parameters(_entrypoint(spec).get("inputs"))}
    for name in names:
        if name in declared or re.search(rf"workflow\.parameters(\.|\[\W*){re.escape(name)}(?![\w-])", text):
            continue
        near = difflib.get_close_matches(name, sorted(declared), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"there is no parameter {name!r}, so nothing uses it{hint}"


def _entrypoint(spec: Json) -> Json:
    templates = spec.get("templates")
    named = (each for each in (templates if isinstance(templates, list) else ()) if isinstance(each, dict))
    return next((each for each in named if each.get("name") == spec.get("entrypoint")), {})


def _parameters(holder: Any) -> Iterator[str]:
    found = _object(holder).get("parameters")
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield str(each.get("name"))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
