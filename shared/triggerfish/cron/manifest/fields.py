"""Fields of a manifest by their type. A value of another type is an error with its cause, never "unset".

YAML makes false of ``NO`` and a number of ``012``, so a value that only looks unset may be one that somebody
wrote. Absent and null are unset; so is what Argo's types hold then: the empty text, list and object.

``given`` is the object that holds the field ``name``, and ``path`` its own place in the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from triggerfish.errors import SpecError

_longest = 60


def text(given: Mapping[str, Any], path: str, name: str) -> str:
    """The text; empty without one."""
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise wrong(_join(path, name), value, "a text")


def flag(given: Mapping[str, Any], path: str, name: str) -> bool:
    """The boolean; false without one."""
    value = given.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise wrong(_join(path, name), value, "true or false")


def number(given: Mapping[str, Any], path: str, name: str) -> int | None:
    """The whole number; None without one."""
    value = given.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise wrong(_join(path, name), value, "a whole number")


def mapping(
    given: Mapping[str, Any], path: str, name: str, wanted: str = "an object"
) -> Mapping[str, Any] | None:
    """The object; None without one. ``wanted`` says what is in it."""
    value = given.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise wrong(_join(path, name), value, wanted)


def texts(given: Mapping[str, Any], path: str, name: str) -> list[str]:
    """The list of texts; an empty one without it."""
    found = given.get(name)
    if found is not None and not isinstance(found, list):
        raise wrong(_join(path, name), found, "a list of texts")
    for index, each in enumerate(found or ()):
        if not isinstance(each, str):
            raise wrong(f"{_join(path, name)}[{index}]", each, "a text")
    return found or []


def named_texts(given: Mapping[str, Any], path: str, name: str) -> Mapping[str, str]:
    """The object of texts, such as labels; an empty one without it."""
    found = mapping(given, path, name) or {}
    for key, each in found.items():
        if not isinstance(each, str):
            error = wrong(_join(path, name), each, "a text")
            raise SpecError(error.field, f"{key}: {error.problem}", error.fix)
    return found


def wrong(field: str, value: object, wanted: str) -> SpecError:
    """The error for a value that is not ``wanted``, with what the author most likely wrote."""
    return SpecError(field, f"{_shown(value)} is not {wanted}", _fix(value, wanted))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: object) -> str:
    try:
        said = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        said = repr(value)
    return said if len(said) <= _longest else f"{said[:_longest]}…"


def _fix(value: object, wanted: str) -> str:
    match wanted, value:
        case "a text", bool():
            words = "NO, off and false" if value is False else "YES, on and true"
            return f"YAML reads {words} as {_shown(value)}: quote it"
        case "a text", int() | float():
            return "YAML makes a number of it: write it in quotes"
        case "a text", dict():
            return (
                "YAML makes an object of what begins with { or holds a colon and a blank: write it in quotes"
            )
        case "a text", list():
            return "YAML makes a list of what begins with [ or -: write one text"
        case "a text", None:
            return "it is empty: write a text, or remove the line"
        case "true or false", str():
            return "a text in quotes is not a boolean: write true or false without them"
        case "a whole number", str():
            return "a text in quotes is not a number: write the digits without them"
        case "a whole number", bool():
            return f"YAML reads {'YES, on' if value else 'NO, off'} and {_shown(value)} alike: write digits"
        case "a list of texts", str():
            return "write one a line, each after -"
    return f"write {wanted}"
