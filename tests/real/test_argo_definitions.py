"""What Argo changes in generated definitions, we change alike; without Go there are none."""

from copy import deepcopy
from pathlib import Path

import pytest
from tests.real.argo import ANYTHING, definitions, mended
from tests.real.golang import Unavailable

from triggerfish.workflows.objects import Json

RULES = {"x-kubernetes-validations": [{"rule": "true"}]}
NAMED = {"type": "object", "properties": {"name": {}, "image": {}}, "required": ["name"]}
STEP = {"type": "object", "properties": {"name": {}, "template": {}}}
STEPS = {"type": "array", "items": STEP}
METADATA = {name: {} for name in ("annotations", "finalizers", "labels", "name", "namespace")}


def of(part: Json, *, plural: str = "workflows", within: str = "spec") -> Json:
    """What becomes of one part of a definition's schema."""
    schema = {"openAPIV3Schema": {"properties": {within: part}}}
    definition = {"spec": {"names": {"plural": plural}, "versions": [{"schema": schema}]}}
    found: Json = mended(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][within]
    return found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param(
            "container", NAMED, {"type": "object", "properties": NAMED["properties"]}, id="container"
        ),
        pytest.param("script", NAMED, {"type": "object", "properties": NAMED["properties"]}, id="script"),
        pytest.param("sidecars", {"items": NAMED}, {"items": NAMED}, id="a sidecar must be named"),
        pytest.param(
            "steps",
            {"items": {"properties": {"steps": STEPS}}},
            {"items": STEPS},
            id="a list of lists of steps",
        ),
        pytest.param("steps", STEPS, STEPS, id="steps of another kind"),
        pytest.param(
            "metadata",
            {"properties": METADATA},
            {"properties": METADATA | {"generateName": {"type": "string"}}},
            id="metadata of what is made",
        ),
        pytest.param("arguments", dict(RULES), RULES, id="rules of a spec stay"),
    ],
)
@pytest.mark.parametrize("around", ["templates", "templateDefaults"])
def test_a_part_of_a_template(around: str, name: str, before: Json, after: Json) -> None:
    inner = {"properties": {name: deepcopy(before)}}
    part = {"properties": {around: {"items": inner} if around == "templates" else inner}}
    found = of(part)["properties"][around]
    assert (found["items"] if around == "templates" else found)["properties"][name] == after


def test_the_status_has_no_rules_and_no_copies_of_templates() -> None:
    part = {**RULES, "properties": {"storedTemplates": {"properties": {"a": {}}}, "nodes": dict(RULES)}}
    assert of(part, within="status") == {"properties": {"storedTemplates": ANYTHING, "nodes": {}}}


def test_what_argos_controller_alone_writes_has_no_rules() -> None:
    part = {**RULES, "properties": {"tasks": {"additionalProperties": dict(RULES)}}}
    assert of(part, plural="workflowtasksets") == {"properties": {"tasks": {"additionalProperties": {}}}}


def test_without_go_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no Go"):
        definitions({"XDG_CACHE_HOME": str(tmp_path), "PATH": ""})
