"""What builtins take: checks of the natures of their arguments, which answer the nature of the result.

A check gets the builtin's name and the natures, and raises ``Failure``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triggerfish.expressions import natures
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.natures import Nature, assignable

Check = Callable[[str, Sequence[Nature]], Nature]

LISTS = ("array", "bytes", "pair")
MAPS = ("map", "anymap")
NUMBERS = ("int", "float", "duration", "month", "weekday")


def typed(result: Nature, *forms: tuple[Nature, ...]) -> Check:
    """By the types of the parameters, of the first form that fits."""

    def check(name: str, arguments: Sequence[Nature]) -> Nature:
        wrong = None
        for parameters in forms:
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
    """By the kind of each argument; the last of ``kinds`` is that of all further ones."""

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


def element(arguments: Sequence[Nature]) -> Nature:
    """The nature of what the first argument holds, as far as its Go type tells."""
    held = arguments[0].element
    return natures.UNKNOWN if held is None or arguments[0].name == natures.ARRAY.name else held


def first(arguments: Sequence[Nature]) -> Nature:
    """The nature of the first argument, as far as its Go type tells."""
    return natures.ARRAY if arguments[0].name == natures.ARRAY.name else arguments[0]


def number_arguments(name: str, arguments: Sequence[Nature]) -> Nature:
    """Numbers, or lists of them; of ``max``, ``min``, ``mean`` and ``median``."""
    if not arguments:
        raise Failure(f"not enough arguments to call {name}")
    for argument in arguments:
        if argument.unknown or argument.kind in LISTS:
            return natures.UNKNOWN
        if argument.kind not in NUMBERS:
            raise Failure(f"invalid argument for {name} (type {argument.name})")
    return arguments[0]


def now_arguments(name: str, arguments: Sequence[Nature]) -> Nature:
    """Nothing, or a zone."""
    if not arguments or (len(arguments) == 1 and arguments[0].kind == "location"):
        return natures.TIME
    raise Failure(f"{name} takes no arguments, or a timezone")


def date_arguments(name: str, arguments: Sequence[Nature]) -> Nature:
    """A text, its layout and its zone; a zone may come first."""
    if not arguments:
        raise Failure(f"{name} takes at least 1 argument")
    if len(arguments) - (arguments[0].kind == "location") > 3:
        raise Failure(f"{name} takes at most 3 arguments")
    return natures.TIME


def get_arguments(name: str, arguments: Sequence[Nature]) -> Nature:
    """A list and an index, or a map and a key."""
    if len(arguments) != 2:
        raise Failure(f"{name} takes 2 arguments, not {len(arguments)}")
    base, key = arguments
    if base.unknown:
        return natures.UNKNOWN
    if base.array:
        if key.kind != "int" and not key.unknown:
            raise Failure(f"non-integer slice index {key.name}")
    elif not base.mapping:
        raise Failure(f"type {base.name} does not support indexing")
    elif base.kind == "map" and not key.unknown and not assignable(key, natures.STRING):
        raise Failure(f"cannot use {key.name} to get an element from {base.name}")
    return base.element or natures.UNKNOWN
