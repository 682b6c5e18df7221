"""The functions that Tekton Triggers adds to CEL, each on a receiver or plainly: ``truncate(x, 7)``."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.cel.functions.registry import function, whole
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.results import plain
from triggerfish.expressions.cel.values import CelMap, Value, adopt, elements
from triggerfish.expressions.go.json import read, to_json
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

#: Characters of YAML; its reader takes about 10 µs for each token.
YAML_LIMIT = 100_000


def _sprig(name: str, *arguments: Any) -> Any:
    """A function of sprig that does the same."""
    from triggerfish.expressions.sprig import FUNCTIONS  # slow to import, and few expressions need it

    try:
        return FUNCTIONS[name].call(CallContext(), arguments)
    except ExpressionError as error:
        raise Failure(error.message.removeprefix("sprig.").partition(": ")[2] or error.message) from None


# --- headers ------------------------------------------------------------------------------------------------


def _header(headers: Any, name: str) -> list[Value]:
    key = name.lower()
    found = headers.held.get(key, (key, []))[1] if isinstance(headers, CelMap) else headers.get(key, [])
    values = adopt(found)
    return elements(values) if isinstance(values, (list, tuple)) else [values]


@function("map.match(string, string) -> bool", "match(map, string, string) -> bool")
def match(_run: Account, headers: Value, name: str, value: str) -> bool:
    """Whether the header has the value; its name in any case."""
    return value in _header(headers, name)


@function("map.canonical(string) -> string", "canonical(map, string) -> string")
def canonical(_run: Account, headers: Value, name: str) -> Value:
    """The header's first value, or the empty text."""
    values = _header(headers, name)
    return values[0] if values else ""


# --- texts --------------------------------------------------------------------------------------------------


@function(
    "string.truncate(int) -> string",
    "truncate(string, int) -> string",
    "string.truncate(double) -> string",
    "truncate(string, double) -> string",
)
def truncate(_run: Account, text: str, size: float) -> str:
    """At most the first characters, as many as are given."""
    return text[: max(whole(size, "the size"), 0)]


@function("string.translate(string, string) -> string", "translate(string, string, string) -> string")
def translate(run: Account, text: str, pattern: str, replacement: str) -> str:
    """What the RE2 pattern finds, replaced."""
    run.spend(500 + len(text))
    made = str(_sprig("regexReplaceAll", pattern, text, replacement))
    run.text(len(made))
    return made


# --- structures ---------------------------------------------------------------------------------------------


@function("string.parseJSON() -> dyn", "parseJSON(string) -> dyn")
def parse_json(run: Account, text: str) -> Value:
    """The value that the text is the JSON of."""
    run.spend(len(text) >> 3)
    return adopt(read(ExpressionRun(None, b""), text))


@function("dyn.marshalJSON() -> string", "marshalJSON(dyn) -> string")
def marshal_json(run: Account, value: Value) -> str:
    """The value as JSON."""
    made = to_json(plain(run, value))
    run.spend(len(made) >> 3)
    return made


@function("string.parseYAML() -> dyn", "parseYAML(string) -> dyn")
def parse_yaml(run: Account, text: str) -> Value:
    """The value of the YAML: without aliases, and dates stay text."""
    from triggerfish.expressions.cel.functions.yaml import load  # slow to import, and few expressions need it

    if len(text) > YAML_LIMIT:
        raise Failure(f"the YAML is longer than {YAML_LIMIT} characters")
    run.spend(20 * len(text) + 1)
    return adopt(load(text))


@function("string.parseURL() -> map(string, dyn)", "parseURL(string) -> map(string, dyn)")
def parse_url(run: Account, text: str) -> Value:
    """scheme, host, path, rawQuery, fragment, query, queryStrings, and auth where there is a user."""
    run.spend(50 + (len(text) >> 3))
    parsed = _sprig("urlParse", text)
    try:
        queries = parse_qs(parsed["query"], keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        raise Failure("the URL's query has more than 1000 fields") from None
    url = {name: parsed[name] for name in ("scheme", "host", "path", "fragment")}
    url |= {"rawQuery": parsed["query"], "queryStrings": queries}
    url["query"] = {name: ",".join(values) for name, values in queries.items()}
    if parsed["userinfo"]:
        name, _, password = parsed["userinfo"].partition(":")
        url["auth"] = {"username": name, "password": password}
    return url


@function(
    "string.compareSecret(string) -> bool",
    "string.compareSecret(string, string) -> bool",
    "string.compareSecret(string, string, string) -> bool",
)
def compare_secret(_run: Account, *_arguments: Value) -> bool:
    """Not offered: an error that says why."""
    raise Failure(
        "compareSecret is not offered: reading Secrets by name from an expression would let anybody who "
        "writes a binding use the function's rights; put the secret into the "
        "webhook clients, which are checked first"
    )
