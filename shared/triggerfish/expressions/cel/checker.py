"""Names, functions and types: what cannot be right is an error before anything is evaluated.

As cel-go's checker, with two differences: ``==``, ``!=`` and ``in`` may compare any two kinds, and every
variable of the environment is ``dyn``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from triggerfish.expressions.cel import types as t
from triggerfish.expressions.cel.functions import GLOBALS, MEMBERS, CelFunction
from triggerfish.expressions.cel.functions.formats import clauses
from triggerfish.expressions.cel.macrotypes import elements, made
from triggerfish.expressions.cel.missing import nearest
from triggerfish.expressions.cel.names import resolved, type_named
from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.syntax.macros import MACROS
from triggerfish.expressions.cel.values import TYPES, kind
from triggerfish.expressions.limits import Failure

_KEYS = frozenset({"bool", "int", "uint", "string", "dyn"})
_SHORT = {
    "google.protobuf.Timestamp": "timestamp",
    "google.protobuf.Duration": "duration",
    "null_type": "null",
}


def check(tree: n.CelNode, names: Collection[str] | None) -> frozenset[str]:
    """The variables of the tree. Raises ``Failure`` for what cannot be right."""
    checker = _Checker(None if names is None else frozenset(names))
    checker.type(tree)
    return frozenset(checker.found)


class _Checker:
    def __init__(self, names: frozenset[str] | None) -> None:
        self._names = names
        self._bound: list[tuple[str, t.Type]] = []
        self.found: set[str] = set()

    def type(self, node: n.CelNode) -> t.Type:
        """The type of the node. Raises ``Failure``."""
        return _TYPES[type(node)](self, node)

    def _free(self, node: n.CelNode) -> bool:
        while isinstance(node, n.Select):
            node = node.operand
        return isinstance(node, n.Name) and (node.rooted or all(name != node.name for name, _ in self._bound))

    def _condition(self, node: n.CelNode) -> None:
        found = self.type(node)
        if found not in (t.BOOL, t.DYN):
            raise Failure(f"expected a bool, but this is {t.written(found)}", node.position)

    # --- names and literals ---------------------------------------------------------------------------------

    def literal(self, node: n.Literal) -> t.Type:
        name = kind(node.value)
        return (_SHORT.get(name, name),)

    def name(self, node: n.Name) -> t.Type:
        if not node.rooted:
            for name, type_ in reversed(self._bound):
                if name == node.name:
                    return type_
        if node.name in TYPES:
            return t.TYPE
        if self._names is not None and node.name not in self._names:
            raise Failure(
                f"unknown name {node.name!r}{nearest(node.name, sorted(self._names))}", node.position
            )
        self.found.add(node.name)
        return t.DYN

    def message(self, node: n.Message) -> t.Type:
        raise Failure("messages of Protocol Buffers are not supported; {} alone makes a map", node.position)

    # --- members --------------------------------------------------------------------------------------------

    def select(self, node: n.Select) -> t.Type:
        if type_named(node) is not None and self._free(node):
            return t.TYPE
        operand = self.type(node.operand)
        if operand[0] == "optional":
            found: t.Type = ("optional", t.DYN)
        elif operand[0] == "map":
            found = operand[2]
        elif operand == t.DYN:
            found = t.DYN
        else:
            raise Failure(f"{t.written(operand)} has no fields", node.position)
        if node.test:
            return t.BOOL
        return ("optional", found) if node.optional and found[0] != "optional" else found

    def index(self, node: n.Index) -> t.Type:
        operand, key = self.type(node.operand), self.type(node.key)
        inner = operand[1] if operand[0] == "optional" else operand
        if inner[0] == "list":
            found, wanted = inner[1], t.INT
        elif inner[0] == "map":
            found, wanted = inner[2], inner[1]
        elif inner == t.DYN:
            found, wanted = t.DYN, t.DYN
        else:
            raise Failure(f"{t.written(operand)} has no elements", node.position)
        if not t.fits(wanted, key, {}):
            raise Failure(
                f"no such overload: {t.written(inner)}[{t.written(key)}], but {t.written(wanted)}",
                node.position,
            )
        if operand == t.DYN:
            return t.DYN
        return ("optional", found) if node.optional or operand[0] == "optional" else found

    # --- operators ------------------------------------------------------------------------------------------

    def unary(self, node: n.CelUnary) -> t.Type:
        if node.operator == "!":
            self._condition(node.operand)
            return t.BOOL
        found = self.type(node.operand)
        if found[0] not in ("int", "double", "dyn"):
            raise Failure(f"no such overload: -{t.written(found)}", node.position)
        return found

    def binary(self, node: n.CelBinary) -> t.Type:
        left, right = self.type(node.left), self.type(node.right)
        operator = node.operator
        if operator in t.SUMS:
            found = t.sum_of(operator, left, right)
            if found is None:
                raise self._none(node, left, right)
            return found
        if operator == "in":
            fits = right[0] in ("list", "map", "dyn")
        elif operator in ("==", "!="):
            fits = True
        else:
            sorts = {left[0], right[0]} - {"dyn"}
            fits = sorts <= t.ORDERED and (len(sorts) < 2 or sorts <= t.NUMBERS)
        if not fits:
            raise self._none(node, left, right)
        return t.BOOL

    def _none(self, node: n.CelBinary, left: t.Type, right: t.Type) -> Failure:
        return Failure(
            f"no such overload: {t.written(left)} {node.operator} {t.written(right)}", node.position
        )

    def logic(self, node: n.CelLogic) -> t.Type:
        for operand in node.operands:
            self._condition(operand)
        return t.BOOL

    def choice(self, node: n.Choice) -> t.Type:
        self._condition(node.condition)
        one, two = self.type(node.then), self.type(node.otherwise)
        if not t.agree(one, two):
            raise Failure(
                f"?: has branches of one type, not {t.written(one)} and {t.written(two)}: "
                "dyn(x) makes them any",
                node.position,
            )
        return t.join(one, two)

    # --- lists and maps -------------------------------------------------------------------------------------

    def _element(self, node: n.CelNode) -> t.Type:
        if not isinstance(node, n.CelOptional):
            return self.type(node)
        found = self.type(node.node)
        if found[0] not in ("optional", "dyn"):
            raise Failure(f"?x takes an optional, not {t.written(found)}", node.position)
        return found[1] if found[0] == "optional" else t.DYN

    def items(self, node: n.Items) -> t.Type:
        return ("list", self._joined([self._element(item) for item in node.items]))

    def _joined(self, types: list[t.Type]) -> t.Type:
        found = types[0] if types else t.DYN
        for type_ in types[1:]:
            found = t.join(found, type_)
        return found

    def entries(self, node: n.Entries) -> t.Type:
        keys, values = [], []
        for key, value in node.entries:
            optional = isinstance(key, n.CelOptional)
            keys.append(self._key(key.node if isinstance(key, n.CelOptional) else key))
            wrapped = n.CelOptional(value, position=value.position, start=value.start, end=value.end)
            values.append(self._element(wrapped if optional else value))
        return ("map", self._joined(keys), self._joined(values))

    def _key(self, node: n.CelNode) -> t.Type:
        found = self.type(node)
        if found[0] not in _KEYS:
            raise Failure(f"{t.written(found)} cannot be a key of a map", node.position)
        return found

    # --- calls ----------------------------------------------------------------------------------------------

    def called(self, node: n.CelCall) -> t.Type:
        try:
            function, target = resolved(node, self._free)
        except LookupError:
            known = {*GLOBALS, *MEMBERS, *MACROS, "or", "orValue"}
            raise Failure(
                f"unknown function {node.name!r}{nearest(node.name, sorted(known))}", node.position
            ) from None
        given = [self.type(each) for each in ([] if target is None else [target]) + node.arguments]
        if target is not None and node.name in ("or", "orValue"):
            return self._otherwise(node, given)
        if node.name == "format" and target is not None:
            _counted(node, target)
        return self._result(node, function, given)

    def _otherwise(self, node: n.CelCall, given: list[t.Type]) -> t.Type:
        wanted: t.Type = t.DYN
        if len(given) == 2 and given[0][0] in ("optional", "dyn"):
            inner = given[0][1] if given[0][0] == "optional" else t.DYN
            wanted = ("optional", inner) if node.name == "or" else inner
        elif given:
            raise Failure(f"{node.name} is called on an optional, with one argument", node.position)
        if not t.agree(wanted, given[1]):
            raise Failure(
                f"no such overload: {t.written(given[0])}.{node.name}({t.written(given[1])})", node.position
            )
        if given[0] == t.DYN:
            return given[1]
        return t.join(given[0] if node.name == "or" else wanted, given[1])

    def _result(self, node: n.CelCall, function: CelFunction, given: list[t.Type]) -> t.Type:
        results: list[t.Type] = []
        for form in function.forms:
            bound: dict[str, t.Type] = {}
            wanted = [t.read(parameter) for parameter in form.parameters]
            if wanted == [("...",)]:
                numbers = given[0][1:] if len(given) == 1 and given[0][0] == "list" else given
                fits = bool(numbers) and all(each[0] in (*t.NUMBERS, "dyn") for each in numbers)
            else:
                fits = len(wanted) == len(given) and all(
                    t.fits(one, two, bound) for one, two in zip(wanted, given, strict=True)
                )
            if fits:
                results.append(t.with_bound(t.read(form.result), bound))
        if not results:
            kinds = ", ".join(t.written(each) for each in given)
            raise Failure(
                f"no such overload: {function.name}({kinds}), but {function.forms[0].text}", node.position
            )
        return self._joined(results)

    def macro(self, node: n.Macro) -> t.Type:
        over = self.type(node.over)
        self._bound += zip(node.variables, elements(node, over), strict=True)
        if len(node.bodies) == 2 or node.name in ("all", "exists", "exists_one", "filter"):
            self._condition(node.bodies[0])
        body = self.type(node.bodies[-1])
        del self._bound[-len(node.variables) :]
        if node.name == "sortBy" and body[0] not in (*t.ORDERED, "dyn"):
            raise Failure(f"sortBy takes keys that have an order, not {t.written(body)}", node.position)
        return made(node.name, over, body)

    def bind(self, node: n.Bind) -> t.Type:
        for variable, value in zip(node.variables, node.values, strict=True):
            self._bound.append((variable, self.type(value)))
        found = self.type(node.body)
        del self._bound[len(self._bound) - len(node.variables) :]
        return found


def _counted(node: n.CelCall, target: n.CelNode) -> None:
    """More values than a literal text has clauses are a mistake."""
    if not isinstance(target, n.Literal) or not isinstance(target.value, str) or len(node.arguments) != 1:
        return
    given = node.arguments[0]
    if isinstance(given, n.Items) and len(given.items) > (wanted := clauses(target.value)):
        raise Failure(f"format: the text takes {wanted} values, not {len(given.items)}", node.position)


_TYPES: dict[type, Callable[[Any, Any], t.Type]] = {
    n.Literal: _Checker.literal,
    n.Name: _Checker.name,
    n.Message: _Checker.message,
    n.Select: _Checker.select,
    n.Index: _Checker.index,
    n.CelUnary: _Checker.unary,
    n.CelBinary: _Checker.binary,
    n.CelLogic: _Checker.logic,
    n.Choice: _Checker.choice,
    n.Items: _Checker.items,
    n.Entries: _Checker.entries,
    n.CelCall: _Checker.called,
    n.Macro: _Checker.macro,
    n.Bind: _Checker.bind,
}
