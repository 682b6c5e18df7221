"""JSON as Go's encoding/json writes it: keys sorted, ``<``, ``>`` and ``&`` escaped, floats in Go's form."""

from __future__ import annotations

import json
from typing import Any

from triggerfish.expressions.sprig.kinds import type_of
from triggerfish.expressions.sprig.printing import json_float
from triggerfish.expressions.sprig.texts import runes

_HTML = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})
_LINES = str.maketrans({"\u2028": r"\u2028", "\u2029": r"\u2029"})


def dump(value: Any, *, indent: str = "", html: bool = True) -> str:
    """The JSON text; ValueError for what JSON has not (NaN, a function)."""
    return _dump(value, indent, "\n" if indent else "", html=html)


def _dump(value: Any, indent: str, newline: str, *, html: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value, html=html)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return json_float(value)
    inner = newline + indent
    if isinstance(value, list):
        if not value:
            return "[]"
        return (
            "["
            + inner
            + ("," + inner).join(_dump(item, indent, inner, html=html) for item in value)
            + newline
            + "]"
        )
    if isinstance(value, dict):
        if not value:
            return "{}"
        colon = ": " if indent else ":"
        pairs = (
            _string(key, html=html) + colon + _dump(value[key], indent, inner, html=html)
            for key in sorted(value)
        )
        return "{" + inner + ("," + inner).join(pairs) + newline + "}"
    if (write := getattr(value, "to_json", None)) is not None:
        return str(write())
    raise ValueError(f"json: unsupported type: {type_of(value)}")


def _string(value: str, *, html: bool) -> str:
    text = json.dumps(runes(value), ensure_ascii=False).translate(_LINES)
    return text.translate(_HTML) if html else text
