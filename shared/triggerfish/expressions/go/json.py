"""JSON as encoding/json writes and reads it: sorted keys, HTML escaping, its float format."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from triggerfish.expressions.go.calendar import Month, Weekday
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.go.layout import RFC3339_NANO, layout
from triggerfish.expressions.go.time import Location, Time
from triggerfish.expressions.go.values import AnyMap, NilList, encode, type_name
from triggerfish.expressions.limits import DEPTH, WRITING_STEPS, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

Escapes = list[tuple[str, str]]

_HTML = re.compile("[&<>\u2028\u2029\ud800-\udfff]")
_ESCAPES: Escapes = [(c, f"\\u{ord(c):04x}") for c in "&<>\u2028\u2029"]
#: What is escaped in any case: separators of lines that JavaScript does not allow in a string.
_LINES = re.compile("[\u2028\u2029\ud800-\udfff]")
_LINE_ESCAPES = _ESCAPES[3:]
_SURROGATES = re.compile("[\ud800-\udfff]")


def to_json(value: Any, *, indent: str = "", html: bool = True) -> str:
    """A value as JSON, as ``json.Marshal`` writes it (``json.MarshalIndent`` with ``indent``).

    With ``html``, as Go does by default, ``<``, ``>`` and ``&`` are written as ``\\u003c``, ``\\u003e`` and
    ``\\u0026``. Raises ``ExpressionError`` for what JSON does not know (NaN, functions) and for what is too
    large.
    """
    try:
        return write(ExpressionRun(None, b"", WRITING_STEPS), value, indent, html=html)
    except Failure as failure:
        raise failure.error("") from None


def write(run: ExpressionRun, value: Any, indent: str = "", *, html: bool = True) -> str:
    """``to_json`` as part of a run, which pays for it."""
    parts: list[str] = []
    _Writer(run, parts.append, indent, string if html else _quoted).write(value, 0)
    text = "".join(parts)
    run.text(len(text))
    return text


class _Writer:
    def __init__(
        self, run: ExpressionRun, put: Any, indent: str, string: Callable[[ExpressionRun, str], str]
    ) -> None:
        self._run, self._put, self._indent, self._string = run, put, indent, string

    def write(self, value: Any, depth: int) -> None:
        if isinstance(value, str):
            self._put(self._string(self._run, value))
        else:
            self._put(text if (text := _scalar(self._run, value)) is not None else self._open(value, depth))

    def _open(self, value: Any, depth: int) -> str:
        if isinstance(value, AnyMap):
            raise Failure("json: unsupported type: map[interface {}]interface {}")
        if depth > DEPTH:
            raise exceeded(f"{DEPTH} nested lists and maps")
        # Indentation is most of what a deep value costs.
        self._run.spend(10 + 5 * len(value) + (len(value) * len(self._indent) * depth >> 6))
        put, write, run = self._put, self.write, self._run
        start, between, end = self._breaks(depth)
        if isinstance(value, (list, tuple)):
            if not value:
                return "[]"
            put("[")
            for index, item in enumerate(value):
                put(between if index else start)
                write(item, depth + 1)
            return end + "]"
        if not value:
            return "{}"
        put("{")
        colon = ": " if self._indent else ":"
        for index, (key, item) in enumerate(sorted(_items(value), key=itemgetter(0))):
            put(between if index else start)
            put(self._string(run, key) + colon)
            write(item, depth + 1)
        return end + "}"

    def _breaks(self, depth: int) -> tuple[str, str, str]:
        if not self._indent:
            return "", ",", ""
        inner = "\n" + self._indent * (depth + 1)
        return inner, "," + inner, "\n" + self._indent * depth


def _items(value: Any) -> list[tuple[str, Any]]:
    for key in value:
        if not isinstance(key, str):
            raise Failure(f"json: unsupported type of key: {type_name(key)}")
    return list(value.items())


def string(run: ExpressionRun, text: str) -> str:
    """A string as JSON: what is no UTF-8 becomes U+FFFD, ``<``, ``>`` and ``&`` are escaped."""
    return _quoted(run, text, _HTML, _ESCAPES)


def _quoted(
    run: ExpressionRun, text: str, rare: re.Pattern[str] = _LINES, escapes: Escapes = _LINE_ESCAPES
) -> str:
    run.spend_text(text)
    quoted: str = encode_basestring(text)
    if rare.search(quoted):
        for character, escape in escapes:
            if count := quoted.count(character):
                run.text(len(quoted) + 5 * count)
                quoted = quoted.replace(character, escape)
        if not quoted.isascii():
            quoted = _SURROGATES.sub(r"\\ufffd", quoted)
    return quoted


def _scalar(run: ExpressionRun, value: Any) -> str | None:
    """The text of anything but a string, a list or a map."""
    if value is None or isinstance(value, NilList):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple, Mapping, AnyMap)):
        return None
    return _rare(run, value)


def number(value: float) -> str:
    """A float64 as JSON."""
    if not math.isfinite(value):
        raise Failure(f"json: unsupported value: {float_text(value)}")
    text = float_text(value, plain_below=21, plain_from=-6)
    return text.replace("e-0", "e-") if "e-0" in text else text


def _rare(run: ExpressionRun, value: Any) -> str:
    if isinstance(value, bytes):
        run.spend_text(value)
        return f'"{base64.b64encode(value).decode("ascii")}"'
    if isinstance(value, Time):
        run.spend(60)
        if not 0 <= value.wall().year <= 9999:
            raise Failure("Time.MarshalJSON: year outside of range [0,9999]")
        return string(run, layout(value, RFC3339_NANO))
    if isinstance(value, Duration):
        return str(value.nanoseconds)
    if isinstance(value, (Month, Weekday)):
        return str(value.number)
    if isinstance(value, Location):
        return "{}"
    raise Failure(f"json: unsupported type: {type_name(value)}")


def _constant(name: str) -> Any:
    raise ValueError(name)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"number {text[:40]} is out of range")
    return value


def read(run: ExpressionRun, text: str) -> Any:
    """``json.Unmarshal`` into an interface{}; its numbers are numbers of JSON. Raises ``Failure``."""
    run.spend(len(text) >> 1)
    try:
        # Halves of characters are U+FFFD, as they are when Go reads them.
        source = text if text.isascii() else encode(text).decode("utf-8", "replace")
        value = json.loads(source, parse_float=_float, parse_constant=_constant)
    except RecursionError:
        raise exceeded(f"{DEPTH} nested lists and maps") from None
    except ValueError as wrong:
        raise Failure(f"this is not JSON: {wrong}") from None
    return _clean(run, value, 0) if "\\u" in text else value


def _clean(run: ExpressionRun, value: Any, depth: int) -> Any:
    """Unpaired surrogates written with ``\\u`` are U+FFFD."""
    if depth > DEPTH:
        raise exceeded(f"{DEPTH} nested lists and maps")
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        run.spend(5 * len(value))
        return [_clean(run, item, depth + 1) for item in value]
    if isinstance(value, dict):
        run.spend(10 * len(value))
        return {_clean(run, key, depth + 1): _clean(run, item, depth + 1) for key, item in value.items()}
    return value
