"""PURE. The functions of the language: ``table`` names every one, each family is a file.

Above it stand the parser, the checker and the compiler, which ask the table; below it the operators and
values of ``evaluation`` and ``go``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions.builtins import aggregates, bits, dates, encoding, lists, maps, numbers, strings
from triggerfish.expressions.builtins.table import FUNCTIONS, Signature
from triggerfish.expressions.run import ExpressionRun

_FAMILIES = {
    "aggregates": aggregates.family,
    "bits": bits.family,
    "dates": dates.family,
    "encoding": encoding.family,
    "lists": lists.family,
    "maps": maps.family,
    "numbers": numbers.family,
    "strings": strings.family,
}


def _charged(builtin: Signature) -> Callable[..., Any]:
    """The function that does the builtin, and pays for itself where a call costs more than a few steps."""
    body, cost = _FAMILIES[builtin.family].members[builtin.name], builtin.cost
    if not cost:
        return body

    def call(run: ExpressionRun, *arguments: Any) -> Any:
        run.spend(cost)
        return body(run, *arguments)

    return call


CALLS: dict[str, Callable[..., Any]] = {name: _charged(builtin) for name, builtin in FUNCTIONS.items()}
"""What compiled code calls: each gets the run and the arguments, and raises ``Failure``."""
