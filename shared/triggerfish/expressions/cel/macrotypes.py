"""The types of macros: of their variables, and of what they make."""

from __future__ import annotations

from triggerfish.expressions.cel import types as t
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.limits import Failure


def elements(node: n.Macro, over: t.Type) -> list[t.Type]:
    """The types of a macro's variables."""
    if node.name in ("optMap", "optFlatMap"):
        wanted, single = "optional", [over[1] if over[0] == "optional" else t.DYN]
    elif len(node.variables) == 2:
        pair = [t.INT, over[1]] if over[0] == "list" else list(over[1:])
        wanted, single = "map", pair if len(pair) == 2 else [t.DYN, t.DYN]
    else:
        wanted, single = "map", [over[1] if over[0] in ("list", "map") else t.DYN]
    if over[0] not in ("dyn", wanted) and (wanted == "optional" or over[0] != "list"):
        what = "an optional" if wanted == "optional" else "a list or a map"
        raise Failure(f"{node.name} goes over {what}, not {t.written(over)}", node.position)
    return single


def made(name: str, over: t.Type, body: t.Type) -> t.Type:
    """The type of a macro's result."""
    if name in ("all", "exists", "exists_one"):
        return t.BOOL
    if name in ("map", "transformList"):
        return ("list", body)
    if name in ("filter", "sortBy"):
        return over if over[0] == "list" else ("list", over[1] if over[0] == "map" else t.DYN)
    if name == "transformMap":
        return ("map", t.INT if over[0] == "list" else over[1] if over[0] == "map" else t.DYN, body)
    return ("optional", body) if name == "optMap" else body
