"""The functions that Tekton Triggers adds to CEL, and the ones of CEL that need a bound.

Each is called as a method or plainly: ``x.truncate(7)`` is ``truncate(x, 7)``. What is wrong with an argument
is a ``Wrong``, which becomes an error of CEL's at the place of the call.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import yaml
from celpy import celtypes

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import Context
from triggerfish.expressions.cel.limits import Budget, Exceeded
from triggerfish.expressions.cel.values import Value, from_cel, to_cel
from triggerfish.expressions.go.json import read, to_json
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import Run
from triggerfish.expressions.sprig import FUNCTIONS
from triggerfish.expressions.sprig.texts import lower, octets, runes, text, upper

Function = Callable[..., Value]
YAML_LIMIT = 100_000
"""Characters of YAML; its reader takes about 10 µs for each token."""


_ALL, _NOTHING = celtypes.IntType(-1), celtypes.StringType("")


class Wrong(ExpressionError):  # noqa: N818  never seen outside: it becomes an error of CEL's
    """A call that cannot be answered."""


def _string(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{what} must be a string")
    return "".join(value)


def _whole(value: Value, what: str) -> int:
    if isinstance(value, (celtypes.IntType, celtypes.UintType)):
        return int(value)
    if isinstance(value, celtypes.DoubleType) and float(value).is_integer():
        return int(value)
    raise Wrong(f"{what} must be a whole number")


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise Wrong("only a list has this function")
    return value


def _sprig(name: str, *arguments: Any) -> str:
    """A function of sprig that does the same."""
    return str(FUNCTIONS[name].call(Context(), arguments))


# --- headers ------------------------------------------------------------------------------------------------


def _header(headers: Value, name: Value) -> list[Value]:
    if not isinstance(headers, dict):
        raise Wrong("only headers have this function: metadata.match('x-github-event', 'push')")
    wanted = _string(name, "the header's name").lower()
    values: Value = headers.get(celtypes.StringType(wanted), [])
    return values if isinstance(values, list) else [values]


def _match(headers: Value, name: Value, value: Value) -> Value:
    return celtypes.BoolType(_string(value, "the value") in _header(headers, name))


def _canonical(headers: Value, name: Value) -> Value:
    values = _header(headers, name)
    return values[0] if values else celtypes.StringType("")


# --- texts --------------------------------------------------------------------------------------------------


def _truncate(value: Value, size: Value) -> Value:
    return celtypes.StringType(_string(value, "what is truncated")[: max(_whole(size, "the size"), 0)])


def _split(value: Value, separator: Value, limit: Value = _ALL) -> Value:
    parts = FUNCTIONS["splitn"].call(
        Context(),
        [_string(separator, "the separator"), _whole(limit, "the limit"), _string(value, "what is split")],
    )
    return to_cel(list(parts.values()))


def _join(budget: Budget) -> Function:
    def join(values: Value, separator: Value = _NOTHING) -> Value:
        between = _string(separator, "the separator")
        texts = [_string(value, "each item") for value in _list(values)]
        budget.made(sum(map(len, texts)) + len(between) * len(texts))
        return celtypes.StringType(between.join(texts))

    return join


def _replace(budget: Budget) -> Function:
    def replace(value: Value, old: Value, new: Value, limit: Value = _ALL) -> Value:
        source, before, after = (_string(each, "each argument") for each in (value, old, new))
        count = _whole(limit, "the limit")
        budget.made(len(source) + len(after) * source.count(before))
        return celtypes.StringType(source.replace(before, after, count))

    return replace


def _translate(value: Value, pattern: Value, replacement: Value) -> Value:
    arguments = [_string(each, "each argument") for each in (pattern, value, replacement)]
    return celtypes.StringType(_sprig("regexReplaceAll", *arguments))


def _matches(value: Value, pattern: Value) -> Value:
    found = _sprig("mustRegexMatch", _string(pattern, "the pattern"), _string(value, "what is matched"))
    return celtypes.BoolType(found == "True")


def _lower_ascii(value: Value) -> Value:
    return celtypes.StringType("".join(lower(c) if c.isascii() else c for c in _string(value, "the text")))


def _upper_ascii(value: Value) -> Value:
    return celtypes.StringType("".join(upper(c) if c.isascii() else c for c in _string(value, "the text")))


def _decode_base64(value: Value) -> Value:
    try:
        return celtypes.StringType(
            runes(text(base64.b64decode(octets(_string(value, "the text")), validate=True)))
        )
    except (binascii.Error, ValueError):
        raise Wrong("this is no base64") from None


# --- structures ---------------------------------------------------------------------------------------------


def _first(values: Value) -> Value:
    if not _list(values):
        raise Wrong("an empty list has no first item")
    return values[0]


def _last(values: Value) -> Value:
    if not _list(values):
        raise Wrong("an empty list has no last item")
    return values[-1]


def _parse_json(value: Value) -> Value:
    try:
        return to_cel(read(Run(None, b""), _string(value, "the text")))
    except Failure as failure:
        raise Wrong(failure.message) from None


def _marshal_json(value: Value) -> Value:
    return celtypes.StringType(to_json(from_cel(value)))


class _Yaml(yaml.SafeLoader):
    """YAML that is JSON by another name: an alias could make a small text a large value, a date is a text."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node; an alias is refused."""
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _parse_yaml(value: Value) -> Value:
    source = _string(value, "the text")
    if len(source) > YAML_LIMIT:
        raise Wrong(f"the YAML is longer than {YAML_LIMIT} characters")
    try:
        document = yaml.load(source, Loader=_Yaml)  # noqa: S506  a SafeLoader
        return to_cel(read(Run(None, b""), to_json(document)))
    except (yaml.YAMLError, ValueError, TypeError, Failure, ExpressionError, RecursionError) as error:
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise Wrong(f"this is no YAML: {reason}") from None


