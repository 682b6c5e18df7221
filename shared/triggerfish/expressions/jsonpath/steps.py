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
from triggerfish.expressions.run import Payer

VISIT = 24
"""What one step at one value costs, in units of ``callables.COST_LIMIT``."""
MEMBER = 4
"""What one member of a map or list costs that is put in order or copied."""


@dataclass(slots=True)
class Walk:
    """One query: the value that ``$`` is, who pays, and how deep it is in steps within steps."""

    root: Any
    purse: Payer
    depth: int = 0

    def on(self, steps: Sequence[PathStep], value: Any) -> Any:
        """Return what the steps make of the value. Raises ``PathError``."""
        if not steps:
            return value
        self.purse.spend(VISIT)
        self.depth += 1
        if self.depth > DEPTH:
            raise exceeded(f"{DEPTH} nested steps of a path")
        try:
            return steps[0].apply(self, value, steps[1:])
        finally:
            self.depth -= 1

    def maybe(self, steps: Sequence[PathStep], value: Any) -> Any:
        """Return what the steps make of the value; nil where they fail."""
        try:
            return self.on(steps, value)
        except PathError:
            return None

    def of_each(self, values: Iterable[Any], rest: Sequence[PathStep]) -> list[Any]:
        """The rest of the path for each of the values, without those for which it gives nothing."""
        found = []
        for value in values:
            self.purse.spend(MEMBER)
            if (answer := self.maybe(rest, value) if rest else value) is not None or not rest:
                found.append(answer)
        return found

    def of_all(self, values: Iterable[Any], rest: Sequence[PathStep]) -> Any:
        """``of_each``, but an index that follows is one of the list of values."""
        if rest and isinstance(rest[0], IndexStep):
            return self.on(rest, self.of_each(values, ()))
        return self.of_each(values, rest)

    def members(self, value: Any) -> list[Any] | None:
        """The values of a list, or of a map by the order of its keys; None of anything else."""
        if isinstance(value, list):
            return value
        if isinstance(value, dict):
            self.purse.spend(MEMBER * len(value))
            return [value[key] for key in sorted(value, key=encode)]
        return None


class Script(Protocol):
    """An expression in parentheses (``scripts.Expression``)."""

    def evaluate(self, walk: Walk, current: Any) -> Any:
        """Its value where ``@`` is ``current``. Raises ``PathError``."""


class PathStep(Protocol):
    """One step of a path."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """Return what this step and the rest of the path make of ``value``. Raises ``PathError``."""


def whole(value: Any) -> int | None:
    """A number without a fraction as an int; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and (value.is_integer() or value in (float("inf"), float("-inf"))):
        return float_to_int(value)
    return None


def misfit(step: str, value: Any, *expected: str) -> PathError:
    """The error of a step at a value of another type."""
    return PathError(f"{step}: expected {' or '.join(expected)}, got {type_name(value)}")


@dataclass(frozen=True, slots=True)
class Root:
    """``$``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from the root of the document."""
        return walk.on(rest, walk.root)


@dataclass(frozen=True, slots=True)
class Current:
    """``@``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from here."""
        return walk.on(rest, value)


@dataclass(frozen=True, slots=True)
class Key:
    """``.name`` and ``['name']``."""

    key: str

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from the value of that key, which must be there."""
        if not isinstance(value, dict):
            raise misfit("key", value, "a map")
        if self.key not in value:
            raise PathError(f"key {self.key[:40]!r} not found")
        return walk.on(rest, value[self.key])


@dataclass(frozen=True, slots=True)
class IndexStep:
    """``[2]``, ``[-1]``."""

    index: int

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from that element, which must be there."""
        if not isinstance(value, list):
            raise misfit("index", value, "a list")
        if not -len(value) <= self.index < len(value):
            raise PathError(f"index {self.index} out of range (the list has {len(value)})")
        return walk.on(rest, value[self.index])


@dataclass(frozen=True, slots=True)
class Length:
    """``.length``: of a list, a text in bytes, a map; a map's own key ``length`` comes first."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from the number."""
        if isinstance(value, dict):
            return walk.on(rest, value.get("length", len(value)))
        if isinstance(value, str):
            return walk.on(rest, len(value) if value.isascii() else len(encode(value)))
        if isinstance(value, list):
            return walk.on(rest, len(value))
        raise misfit("length", value, "a list", "a map", "a text")


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*`` and ``[*]``."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from each member, an index of it too."""
        members = walk.members(value)
        if members is None:
            raise misfit("wildcard", value, "a list", "a map")
        return walk.of_each(members, rest)


@dataclass(frozen=True, slots=True)
class Recursive:
    """``..``: here and everywhere below."""

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from this value and all in it; what gives a list gives its elements."""
        found: list[Any] = []
        self._gather(walk, value, rest, found)
        return found

    def _gather(self, walk: Walk, value: Any, rest: Sequence[PathStep], found: list[Any]) -> None:
        if value is None:
            return
        answer = walk.maybe(rest, value)
        if rest and isinstance(answer, list):
            walk.purse.spend(MEMBER * len(answer))
            found.extend(answer)
        elif answer is not None:
            found.append(answer)
        members = walk.members(value)
        if members:
            walk.purse.spend(MEMBER * len(members))
            for member in members:
                self._gather(walk, member, rest, found)


@dataclass(frozen=True, slots=True)
class Scripted:
    """``[(…)]``: the key or the index that an expression gives."""

    script: Script

    def apply(self, walk: Walk, value: Any, rest: Sequence[PathStep]) -> Any:
        """The rest from what the expression points to."""
        answer = self.script.evaluate(walk, value)
        if isinstance(answer, str):
            return Key(answer).apply(walk, value, rest)
        if (index := whole(answer)) is not None:
            return IndexStep(index).apply(walk, value, rest)
        raise misfit("script", answer, "an int", "a text")
