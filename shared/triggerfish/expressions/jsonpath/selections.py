"""The steps that choose among the members of a list or a map: filters, unions and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.jsonpath.steps import (
    MEMBER,
    VISIT,
    IndexStep,
    PathStep,
    Script,
    Walk,
    misfit,
    whole,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(…)]``: the members for which an expression is true, or something."""

    script: Script | None

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from each member that is kept."""
        if self.script is None:
            raise PathError("filter: the expression is empty")
        members = walk.members(value)
        if members is None:
            raise misfit("filter", value, "a list", "a map")
        kept = []
        for member in members:
            walk.purse.spend(VISIT)
            try:
                answer = self.script.evaluate(walk, member)
            except PathError:
                continue  # what cannot be compared is not kept
            if _is_something(answer):
                kept.append(member)
        if rest and isinstance(rest[0], IndexStep):
            # Here the library forgets the document: $ is the filtered value from now on.
            root, walk.root = walk.root, value
            try:
                return walk.on(rest, kept)
            finally:
                walk.root = root
        return walk.of_each(kept, rest)


def _is_something(answer: Any) -> bool:
    if isinstance(answer, str):
        quoted = len(answer) > 1 and answer[0] == answer[-1] and answer[0] in "'\""
        return (answer[1:-1] if quoted else answer) != ""
    return bool(answer)


@dataclass(frozen=True, slots=True)
class Union:
    """``[0,2]``, ``['a','b']``: several keys or several indexes; those that are not there are left out."""

    arguments: tuple[str | int | Script, ...]

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from each, in the order in which they are asked for."""
        keys, indexes = [], []
        for argument in self.arguments:
            found = argument if isinstance(argument, (str, int)) else argument.evaluate(walk, value)
            if isinstance(found, str):
                keys.append(found)
            elif (index := whole(found)) is not None:
                indexes.append(index)
            else:
                raise misfit("union", found, "an int", "a text")
            if keys and indexes:
                raise PathError("union: keys and indexes cannot be mixed")
        if keys:
            if not isinstance(value, dict):
                raise misfit("union", value, "a map")
            walk.purse.spend(MEMBER * len(value))
            return walk.of_all([value[key] for key in keys if key in value], rest)
        if not isinstance(value, list):
            raise misfit("union", value, "a list")
        length = len(value)
        return walk.of_all([value[index] for index in indexes if -length <= index < length], rest)


Bound = int | Script | None


@dataclass(frozen=True, slots=True)
class Range:
    """``[from:to:step]``; with a negative step it goes from the end."""

    start: Bound
    stop: Bound
    step: Bound

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from each element between the bounds, which are clamped."""
        if not isinstance(value, list):
            raise misfit("range", value, "a list")
        length = len(value)
        start = self._clamped(self._bound(walk, value, self.start, 0), length)
        stop = self._clamped(self._bound(walk, value, self.stop, length), length)
        step = self._bound(walk, value, self.step, 1)
        if step == 0:
            raise PathError("range: a step of 0")
        places = range(start, stop, step) if step > 0 else range(stop - 1, start - 1, step)
        return walk.of_all([value[place] for place in places], rest)

    @staticmethod
    def _clamped(bound: int, length: int) -> int:
        return max(0, min(bound + length if bound < 0 else bound, length))

    @staticmethod
    def _bound(walk: Walk, value: Any, bound: Bound, default: int) -> int:
        if bound is None:
            return default
        found = bound if isinstance(bound, int) else bound.evaluate(walk, value)
        if (number := whole(found)) is None:
            raise misfit("range", found, "an int")
        return number