def _parse_url(value: Value) -> Value:
    parsed = FUNCTIONS["urlParse"].call(Context(), [_string(value, "the URL")])
    queries = parse_qs(parsed["query"], keep_blank_values=True, max_num_fields=1_000)
    url = {name: parsed[name] for name in ("scheme", "host", "path", "fragment")}
    url |= {"rawQuery": parsed["query"], "queryStrings": queries}
    url["query"] = {name: ",".join(values) for name, values in queries.items()}
    if parsed["userinfo"]:
        name, _, password = parsed["userinfo"].partition(":")
        url["auth"] = {"username": name, "password": password}
    return to_cel(url)


def _compare_secret(*_arguments: Value) -> Value:
    raise Wrong(
        "compareSecret is not offered: reading Secrets by name from an expression would let whoever writes a "
        "binding use the function's rights; put the secret in the webhook clients, where it is checked first"
    )


_PURE: dict[str, Function] = {
    "match": _match,
    "canonical": _canonical,
    "truncate": _truncate,
    "split": _split,
    "translate": _translate,
    "matches": _matches,
    "lowerAscii": _lower_ascii,
    "upperAscii": _upper_ascii,
    "decodeb64": _decode_base64,
    "first": _first,
    "last": _last,
    "parseJSON": _parse_json,
    "parseYAML": _parse_yaml,
    "parseURL": _parse_url,
    "marshalJSON": _marshal_json,
    "compareSecret": _compare_secret,
}
NAMES = frozenset(_PURE) | {"join", "replace"}


def functions(budget: Budget) -> dict[str, Function]:
    """Every function, on the account of one evaluation: each argument and each result is paid for."""
    table = {**_PURE, "join": _join(budget), "replace": _replace(budget)}
    return {name: _paid(budget, body) for name, body in table.items()}


def _paid(budget: Budget, body: Function) -> Function:
    def call(*arguments: Value) -> Value:
        for argument in arguments:
            if isinstance(argument, (str, list, dict)):
                budget.spend(len(argument) >> 10)
        try:
            result = body(*arguments)
        except Wrong:
            raise
        except ExpressionError as error:
            # A function of sprig names itself first; here it goes by another name.
            raise Wrong(error.message.removeprefix("sprig.").partition(": ")[2] or error.message) from None
        if isinstance(result, (str, list, dict)):
            budget.made(len(result))
        return result

    call.__name__ = body.__name__
    return call


__all__ = ["NAMES", "Exceeded", "Wrong", "functions"]
