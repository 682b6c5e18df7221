"""The steps of a path: each applies itself to a value, and the rest of the path to what it finds there.

A step that leads to many values drops those for which the rest fails or gives nil, and answers a list; an
index after it is one of that list. Every visit is paid for before it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from triggerfish.expressions.go.values import encode, float_to_int, type_name
from triggerfish.expressions.jsonpath.errors import PathError
from triggerfish.expressions.limits import DEPTH, exceeded

_VISIT = 24
"""What one step at one value costs, in units of ``callables.COST_LIMIT``."""
_MEMBER = 4
"""What one member of a map or list costs that is put in order or copied."""


class Purse(Protocol):
    """Who pays (``callables.Context``)."""

    def spend(self, cost: int) -> None:
        """Account for a cost before the work is done; raises over the limit."""


@dataclass(slots=True)
class Walk:
    """One query: the value that ``$`` is, who pays, and how deep it is in steps within steps."""

    root: Any
    purse: Purse
    depth: int = 0

    def on(self, steps: Sequence[Step], value: Any) -> Any:
        """What the steps make of the value. Raises ``PathError``."""
        if not steps:
            return value
        self.purse.spend(_VISIT)
        self.depth += 1
        if self.depth > DEPTH:
            raise exceeded(f"{DEPTH} steps of a path within each other")
        try:
            return steps[0].apply(self, value, steps[1:])
        finally:
            self.depth -= 1

    def maybe(self, steps: Sequence[Step], value: Any) -> Any:
        """What the steps make of the value; nil where they fail."""
        try:
            return self.on(steps, value)
        except PathError:
            return None

    def of_each(self, values: Iterable[Any], rest: Sequence[Step]) -> list[Any]:
        """The rest of the path for each of the values, without those for which it gives nothing."""
        found = []
        for value in values:
            self.purse.spend(_MEMBER)
            if (answer := self.maybe(rest, value) if rest else value) is not None or not rest:
                found.append(answer)
        return found

    def of_all(self, values: Iterable[Any], rest: Sequence[Step]) -> Any:
        """``of_each``, but an index that follows is one of the list of values."""
        if rest and isinstance(rest[0], Index):
            return self.on(rest, self.of_each(values, ()))
        return self.of_each(values, rest)

    def members(self, value: Any) -> list[Any] | None:
        """The values of a list, or of a map by the order of its keys; None of anything else."""
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            self.purse.spend(_MEMBER * len(value))
            return [value[key] for key in sorted(value, key=encode)]
        return None


class Script(Protocol):
    """An expression in parentheses (``scripts.Expression``)."""

    def evaluate(self, walk: Walk, current: Any) -> Any:
        """Its value where ``@`` is ``current``. Raises ``PathError``."""


class Step(Protocol):
    """One step of a path."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """What this step and the rest of the path make of ``value``. Raises ``PathError``."""


def whole(value: Any) -> int | None:
    """A number without a fraction as an int; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and (value.is_integer() or value in (float("inf"), float("-inf"))):
        return float_to_int(value)
    return None


def _misfit(step: str, value: Any, *expected: str) -> PathError:
    return PathError(f"{step}: expected {' or '.join(expected)}, got {type_name(value)}")


@dataclass(frozen=True, slots=True)
class Root:
    """``$``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from the root of the document."""
        return walk.on(rest, walk.root)


@dataclass(frozen=True, slots=True)
class Current:
    """``@``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from here."""
        return walk.on(rest, value)


@dataclass(frozen=True, slots=True)
class Key:
    """``.name`` and ``['name']``."""

    key: str

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from the value of that key, which must be there."""
        if not isinstance(value, dict):
            raise _misfit("key", value, "a map")
        if self.key not in value:
            raise PathError(f"key {self.key[:40]!r} not found")
        return walk.on(rest, value[self.key])


@dataclass(frozen=True, slots=True)
class Index:
    """``[2]``, ``[-1]``."""

    index: int

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from that element, which must be there."""
        if not isinstance(value, list):
            raise _misfit("index", value, "a list")
        if not -len(value) <= self.index < len(value):
            raise PathError(f"index {self.index} out of range (the list has {len(value)})")
        return walk.on(rest, value[self.index])


