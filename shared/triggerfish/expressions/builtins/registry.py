"""How a builtin is declared: what it takes, what comes of it, and the function that does it.

A function gets the run it is part of (its allowance, its clock) and the arguments, and raises ``Failure``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from triggerfish.expressions import natures
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature, assignable

Content = Literal["", "first", "all", "own", "made"]
Check = Callable[[str, Sequence[Nature]], Nature]


@dataclass(frozen=True, slots=True)
class Builtin:
    """``content``: which arguments come out again, so that numbers of JSON in them stay what they are.

    ``first``: those of the first argument (``reverse``); ``all``: those of all (``concat``), made the
    expression's own when one of them already is; ``own``: they are made its own; ``made``: JSON is read
    (``fromJSON``); empty: none comes out.
    ``tells``: the function is told by a last argument whether its first one holds numbers of JSON (``type``).
    """

    name: str
    call: Callable[..., Any]
    check: Check
    content: Content = ""
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """The builtins of one file."""

    members: dict[str, Builtin]

    def __call__(
        self, name: str, check: Check, *, content: Content = "", tells: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the decorated function as the builtin ``name``."""

        def declare(call: Callable[..., Any]) -> Callable[..., Any]:
            self.members[name] = Builtin(name, call, check, content, tells)
            return call

        return declare


def family() -> Family:
    """An empty one."""
    return Family({})


def overloads(*forms: tuple[tuple[Nature, ...], Nature]) -> Check:
    """A check by the types of the parameters: (parameters, result) for each form, the first that fits."""

    def check(name: str, arguments: Sequence[Nature]) -> Nature:
        wrong = None
        for parameters, result in forms:
            wrong = _misfit(name, parameters, arguments)
            if wrong is None:
                return result
        raise wrong or Failure(f"{name} cannot be called")

    return check


def _misfit(name: str, parameters: Sequence[Nature], arguments: Sequence[Nature]) -> Failure | None:
    if len(arguments) != len(parameters):
        which = "many" if len(arguments) > len(parameters) else "few"
        return Failure(f"too {which} arguments to call {name}")
    for parameter, argument in zip(parameters, arguments, strict=True):
        if parameter.unknown or argument.unknown:
            continue
        if parameter.kind == argument.kind == "int":
            continue
        if argument.kind == "nil" or not assignable(argument, parameter):
            return Failure(f"cannot use {argument.name} as argument (type {parameter.name}) to call {name}")
    return None


def takes(
    least: int, most: int, result: Callable[[Sequence[Nature]], Nature] | Nature, *kinds: Sequence[str]
) -> Check:
    """A check by the kind of each argument; the last of ``kinds`` is that of all further ones."""

    def check(name: str, arguments: Sequence[Nature]) -> Nature:
        if not least <= len(arguments) <= most:
            expected = (
                str(least) if least == most else f"at least {least}" if most > 99 else f"{least} or {most}"
            )
            raise Failure(f"{name} takes {expected} arguments, not {len(arguments)}")
        for index, argument in enumerate(arguments):
            wanted = kinds[min(index, len(kinds) - 1)] if kinds else ()
            if wanted and not argument.unknown and argument.kind not in wanted:
                raise Failure(f"cannot use {argument.name} as argument of {name}")
        return result(arguments) if callable(result) else result

    return check


LISTS = ("array", "bytes", "pair")
MAPS = ("map", "anymap")
NUMBERS = ("int", "float", "duration", "month", "weekday")


def element(arguments: Sequence[Nature]) -> Nature:
    """The nature of what the first argument holds, as far as its Go type tells."""
    held = arguments[0].element
    return natures.UNKNOWN if held is None or arguments[0].name == natures.ARRAY.name else held


def first(arguments: Sequence[Nature]) -> Nature:
    """The nature of the first argument, as far as its Go type tells."""
    return natures.ARRAY if arguments[0].name == natures.ARRAY.name else arguments[0]
