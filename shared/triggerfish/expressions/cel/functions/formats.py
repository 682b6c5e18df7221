"""``'%s is %d'.format([a, b])``, as version 4 of cel-go's extension for texts does it."""

from __future__ import annotations

import re

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account, Exceeded
from triggerfish.expressions.cel.times import CelDuration, Timestamp
from triggerfish.expressions.cel.values import LISTS, MAPS, Type, Uint, Value, elements, kind, pairs
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.go.values import encode
from triggerfish.expressions.limits import DEPTH, Failure

_CLAUSE = re.compile(r"%(%|(?:\.([0-9]*))?(.?))", re.DOTALL)
#: Digits behind the point: cel-go has the same bound.
_PRECISION = 100


@function("string.format(list) -> string")
def format_(run: Account, text: str, values: Value) -> str:
    """The text with each %s, %d, %f, %e, %b, %o, %x, %X replaced by the next value."""
    given = elements(values)
    made: list[str] = []
    place = used = length = 0
    for clause in _CLAUSE.finditer(text):
        part = text[place : clause.start()]
        place = clause.end()
        if clause[1] == "%":
            part += "%"
        else:
            if used >= len(given):
                raise Failure(f"format: the text takes more than the {len(given)} values given")
            part += _written(run, clause, given[used])
            used += 1
        made.append(part)
        length += len(part)
        run.text(length if len(made) % 64 == 0 else len(part))
    made.append(text[place:])
    return "".join(made)


def clauses(text: str) -> int:
    """How many values the text takes."""
    return sum(clause[1] != "%" for clause in _CLAUSE.finditer(text))


def _written(run: Account, clause: re.Match[str], value: Value) -> str:
    letter, precision = clause[3], 6
    if clause[2] is not None:
        if not clause[2] or int(clause[2][:9]) > _PRECISION:
            raise Failure(f"format: the precision of {clause[0]!r} must be from 0 to {_PRECISION}")
        precision = int(clause[2])
    if letter == "s":
        return written(run, value)
    if letter == "d":
        return _decimal(value)
    if letter in ("f", "e"):
        return _point(value, letter, precision)
    if letter in ("b", "o"):
        if letter == "b" and type(value) is bool:
            return "1" if value else "0"
        if type(value) in (int, Uint):
            return f"{int(value):{letter}}"
        raise _unfit(letter, value)
    if letter in ("x", "X"):
        if type(value) in (int, Uint):
            return f"{int(value):{letter}}"
        if isinstance(value, (str, bytes)):
            run.text(2 * len(value))
            text = (encode(value) if isinstance(value, str) else value).hex()
            return text.upper() if letter == "X" else text
        raise _unfit(letter, value)
    raise Failure(
        f"format: {clause[0]!r} is not a clause" if letter else "format: the text ends within a clause"
    )


def _unfit(letter: str, value: Value) -> Failure:
    return Failure(f"format: %{letter} does not take a {kind(value)}")


def _decimal(value: Value) -> str:
    if type(value) in (int, Uint):
        return str(int(value))
    if type(value) is float:
        return _special(value) or _plain(value)
    raise _unfit("d", value)


def _plain(value: float) -> str:
    """A double without an exponent, however large it is."""
    return float_text(value, plain_below=400, plain_from=-400)


def _special(value: float) -> str:
    if value != value:
        return "NaN"
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(value, "")


def _point(value: Value, letter: str, precision: int) -> str:
    if type(value) not in (int, Uint, float):
        raise _unfit(letter, value)
    number = float(value)
    if special := _special(number):
        return special
    if letter == "f":
        return f"{number:.{precision}f}"
    mantissa, _, exponent = f"{number:.{precision}e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].zfill(2)}"


def written(run: Account, value: Value, depth: int = 0) -> str:
    """A value as ``%s`` writes it."""
    run.spend(4)
    if depth > DEPTH:
        raise Exceeded(f"{DEPTH} nested lists and maps")
    sort = type(value)
    if sort is str:
        run.text(len(value))
        return value  # type: ignore[no-any-return]
    if sort is bool:
        return "true" if value else "false"
    if sort is int or sort is Uint:
        return str(int(value))
    if sort is float:
        return _special(value) or _plain(value)
    if value is None:
        return "null"
    if sort is bytes:
        return bytes(value).decode("utf-8", "replace")
    if sort is Timestamp or sort is CelDuration:
        return str(value)
    if isinstance(value, Type):
        return value.name
    if sort in LISTS:
        return f"[{', '.join([written(run, item, depth + 1) for item in elements(value)])}]"
    if sort in MAPS:
        texts = sorted(
            (written(run, key, depth + 1), written(run, item, depth + 1)) for key, item in pairs(value)
        )
        return f"{{{', '.join([f'{key}: {item}' for key, item in texts])}}}"
    raise _unfit("s", value)
