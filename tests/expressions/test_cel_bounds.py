"""CEL's bounds: no program and no payload takes more than they allow, and each says which it is."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.expressions.hostile_cel import PAYLOAD, PROGRAMS

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, to_json
from triggerfish.expressions.cel.functions import GLOBALS
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.results import plain


def outcome(source: str) -> str:
    """The message of the error, or the name of the value's type."""
    try:
        value = expressions.compile(source, "cel").evaluate(PAYLOAD)
    except ExpressionError as error:
        return error.message
    return type(value).__name__


def test_hostile_programs_end_in_a_value_or_an_expression_error() -> None:
    outcomes = {source: outcome(source) for source in PROGRAMS[::17] + PROGRAMS[-30:]}
    assert len(outcomes) > 60
    assert not [source for source, message in outcomes.items() if "internal" in message]


@pytest.mark.soak
def test_every_hostile_program_ends_in_a_value_or_an_expression_error() -> None:
    outcomes = {source: outcome(source) for source in PROGRAMS}
    assert not [source for source, message in outcomes.items() if "internal" in message]


def doubled(start: str, made: str, times: int) -> str:
    """A value that is made of the one before it, again and again."""
    for number in range(times):
        name = f"a{number}"
        start = f"cel.bind({name}, {start}, {made.replace('#', name)})"
    return start


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        pytest.param("1" + "+1" * 10_000, "characters of source", id="a long source"),
        pytest.param("[" + "a,a.b,-a," * 1_700 + "]", "tokens", id="many tokens"),
        pytest.param("(" * 1_000 + "1" + ")" * 1_000, "nested brackets", id="parentheses"),
        pytest.param("[" * 1_000 + "]" * 1_000, "nested brackets", id="lists"),
        pytest.param("a" + ".b" * 3_000, "nested operators and calls", id="a chain of members"),
        pytest.param("+".join(["1"] * 500), "nested operators and calls", id="a long sum"),
        pytest.param("!" * 500 + "true", "nested operators and calls", id="many signs"),
        pytest.param("true ? 1 : " * 500 + "1", "nested operators and calls", id="choices"),
        pytest.param("+".join(["1"] * 110), "nested operators and calls", id="a sum, just above"),
        pytest.param(
            "lists.range(1000).map(i, lists.range(1000).map(j, j))", "evaluation steps", id="a loop in a loop"
        ),
        pytest.param(
            "lists.range(9000).exists(i, i / 0 == 1)", "evaluation steps", id="failures that do not count"
        ),
        pytest.param(
            "lists.range(2500).exists(i, i / 0 == 1 || i / 0 == 2)", "evaluation steps", id="nor in an or"
        ),
        pytest.param(
            "lists.range(100).map(i, payload.text.contains('y'))", "evaluation steps", id="long texts read"
        ),
        pytest.param(
            "lists.range(1000).map(i, 'a'.matches(string(i) + '[a-z]{1,5}'))",
            "evaluation steps",
            id="patterns that are made",
        ),
        pytest.param("[" * 60 + "payload.deep" + "]" * 60, "nested", id="a deep result"),
        pytest.param(doubled("'aa'", "# + #", 40), "characters in one text", id="a text that doubles"),
        pytest.param(doubled("[1]", "# + #", 40), "elements in one list", id="a list that doubles"),
        pytest.param(doubled("[1]", "[#, #]", 40), "evaluation steps", id="a result that doubles"),
        pytest.param(
            f"{doubled('[1]', '[#, #]', 40)}.marshalJSON()", "evaluation steps", id="JSON that doubles"
        ),
        pytest.param("lists.range(200001)", "elements in one list", id="a range"),
        pytest.param("payload.text.replace('', payload.text)", "characters in one text", id="replace"),
        pytest.param("payload.words.map(w, payload.text).join()", "characters in one text", id="join"),
        pytest.param("'a'.matches(payload.text)", "characters in a regular", id="a long pattern"),
    ],
)
def test_a_bound_names_itself(source: str, bound: str) -> None:
    message = outcome(source)
    assert message.startswith("too much: an expression may take no more than")
    assert bound in message


