"""The fields that Argo's kinds have, taken from the API description in Argo's own modules.

``python -m tests.real.argo_fields`` writes them to where `lint` reads them. They are of several versions
together: a field that any of them knows is not misspelt.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.real.golang import Unavailable, is_there

VERSIONS = ("v3@v3.5.14", "v3@v3.6.10", "v3@v3.7.2", "v4@v4.0.5")
MODULE = "github.com/argoproj/argo-workflows"
TARGET = Path(__file__).parents[2] / "shared/triggerfish/cli/lint/argo_fields.json"
ROOTS = {
    "ClusterWorkflowTemplate": "WorkflowSpec",
    "CronWorkflow": "CronWorkflowSpec",
    "Workflow": "WorkflowSpec",
    "WorkflowEventBinding": "WorkflowEventBindingSpec",
    "WorkflowTemplate": "WorkflowSpec",
}
METADATA = "k8s.ObjectMeta"
# The description leaves out what would make it endless, and what a field was called for a while.
BESIDE = {
    "DAGTask": {"inline": "Template"},
    "StopStrategy": {"condition": ""},
    "WorkflowStep": {"inline": "Template"},
}

Types = dict[str, dict[str, str]]


def table(environment: Mapping[str, str]) -> dict[str, Any]:
    """``kinds``: the type of each kind's spec. ``types``: the fields of each type, each with its own type.

    A field's type is empty for what has no fields (a text, a number, anything at all); ``[X]`` is a list of
    X, ``{X}`` a map of X. Raises ``Unavailable`` without Go.
    """
    if not is_there(environment):
        raise Unavailable("The fields are read from Argo's modules, which Go fetches, and there is no Go.")
    types: Types = {}
    for version in VERSIONS:
        for name, fields in _types(_description(version, environment)):
            types.setdefault(name, {}).update(fields)
    for name, fields in BESIDE.items():
        types[name].update(fields)
    return {
        "kinds": ROOTS,
        "metadata": METADATA,
        "types": {name: dict(sorted(types[name].items())) for name in sorted(types)},
    }


def text(found: Mapping[str, Any]) -> str:
    """The table as JSON, one type a line, so that a change can be read."""
    types = ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in found["types"].items())
    kinds = json.dumps(found["kinds"])
    return (
        f'{{"kinds": {kinds},\n "metadata": {json.dumps(found["metadata"])},\n "types": {{\n{types}\n}}}}\n'
    )


def _description(version: str, environment: Mapping[str, str]) -> Mapping[str, Any]:
    command = ["go", "mod", "download", "-json", f"{MODULE}/{version}"]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"Go could not fetch {MODULE}/{version}: {done.stderr.strip()[:200]}")
    folder = Path(json.loads(done.stdout)["Dir"])
    return json.loads((folder / "api/openapi-spec/swagger.json").read_text())["definitions"]


def _types(definitions: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """The types that the specs lead to, each with its fields."""
    by_name = {_short(full): each for full, each in definitions.items()}
    waiting, seen = [*ROOTS.values(), METADATA, "Template"], set()
    while waiting:
        name = waiting.pop()
        if name in seen or not by_name.get(name, {}).get("properties"):
            continue
        seen.add(name)
        fields = {}
        for field, given in by_name[name]["properties"].items():
            fields[field] = _type(given, by_name)
            waiting.append(fields[field].strip("[]{}"))
        yield name, fields


def _type(given: Mapping[str, Any], by_name: Mapping[str, Any]) -> str:
    if "$ref" in given:
        name = _short(given["$ref"])
        target = by_name[name]
        return name if target.get("properties") else _type(target, by_name)
    if given.get("type") == "array":
        inner = _type(given["items"], by_name)
        return f"[{inner}]" if inner else ""
    if isinstance(given.get("additionalProperties"), dict):
        inner = _type(given["additionalProperties"], by_name)
        return f"{{{inner}}}" if inner else ""
    return ""


def _short(full: str) -> str:
    """The type's own name, with a mark if it is one of Kubernetes: both have an ``Event``."""
    whole = full.rsplit("/", 1)[-1]
    return whole.rsplit(".", 1)[-1] if "argoproj" in whole else f"k8s.{whole.rsplit('.', 1)[-1]}"


if __name__ == "__main__":
    TARGET.write_text(text(table(os.environ)))
    print(f"{TARGET} written", file=sys.stderr)
