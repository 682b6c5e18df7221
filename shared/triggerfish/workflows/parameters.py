"""Parameters that are given to a template, or a CronWorkflow, that does not know them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from triggerfish.workflows import parts


def unknown(spec: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    """A sentence for each name that a Workflow's spec neither declares nor uses."""
    text = json.dumps(spec, default=str)
    if "workflowTemplateRef" in spec or re.search(r"workflow\.parameters(\.json)?\s*\}\}", text):
        # Another object declares them, or all of them are used as one value.
        return
    declared = {
        *parts.parameters_of(spec),
        *parts.parameters_of({"arguments": _entrypoint(spec).get("inputs")}),
    }
    for name in names:
        if name in declared or re.search(rf"workflow\.parameters(\.|\[\W*){re.escape(name)}(?![\w-])", text):
            continue
        near = difflib.get_close_matches(name, sorted(declared), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"there is no parameter {name!r}, so nothing uses it{hint}"


def _entrypoint(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    return parts.named(spec.get("templates")).get(parts.text(spec.get("entrypoint")), parts.NOTHING)
