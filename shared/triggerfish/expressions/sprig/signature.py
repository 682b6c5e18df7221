"""A sprig function as expr calls it: by reflection, so that Go's parameter types decide what is accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext, Function
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.sprig.costs import Cost, cost_of
from triggerfish.expressions.sprig.kinds import Value, is_map, type_of

Body = Callable[..., Value]
ZERO_TIME = Time(-62_135_596_800)
"""The first of January of the year 1, Go's zero time."""


class Family:
    """The functions of one file under their names in sprig, gathered by using it as a decorator.

    ``names`` holds several where sprig has aliases; ``costs`` knows the first. Parameters are Go types:
    ``any``, ``int``, ``float64``, ``string``, ``bool``, ``map``, ``time``; ``rest`` is the type of all
    further arguments. A ``contextual`` body gets the evaluation's CallContext first.
    """

    def __init__(self, *, namespace: str = "sprig.") -> None:
        self.functions: dict[str, Function] = {}
        self._namespace = namespace

    def __call__(
        self,
        names: str,
        *parameters: str,
        rest: str = "",
        contextual: bool = False,
    ) -> Callable[[Body], Body]:
        """Register the decorated body."""

        def register(body: Body) -> Body:
            every = names.split()
            cost = cost_of(every[0])
            for name in every:
                self.functions[name] = _function(
                    self._namespace + name, parameters, rest, body, cost, contextual=contextual
                )
            return body

        return register


def _function(
    name: str, parameters: tuple[str, ...], rest: str, body: Body, cost: Cost, *, contextual: bool
) -> Function:
    fixed = len(parameters)
    call_cost, per_item, per_result = cost

    def call(context: CallContext, arguments: Sequence[Value]) -> Value:
        if len(arguments) < fixed or (len(arguments) > fixed and not rest):
            expected = f"at least {fixed}" if rest else str(fixed)
            raise ExpressionError(
                f"{name}: invalid number of arguments: expected {expected}, got {len(arguments)}"
            )
        types = parameters + (rest,) * (len(arguments) - fixed)
        size = sum(len(value) for value in arguments if isinstance(value, (str, list, dict)))
        context.spend(call_cost + size * per_item + (size >> 3))
        accepted = [
            value if type_ == "any" else accept(type_, value, name, place)
            for place, (type_, value) in enumerate(zip(types, arguments, strict=True), 1)
        ]
        try:
            result = body(context, *accepted) if contextual else body(*accepted)
        except (ExpressionError, Failure) as error:
            raise ExpressionError(f"{name}: {error.message}") from None
        except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
            # Where Go panics, expr makes an error of it; so do we, whichever way the body fell.
            raise ExpressionError(f"{name}: {error}") from None
        context.spend(per_result * len(result) if isinstance(result, (str, list, dict)) else 0)
        return result

    return Function(name, call)


def accept(type_: str, value: Value, name: str, place: int) -> Value:
    """``value`` as Go's ``type_``; nil is the type's zero value, as expr passes it.

    Kinder than Go in one way: a whole float64 is an int, and an int a float64 or an int64, because all of a
    payload's numbers are float64 in Argo and nobody can see that.
    """
    zero, converted = _ACCEPT[type_]
    if value is None:
        return zero()
    result = converted(value)
    if result is None:
        raise ExpressionError(f"{name}: argument {place} must be {type_}, not {type_of(value)}")
    return result


def _int(value: Value) -> int | None:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2.0**63 else None
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _float(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


_ACCEPT: dict[str, tuple[Callable[[], Value], Callable[[Value], Value]]] = {
    "int": (int, _int),
    "float64": (float, _float),
    "string": (str, lambda value: value if isinstance(value, str) else None),
    "time": (lambda: ZERO_TIME, lambda value: value if isinstance(value, Time) else None),
    "bool": (bool, lambda value: value if isinstance(value, bool) else None),
    "map": (dict, lambda value: value if is_map(value) else None),
}
