"""PURE. An evaluation tree as a record keeps it: cut short, redacted, and read back with suspicion.

A kept tree is JSON: ``text``, ``value`` or ``error``, ``reached``, ``parts``; ``more`` counts the parts that
had no room. Texts and values are as short as in a sentence; of maps and longer lists there is the size alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import is_
from typing import Any

from triggerfish.errors import SpecError
from triggerfish.events.binding import Binding
from triggerfish.expressions import Explanation
from triggerfish.webhooks.credentials import names_credential, spared, without_literals
from triggerfish.workflows.objects import Json

MOST_PARTS = 24
DEEPEST = 8
_most_bytes = 3000
_longest_text = 160
_longest_value = 80
_longest_error = 200
_longest_spared = 2048
# Of a condition that is remembered as it is shown.
_longest_kept = 256

_LET = re.compile(r"\blet\b")


class _Hidden:
    """Stands for a value that is nobody's to read."""

    def __str__(self) -> str:
        return "(hidden)"


_HIDDEN = _Hidden()


def redacted(told: Explanation, source: str) -> Explanation:
    """The same without what a reader might use: a credential is nobody's to read.

    Conditions that name one, such as ``payload.token``, are without values, texts and numbers; of what the
    others show, what has the form of a credential is left out (``webhooks.credentials`` knows the words and
    forms). ``source`` is the whole expression: after a ``let`` a credential may go by any name, so nothing of
    it is shown.
    """
    renamed = _LET.search(source) and names_credential(source)
    return _hidden_throughout(told) if renamed else _hidden_where_named(told)


def redacting(explain: Callable[[Binding], Explanation | None]) -> Callable[[Binding], Explanation | None]:
    """The same for other eyes than the binding's author: a sender reads answers, a namespace its record."""

    def explained(binding: Binding) -> Explanation | None:
        told = explain(binding)
        if told is None or isinstance(binding.selector, SpecError):
            return None
        return redacted(told, binding.selector.source)

    return explained


def deciding(explain: Callable[[Binding], Explanation | None]) -> Callable[[Binding], Explanation | None]:
    """The part alone that decides, for the same eyes: an answer tells no more, and asks twice."""
    known: dict[int, Explanation] = {}

    def decided(binding: Binding) -> Explanation | None:
        if (found := known.get(id(binding))) is not None:
            return found
        told = explain(binding)
        if told is None or isinstance(binding.selector, SpecError):
            return None
        found = known[id(binding)] = redacted(told.deciding(), binding.selector.source)
        return found

    return decided


def _hidden_throughout(told: Explanation) -> Explanation:
    return _hidden(told, _hidden_throughout)


def _hidden_where_named(told: Explanation) -> Explanation:
    text = _as_shown(told.text) if len(told.text) <= _longest_kept else _looked_at(told.text)
    if text is None:
        return _hidden(told, _hidden_where_named)
    value, parts = _spared_value(told.value), _each_spared(told.parts)
    error = None if told.error is None else spared(told.error)
    if text == told.text and value is told.value and error is told.error and parts is told.parts:
        return told
    return replace(told, text=text, value=value, error=error, parts=parts)


def _looked_at(text: str) -> str | None:
    """The text of a condition as anybody may read it; None: it names a credential."""
    return None if names_credential(text) else spared(text)


# A binding's conditions are the same at each delivery.
_as_shown = lru_cache(maxsize=2048)(_looked_at)


def _each_spared(parts: tuple[Explanation, ...]) -> tuple[Explanation, ...]:
    found = tuple(map(_hidden_where_named, parts))
    return parts if all(map(is_, found, parts)) else found


def _spared_value(value: Any) -> Any:
    if isinstance(value, str):
        # No more of it is ever shown.
        return spared(value[:_longest_spared])
    if isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str):
        inner = _spared_value(value[0])
        return value if inner is value[0] else [inner]
    return value


def _hidden(told: Explanation, below: Callable[[Explanation], Explanation]) -> Explanation:
    return replace(
        told,
        text=spared(without_literals(told.text)),
        value=told.value if told.value is None or isinstance(told.value, bool) else _HIDDEN,
        error=None if told.error is None else spared(without_literals(told.error)),
        parts=tuple(map(below, told.parts)),
    )


def kept(told: Explanation) -> Json:
    """As a record keeps it: level by level, until there are too many parts or too many bytes."""
    root = _entry(told)
    parts, size, level = 1, _size(root), [(told, root)]
    for _ in range(DEEPEST):
        below = []
        for whole, entry in level:
            for number, part in enumerate(whole.parts):
                made = _entry(part)
                parts, size = parts + 1, size + _size(made)
                if parts > MOST_PARTS or size > _most_bytes:
                    entry["more"] = len(whole.parts) - number
                    break
                entry.setdefault("parts", []).append(made)
                below.append((part, made))
        level = below
    for whole, entry in level:
        if whole.parts:
            entry["more"] = len(whole.parts)
    return root


def _entry(told: Explanation) -> Json:
    made: Json = {"text": _cut(told.text, _longest_text)}
    if not told.reached:
        return made | {"reached": False}
    if told.error is not None:
        return made | {"error": _cut(told.error.partition("\n")[0], _longest_error)}
    return made | {"value": _cut(told.shown, _longest_value)}


def _size(entry: Json) -> int:
    """About the bytes that it will take: keys and punctuation are some 40."""
    return 40 + sum(len(encode_basestring_ascii(text)) for text in entry.values() if isinstance(text, str))


def read(given: object) -> Json | None:
    """A tree out of a record that anybody may have written: all its keys are there, or it is None."""
    room = [MOST_PARTS]
    return _read(given, DEEPEST, room)


def _read(given: object, levels: int, room: list[int]) -> Json | None:
    if not isinstance(given, dict) or not isinstance(text := given.get("text"), str) or room[0] <= 0:
        return None
    room[0] -= 1
    more, reached = given.get("more"), given.get("reached", True) is True
    made: Json = {"text": _cut(text, _longest_text), "reached": reached, "parts": []}
    if isinstance(error := given.get("error"), str):
        made["error"] = _cut(error, _longest_error)
    elif reached:
        made["value"] = _cut(str(given.get("value", "")), _longest_value)
    parts = given.get("parts")
    if levels > 0 and isinstance(parts, list):
        made["parts"] = list(_readable(parts, levels - 1, room))
    made["more"] = more if isinstance(more, int) and not isinstance(more, bool) and more > 0 else 0
    return made


def _readable(parts: list[object], levels: int, room: list[int]) -> Iterator[Json]:
    for part in parts:
        if (found := _read(part, levels, room)) is not None:
            yield found


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