def test_a_bound_is_no_error_that_an_or_passes_over() -> None:
    loop = "lists.range(1000).map(i, lists.range(1000).map(j, j)) == []"
    for source in (f"{loop} || true", f"true && [1].exists(x, {loop} || true)", f"{loop} ? 1 : 2"):
        assert "evaluation steps" in outcome(source)
    large = "lists.range(200001) == []"
    for source in (f"payload.nope == 1 || {large} || true", f"[1, 2].exists(x, x == 2 || {large})"):
        assert "elements in one list" in outcome(source)


def test_a_result_of_the_payload_is_bounded_too() -> None:
    program = expressions.compile("payload", "cel")
    assert program.evaluate({"payload": [[0] * 1000] * 199}) == [[0] * 1000] * 199
    with pytest.raises(ExpressionError, match="200000 elements in one value"):
        program.evaluate({"payload": [[0] * 1000] * 200})


def test_a_long_chain_of_conditions_is_no_nesting() -> None:
    assert outcome(" && ".join(["payload.numbers[0] == 0"] * 400)) == "bool"


TOKENS = (
    "payload metadata .ref .words .map(x, .exists(c, .all(i, .filter( ( ) [ ] { } , : ? && || ! - + * / % == "
    "!= < in 1 2u 0.5 'a' b'x' true null x c [? .? .`a-b` .orValue( optional.of( .transformMap(k, v, has( "
    "cel.bind(x, size( .truncate(1) .split('/') .join('') .parseJSON() .first() .format([ '%s' .sort() "
    "math.greatest( .flatten() timestamp( duration('1h') string( int( .substring(1) .sortBy(x, type( dyn( "
    "sets.contains( .matches( lists.range(3)"
)


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(st.lists(st.sampled_from(TOKENS.split(" ")), max_size=12).map("".join), st.text(max_size=30))
)
def test_any_text_gives_a_value_or_an_expression_error(source: str) -> None:
    environment = {"payload": {"ref": "a/b", "words": ["x", "y"]}, "metadata": {"x-a": ["b"]}}
    with suppress(ExpressionError):
        json.loads(to_json(expressions.compile(source, "cel").evaluate(environment)))
    with suppress(ExpressionError):
        expressions.compile(source, "cel").explain(environment)


leaves = st.sampled_from(
    ["payload.a", "payload.s", "payload.nope", "1", "0", "1.5", "2u", "'b'", "null", "true", "false", "[]",
     "payload.l", "payload.m", "1 / 0", "{}", "dyn(1)"]
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "+", "-", "*", "/", "==", "!=", "<", "in"]), inner).map(
            lambda each: f"({' '.join(each)})"
        ),
        inner.map(lambda each: f"!({each})"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} ? dyn({each[1]}) : dyn({each[2]}))"),
        st.tuples(inner, inner).map(lambda each: f"dyn({each[0]}).exists(x, dyn({each[1]}) == x)"),
        st.tuples(inner, inner).map(lambda each: f"cel.bind(y, {each[0]}, dyn(y) == {each[1]})"),
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
    ),
    max_leaves=10,
)


@settings(max_examples=500, deadline=None)
@given(values)
def test_the_fast_function_and_the_careful_one_agree(source: str) -> None:
    """What the fast one answers is the answer; where it fails, the careful one decides."""
    environment = {"payload": {"a": 2, "s": "b", "l": [1, "b", None], "m": {"b": 1}}}
    try:
        program = expressions.compile(source, "cel")
    except ExpressionError:
        return
    ours = _answer(lambda: program.evaluate(environment))
    assert not ours.startswith("internal"), source
    told = program.explain(environment)
    assert (to_json(told.value) if told.error is None else told.error) == ours
    if told.error is None:
        assert to_json(plain(Account(), program.value(environment))) == ours


def _answer(evaluate: Callable[[], Any]) -> str:
    """The JSON of the value, or the message."""
    try:
        return to_json(evaluate())
    except ExpressionError as error:
        return error.message


def test_showing_the_values_of_an_explanation_is_bounded_as_a_whole() -> None:
    source = " || ".join(["payload.list == payload.words"] * 45)
    told = expressions.compile(source, "cel").explain(PAYLOAD)
    shown = [part.error for condition in told.parts for part in condition.parts]
    assert shown[0] is None
    assert "evaluation steps" in str(shown[-1])


def test_calling_a_function_in_many_ways_leaves_nothing_behind() -> None:
    known = GLOBALS["math.greatest"]._known
    for count in range(1, 50):
        outcome(f"math.greatest({', '.join(['1'] * count)})")
    assert not known