@dataclass(frozen=True, slots=True)
class Length:
    """``.length``: of a list, a text in bytes, a map; a map's own key ``length`` comes first."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from the number."""
        if isinstance(value, dict):
            return walk.on(rest, value.get("length", len(value)))
        if isinstance(value, str):
            return walk.on(rest, len(value) if value.isascii() else len(encode(value)))
        if isinstance(value, list):
            return walk.on(rest, len(value))
        raise _misfit("length", value, "a list", "a map", "a text")


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*`` and ``[*]``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from each member, an index of it too."""
        members = walk.members(value)
        if members is None:
            raise _misfit("wildcard", value, "a list", "a map")
        return walk.of_each(members, rest)


@dataclass(frozen=True, slots=True)
class Recursive:
    """``..``: here and everywhere below."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from this value and all in it; what gives a list gives its elements."""
        found: list[Any] = []
        self._gather(walk, value, rest, found)
        return found

    def _gather(self, walk: Walk, value: Any, rest: Sequence[Step], found: list[Any]) -> None:
        if value is None:
            return
        answer = walk.maybe(rest, value)
        if rest and isinstance(answer, list):
            walk.purse.spend(_MEMBER * len(answer))
            found.extend(answer)
        elif answer is not None:
            found.append(answer)
        members = walk.members(value)
        if members:
            walk.purse.spend(_MEMBER * len(members))
            for member in members:
                self._gather(walk, member, rest, found)


@dataclass(frozen=True, slots=True)
class Scripted:
    """``[(…)]``: the key or the index that an expression gives."""

    script: Script

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from what the expression points to."""
        answer = self.script.evaluate(walk, value)
        if isinstance(answer, str):
            return Key(answer).apply(walk, value, rest)
        if (index := whole(answer)) is not None:
            return Index(index).apply(walk, value, rest)
        raise _misfit("script", answer, "an int", "a text")


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(…)]``: the members for which an expression is true, or something."""

    script: Script | None

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from each member that is kept."""
        if self.script is None:
            raise PathError("filter: the expression is empty")
        members = walk.members(value)
        if members is None:
            raise _misfit("filter", value, "a list", "a map")
        kept = []
        for member in members:
            walk.purse.spend(_VISIT)
            try:
                answer = self.script.evaluate(walk, member)
            except PathError:
                continue  # what cannot be compared is not kept
            if _is_something(answer):
                kept.append(member)
        if rest and isinstance(rest[0], Index):
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

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from each, in the order in which they are asked for."""
        keys, indexes = [], []
        for argument in self.arguments:
            found = argument if isinstance(argument, (str, int)) else argument.evaluate(walk, value)
            if isinstance(found, str):
                keys.append(found)
            elif (index := whole(found)) is not None:
                indexes.append(index)
            else:
                raise _misfit("union", found, "an int", "a text")
            if keys and indexes:
                raise PathError("union: keys and indexes cannot be mixed")
        if keys:
            if not isinstance(value, dict):
                raise _misfit("union", value, "a map")
            walk.purse.spend(_MEMBER * len(value))
            return walk.of_all([value[key] for key in keys if key in value], rest)
        if not isinstance(value, list):
            raise _misfit("union", value, "a list")
        length = len(value)
        return walk.of_all([value[index] for index in indexes if -length <= index < length], rest)


Bound = int | Script | None


@dataclass(frozen=True, slots=True)
class Range:
    """``[from:to:step]``; with a negative step it goes from the end."""

    start: Bound
    stop: Bound
    step: Bound

    def apply(self, walk: Walk, value: Any, rest: Sequence[Step]) -> Any:
        """The rest from each element between the bounds, which are clamped."""
        if not isinstance(value, list):
            raise _misfit("range", value, "a list")
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
            raise _misfit("range", found, "an int")
        return number
