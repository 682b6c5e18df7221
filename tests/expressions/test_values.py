"""Numbers of JSON and the expression's own, JSON as Go writes it, and what an environment may hold."""

import math
from collections import ChainMap
from typing import Any

import pytest

from triggerfish import expressions
from triggerfish.errors import ExpressionError
from triggerfish.expressions import to_json
from triggerfish.expressions.callables import Function
from triggerfish.expressions.go.duration import Duration
from triggerfish.expressions.go.time import Time, load_location

PAYLOAD = {"n": 3, "zero": 0, "half": 0.5, "big": 16512345678, "huge": 2**62, "list": [1, 2], "map": {"a": 1}}
ENVIRONMENT = {"payload": PAYLOAD, "start": Time(0)}


def value_of(source: str, environment: Any = ENVIRONMENT) -> Any:
    return expressions.compile(source).evaluate(environment)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("type(payload.n)", "float", id="JSON has floats only"),
        pytest.param("type(3)", "int", id="a literal is an int"),
        pytest.param("map([payload.n, 3], type(#))", ["float", "int"], id="side by side in a list"),
        pytest.param("map(payload.list, type(#))", ["float", "float"], id="in a list of the payload"),
        pytest.param("{'a': payload.map}.a.a | type()", "float", id="deep in a map of the expression"),
        pytest.param("type(payload.n + 1)", "float", id="a sum with one is one"),
        pytest.param("type(len(payload.list))", "int", id="a length is none"),
        pytest.param("type(reduce(payload.list, #acc + #, 0))", "float", id="what reduce makes of them"),
        pytest.param("type(reduce([1, 2], #acc + #, 0))", "int", id="what reduce makes of others"),
        pytest.param("map(fromJSON('[1, 1.5]'), type(#))", ["float", "float"], id="JSON that is read"),
        pytest.param("payload.huge * 4 > 0", True, id="no wrapping among floats"),
        pytest.param("9223372036854775807 + 1 < 0", True, id="wrapping among ints"),
        pytest.param("reduce(1..70, #acc * 2, 1)", 0, id="wrapping in a loop"),
        pytest.param("payload.n % 2", 1, id="a whole number is accepted where an int is wanted"),
        pytest.param("payload.list[payload.zero]", 1, id="and as an index"),
        pytest.param("1..payload.n", [1, 2, 3], id="and as the end of a range"),
        pytest.param("string(payload.big)", "16512345678", id="its digits are kept"),
        pytest.param("string(16512345678.0)", "1.6512345678e+10", id="a float is written as Go does"),
        pytest.param("payload.map == {'a': 1}", False, id="maps are equal only with the same types"),
        pytest.param("payload.map == {'a': 1.0}", True, id="and then they are"),
        pytest.param("payload.list == [1, 2]", True, id="lists are equal by value"),
        pytest.param("payload.n == 3 && payload.n in [1, 2, 3]", True, id="numbers are equal by value"),
        pytest.param("true == 1", None, id="a bool is no number"),
        pytest.param("[true] == [1]", False, id="nor in a list"),
        pytest.param("{1: 'a', 1: 'b'}['1']", "a", id="of equal keys the first counts"),
        pytest.param("'é'[0:1] + 'é'[1:2] == 'é'", True, id="halves of a character make it whole again"),
        pytest.param("payload?.nope?.x.y", None, id="a chain is nil as a whole"),
        pytest.param("(start + duration('1h')).Format('15:04')", "01:00", id="a time of the environment"),
        pytest.param("$env.payload.n", 3, id="the environment itself"),
        pytest.param("len", None, id="a builtin that is not called is nil"),
    ],
)
def test_values(source: str, value: Any) -> None:
    if value is None and "==" in source:
        with pytest.raises(ExpressionError, match="mismatched types"):
            value_of(source)
        return
    found = value_of(source)
    assert (found, type(found) is bool) == (value, type(value) is bool)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True]}, '{"a":[null,true],"b":1}'),
        ("<a href='x'>&\u2028\u2029", "\"\\u003ca href='x'\\u003e\\u0026\\u2028\\u2029\""),
        ('\x00\x1f\x7f"\\/\n\t\r\b\f', '"\\u0000\\u001f\x7f\\"\\\\/\\n\\t\\r\\b\\f"'),
        ("caf\udcc3", '"caf\\ufffd"'),
        (1.0, "1"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (1e20, "100000000000000000000"),
        (1.2345678901234567e20, "123456789012345670000"),
        (1e21, "1e+21"),
        (0.000001, "0.000001"),
        (0.0000001, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (123456789.125, "123456789.125"),
        (10**20, "100000000000000000000"),
        (b"hi", '"aGk="'),
        (Duration(1500), "1500"),
        (Time(0, 500_000_000), '"1970-01-01T00:00:00.5Z"'),
        (Time(0, 0, load_location("Europe/Berlin")), '"1970-01-01T01:00:00+01:00"'),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_json_is_written_as_go_writes_it(value: Any, text: str) -> None:
    assert to_json(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1: 2}, {"a": print}])
def test_what_json_does_not_know_is_an_error(value: Any) -> None:
    with pytest.raises(ExpressionError, match="json: unsupported"):
        to_json(value)


def _double(_: Any, arguments: Any) -> Any:
    if len(arguments) != 1:
        raise ExpressionError("double takes one argument")
    return arguments[0] * 2


FUNCTIONS = {"double": Function("double", _double), "tools": {"double": Function("tools.double", _double)}}


def test_functions_of_the_environment_are_called_with_floats() -> None:
    environment = {**ENVIRONMENT, **FUNCTIONS}
    assert value_of("double(payload.n)", environment) == 6.0
    assert type(value_of("double(payload.n)", environment)) is float
    assert value_of("tools.double('ab') | upper()", environment) == "ABAB"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 + double()", "double takes one argument"),
        ("1 + tools.nope(1)", "invalid operation: cannot call nil"),
        ("1 + payload.n(1)", "invalid operation: cannot call non-function of type int"),
    ],
)
def test_what_fails_in_a_function_stands_where_it_is_called(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value_of(source, {**ENVIRONMENT, **FUNCTIONS})
    assert (caught.value.message, (caught.value.column or 0) > 4) == (message, True)


def test_any_mapping_is_an_environment() -> None:
    assert value_of("payload.n + extra", ChainMap({"extra": 1}, ENVIRONMENT)) == 4


def test_evaluation_leaves_the_environment_as_it_was() -> None:
    before = to_json(PAYLOAD)
    value_of("sort(payload.list, 'desc'); concat(payload.list, [9]); reverse(payload.list); [payload.map]")
    assert to_json(PAYLOAD) == before
