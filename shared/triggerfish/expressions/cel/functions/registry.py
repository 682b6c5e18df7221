"""The table of functions: each with the forms in which it is called, and what it gives.

A form is written as docs/cel.md writes it: ``string.substring(int, int) -> string`` is called on a text,
``size(list) -> int`` plainly. ``dyn`` is any kind; of ``list(string)`` the function looks at the elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.values import Value, kind
from triggerfish.expressions.limits import Failure

Body = Callable[..., Value]
"""``body(account, receiver or first argument, …)``."""

_FORM = re.compile(r"(?:([\w()., ]+?)\.)?([\w.]+)\((.*)\) -> (.+)")
_TEXTS = frozenset({str, bytes})


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; ``parameters`` begin with the receiver where ``member``."""

    text: str
    member: bool
    parameters: tuple[str, ...]
    result: str
    body: Body


@dataclass(slots=True)
class CelFunction:
    """A function by its name, with the bodies for the kinds of arguments that it has met."""

    name: str
    forms: list[Overload] = field(default_factory=list)
    _known: dict[tuple[type, ...], Body] = field(default_factory=dict)

    def __call__(self, run: Account, *arguments: Value) -> Value:
        """Its value. Raises ``Failure`` where no form takes these kinds."""
        kinds = tuple(map(type, arguments))
        body = self._known.get(kinds) or self._resolved(kinds, arguments)
        run.spend(4)
        for argument in arguments:
            if type(argument) in _TEXTS:
                run.read(argument)
        return body(run, *arguments)

    def _resolved(self, kinds: tuple[type, ...], arguments: tuple[Value, ...]) -> Body:
        for form in self.forms:
            if form.parameters == ("...",):
                return form.body  # not kept: there is no end of ways to call it
            if len(form.parameters) == len(arguments) and all(map(_fits, form.parameters, arguments)):
                self._known[kinds] = form.body
                return form.body
        names = ", ".join(kind(argument) for argument in arguments)
        raise Failure(f"no such overload: {self.name}({names}), but {self.forms[0].text}")


def _fits(parameter: str, argument: Value) -> bool:
    outer = parameter.partition("(")[0]
    if outer in _LONG:
        outer = _LONG[outer]
    return outer in ("dyn", "A", "B") or kind(argument) == outer


_LONG = {
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
    "optional": "optional_type",
    "null": "null_type",
    "IP": "net.IP",
    "CIDR": "net.CIDR",
}
#: Those called on a receiver, and those called plainly, by name; a name with a dot is that of a namespace.
MEMBERS: dict[str, CelFunction] = {}
GLOBALS: dict[str, CelFunction] = {}


def function(*forms: str) -> Callable[[Body], Body]:
    """Enter a function in the table, for these forms."""

    def enter(body: Body) -> Body:
        for text in forms:
            receiver, name, parameters, result = _taken_apart(text)
            member = receiver is not None
            table = MEMBERS if member else GLOBALS
            of = table.setdefault(name, CelFunction(name))
            of.forms.append(Overload(text, member, tuple(parameters), result, body))
        return body

    return enter


#: What stands before a dot in the name of a function that is called plainly.
NAMESPACES = frozenset({"math", "strings", "base64", "lists", "sets", "optional", "ip", "cidr", "cel"})


def _taken_apart(text: str) -> tuple[str | None, str, list[str], str]:
    match = _FORM.fullmatch(text)
    assert match is not None, text  # noqa: S101  the table is ours
    before, name, inside, result = match.groups()
    parameters = _split(inside)
    if before is not None and before in NAMESPACES and not text.startswith("optional("):
        return None, f"{before}.{name}", parameters, result
    if before is None:
        return None, name, parameters, result
    return before, name, [before, *parameters], result


def _split(inside: str) -> list[str]:
    """Parameters at their commas, outside of brackets."""
    found, depth, start = [], 0, 0
    for place, character in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            found.append(inside[start:place].strip())
            start = place + 1
    rest = inside[start:].strip()
    return [*found, rest] if rest else found


def whole(value: Any, what: str) -> int:
    """An argument that Tekton would have as a number: an int, or a double without a fraction."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is int:
        return value
    raise Failure(f"{what} must be a whole number")
