"""No program and no payload takes more than the bounds allow, and each bound says which it is."""

import json
import tracemalloc
from datetime import UTC, datetime

import pytest
from tests.expressions.hostile import PAYLOAD, PROGRAMS

from triggerfish import expressions
from triggerfish.expressions import ExpressionError

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def outcome(source: str) -> str:
    """The message of the error, or the name of the value's type."""
    try:
        value = expressions.compile(source).evaluate(PAYLOAD, now=NOW)
    except ExpressionError as error:
        return error.message
    return type(value).__name__


def test_hostile_programs_end_in_a_value_or_an_expression_error() -> None:
    outcomes = {source: outcome(source) for source in PROGRAMS[::7] + PROGRAMS[-60:]}
    assert len(outcomes) > 100
    assert not [source for source, message in outcomes.items() if "internal" in message]


@pytest.mark.soak
def test_every_hostile_program_ends_in_a_value_or_an_expression_error() -> None:
    outcomes = {source: outcome(source) for source in PROGRAMS}
    assert len(outcomes) > 500
    assert not [source for source, message in outcomes.items() if "internal" in message]


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        pytest.param("1" + "+1" * 10_000, "characters of source", id="a long source"),
        pytest.param("[1]" + "[0]" * 5_300, "tokens", id="many tokens"),
        pytest.param("(" * 1_000 + ")" * 1_000, "levels of nesting", id="nested parentheses"),
        pytest.param("a" + ".b" * 3_000, "levels of nesting", id="a long chain of members"),
        pytest.param("map(1..1000, map(1..1000, #))", "evaluation steps", id="a loop in a loop"),
        pytest.param("payload.text | repeat(100) | len()", "characters in one string", id="repeat"),
        pytest.param("1..1000000000", "elements in one list", id="a range"),
        pytest.param("let a = 1..150000; concat(a, a)", "elements in one list", id="concat"),
        pytest.param(
            "reduce(1..60, #acc + #acc, 'aa')", "characters in one string", id="a string that doubles"
        ),
        pytest.param("reduce(1..60, [#acc, #acc], 1)", "elements in one value", id="a value that doubles"),
        pytest.param("reduce(1..5000, [#acc])", "nested lists and maps", id="a deep value"),
        pytest.param("toJSON(reduce(1..300, [#acc]))", "nested lists and maps", id="deep JSON"),
        pytest.param("fromJSON(repeat('[', 9000))", "nested lists and maps", id="deep JSON read"),
        pytest.param("'a' matches repeat('a?', 600)", "characters in a regular", id="a long pattern"),
    ],
)
def test_a_bound_names_itself(source: str, bound: str) -> None:
    message = outcome(source)
    assert message.startswith("too much: an expression may take no more than")
    assert bound in message


@pytest.mark.parametrize(
    "source",
    [
        "payload.__class__",
        "payload.text.__class__",
        "''.__class__",
        "[].append(1)",
        "{}.get('a')",
        "payload.keys()",
        "payload.text.upper()",
        "date('2026-11-23').__class__",
        "date('2026-11-23').seconds",
        "date('2026-11-23').plus(1)",
        "duration('1h').nanoseconds",
        "get(payload, '__class__')",
        "get(date('2026-11-23'), '__init__')",
        "$env?.__class__",
        "$env['__class__']",
        "get($env, 'get')",
        "__import__('os')",
        "env",
        "run",
        "fetch(1, 2)",
        "b_len(1)",
        "v1",
    ],
)
def test_nothing_of_python_is_reachable(source: str) -> None:
    try:
        value = expressions.compile(source).evaluate({"payload": {"text": "x"}}, now=NOW)
    except ExpressionError:
        return
    assert value is None


@pytest.mark.parametrize(
    ("dialect", "source"),
    [
        pytest.param("expr", "len(split(payload.s, ','))", id="split"),
        pytest.param("expr", "len(splitAfter(payload.s, ','))", id="splitAfter"),
        pytest.param("expr", "len(split(payload.s, ''))", id="characters"),
        pytest.param("expr", "len(sprig.splitList(',', payload.s))", id="splitList of sprig"),
        pytest.param("expr", "len(sprig.split(',', payload.s))", id="split of sprig"),
        pytest.param("cel", "payload.s.split(',').size()", id="CEL"),
        pytest.param("cel", "payload.s.split('').size()", id="characters in CEL"),
    ],
)
def test_parts_are_counted_before_they_are_made(dialect: str, source: str) -> None:
    text = "," * 250_000
    program = expressions.compile(source, dialect)
    environment = {"payload": {"s": text}}
    if "sprig" in source:
        environment = expressions.metadata_environment(environment)
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionError, match="too much: an expression may take no more than"):
            program.evaluate(environment, now=NOW)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(text) * 4


def test_a_whole_payload_can_be_written_as_a_parameter() -> None:
    payload = {"commits": [{"id": str(i), "message": "x" * 100, "n": i} for i in range(10_000)]}
    text = expressions.to_json(expressions.compile("payload").evaluate({"payload": payload}))
    assert json.loads(text) == payload


@pytest.mark.parametrize(
    "source",
    [
        "map(payload.l, payload)",
        "map(1..1000, payload.l)",
        "[map(1..1000, payload.l)]",
        "map(1..9, payload.l) | concat([1])",
        "payload.l | map({ let x = payload; x })",
        f"concat({', '.join(['payload.l'] * 9)})",
    ],
)
def test_a_result_that_repeats_the_payload_is_bounded(source: str) -> None:
    payload = {"l": [[{"a": n}, {"b": n}] for n in range(6_000)]}
    with pytest.raises(ExpressionError, match="elements in one value"):
        expressions.compile(source).evaluate({"payload": payload})
    # The payload itself, and parts of it, are no larger than they came.
    for part in ("payload", "filter(payload.l, true)", "payload.l[1:]", "[1, 2] == [1] ? 1 : payload"):
        expressions.compile(part).evaluate({"payload": payload})


def test_a_span_that_is_only_looked_into_makes_no_list() -> None:
    program = expressions.compile("payload.n in 1..9000000000000 && payload.n not in 6..9000000000")
    assert program.evaluate({"payload": {"n": 5}}) is True


def test_a_value_that_shares_itself_is_not_written_out() -> None:
    value: object = 1
    for _ in range(60):
        value = [value, value]
    with pytest.raises(ExpressionError, match="too much"):
        expressions.to_json(value)


def test_a_program_may_be_evaluated_again_after_it_failed() -> None:
    program = expressions.compile("map(1..payload.n, map(1..1000, #)) | len()")
    with pytest.raises(ExpressionError, match="evaluation steps"):
        program.evaluate({"payload": {"n": 100_000}})
    assert program.evaluate({"payload": {"n": 2}}) == 2
