"""Rows of lists, made of whatever an object of the API holds."""

import json

import pytest

from triggerfish.queries.bindings import fields
from triggerfish.queries.schedules import row


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"name": "x"}},
        {"metadata": {"name": "x"}, "spec": None, "status": 7},
        {"metadata": {"name": "x"}, "spec": {"schedules": {"a": 1}, "schedule": []}, "status": {}},
        {"metadata": {"name": "x"}, "status": {"conditions": [None, {"status": "True"}, 7]}},
    ],
)
def test_a_row_is_made_of_whatever_an_object_holds(body) -> None:
    assert row(body)["schedules"] == []
    json.dumps(row(body))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"spec": []},
        {"spec": {"event": 7, "submit": {"arguments": {"parameters": [7, {}]}}}},
        {"metadata": {"annotations": {"triggerfish.dev/dialect": ["expr"]}}, "spec": {"submit": []}},
    ],
)
def test_the_playground_opens_whatever_a_binding_holds(body) -> None:
    found = fields(body, "cel")
    assert found["dialect"] == "cel"
    assert all(isinstance(text, str) for text in found.values())


def test_an_argument_of_several_lines_is_one_in_the_playground() -> None:
    parameter = {"name": "a", "valueFrom": {"event": "payload.x +\n  payload.y"}}
    found = fields({"spec": {"submit": {"arguments": {"parameters": [parameter]}}}}, "expr")
    assert found["parameters"] == "a = payload.x +   payload.y"
