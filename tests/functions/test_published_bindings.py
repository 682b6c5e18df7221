"""Bindings that people published, over HTTP: bindings.yaml has each with a request and what becomes of it.

The template ``t`` gives each parameter the default DEFAULT.
"""

from pathlib import Path

import pytest
import yaml
from tests.support.events import kind

PUBLISHED = yaml.safe_load((Path(__file__).parent / "bindings.yaml").read_text("utf-8"))


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one["name"])
def test_a_published_binding(place, one):
    spec, request = one["binding_spec"], one["request"]
    named = spec.get("submit", {}).get("arguments", {}).get("parameters", [])
    defaults = [{"name": parameter["name"], "value": "DEFAULT"} for parameter in named]
    place.template("t", arguments={"parameters": defaults})
    binding = {"metadata": {"name": "published"}, "spec": spec} | kind("WorkflowEventBinding")
    place.put("workfloweventbindings", binding)
    path = request["path"].replace("NAMESPACE", place.namespace)
    reply = place.event(request["payload"], path=path, headers=request["headers"])
    workflows = place.workflows()
    match one["right"].partition(" ")[0].rstrip(","):
        case "a":
            assert (reply.status, len(workflows)) == (200, 1), reply.json
            (workflow,) = workflows
            given = workflow["spec"].get("arguments", {}).get("parameters", [])
            assert {each["name"]: each["value"] for each in given} == one["arguments"]
            for field, values in one.get("metadata", {}).items():
                assert values.items() <= workflow["metadata"][field].items()
        case "200":
            assert (reply.status, workflows) == (200, [])
            (told,) = reply.json["bindings"]
            assert not told["matched"]
            assert told["reason"]
        case "500":
            assert (reply.status, workflows) == (500, [])
            assert "published" in reply.json["message"]
        case other:
            raise AssertionError(other)
