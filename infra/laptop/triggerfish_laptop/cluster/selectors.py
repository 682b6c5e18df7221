"""Label and field selectors: text to a predicate over objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import bad_request
from triggerfish_laptop.cluster.validation import label_value, qualified_name

Predicate = Callable[[Json], bool]
_set = re.compile(r"\s*(\S+)\s+(in|notin)\s*\(([^()]*)\)\s*")
_equality = re.compile(r"\s*([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)\s*")
_exists = re.compile(r"\s*(!?)\s*([^\s=!(),]+)\s*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label: its value is (not) among ``values``; None: it is (not) there."""

    key: str
    wanted: bool
    values: frozenset[str] | None

    def holds(self, labels: Mapping[str, str]) -> bool:
        """True when labels meet it. A label that is not there has none of the values."""
        value = labels.get(self.key)
        found = value is not None and (self.values is None or value in self.values)
        return found is self.wanted


def label_requirements(text: str) -> list[Requirement]:
    """Read a label selector; 400 when it cannot be read."""
    return [_requirement(part, text) for part in _split(text)] if text.strip() else []


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _requirement(part: str, text: str) -> Requirement:
    if match := _set.fullmatch(part):
        key, operator, listed = match.groups()
        values = frozenset(value.strip() for value in listed.split(","))
        requirement = Requirement(key, operator == "in", values)
    elif match := _equality.fullmatch(part):
        key, operator, value = match.groups()
        requirement = Requirement(key, operator != "!=", frozenset([value]))
    elif match := _exists.fullmatch(part):
        requirement = Requirement(match[2], not match[1], None)
    else:
        raise bad_request(
            f"unable to parse requirement: found '{part.strip()}', in the label selector '{text}'"
        )
    problems = [f'key: Invalid value: "{requirement.key}": {why}' for why in qualified_name(requirement.key)]
    for value in requirement.values or ():
        problems += [
            f'values[0][{requirement.key}]: Invalid value: "{value}": {why}' for why in label_value(value)
        ]
    if problems:
        raise bad_request(f"unable to parse requirement: {problems[0]}")
    return requirement


def field_requirements(text: str, resource: ServedResource) -> list[tuple[str, bool, str]]:
    """Read a field selector: (field, equal or not, value); 400 for one that this kind does not have."""
    found = []
    for part in text.split(",") if text.strip() else ():
        match = _equality.fullmatch(part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        key, operator, value = match.groups()
        if key not in ("metadata.name", "metadata.namespace") and key not in resource.fields:
            about = f"{resource.api_version}, ServedResource={resource.plural}"
            raise bad_request(
                f'Unable to find "{about}" that match label selector "", field selector "{text}": '
                f"field label not supported: {key}"
            )
        found.append((key, operator != "!=", value))
    return found


def selected_name(text: str) -> str:
    """The name that a field selector asks for, empty when it asks for none: a permission may hang on it."""
    for part in text.split(","):
        match = _equality.fullmatch(part)
        if match is not None and match[1] == "metadata.name" and match[2] != "!=":
            return match[3]
    return ""


def predicate(labels: str, fields: str, resource: ServedResource) -> Predicate | None:
    """A test that is True for selected objects; None when all are selected."""
    by_label = label_requirements(labels)
    by_field = field_requirements(fields, resource)
    if not by_label and not by_field:
        return None

    def selects(value: Json) -> bool:
        own = value["metadata"].get("labels") or {}
        return all(requirement.holds(own) for requirement in by_label) and all(
            (_field(value, key, resource) == wanted) is equal for key, equal, wanted in by_field
        )

    return selects


def _field(value: Json, key: str, resource: ServedResource) -> str:
    if key in resource.fields:
        return resource.fields[key](value)
    text: str = value["metadata"].get(key.removeprefix("metadata."), "")
    return text
