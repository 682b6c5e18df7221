"""The function map by itself, without a dialect: arguments, bounds, purity."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.errors import ExpressionError
from triggerfish.expressions import metadata_environment
from triggerfish.expressions.callables import COST_LIMIT, CallContext
from triggerfish.expressions.sprig import FUNCTIONS
from triggerfish.expressions.sprig.companions import COMPANIONS

NOW = datetime(2026, 11, 23, 8, 15, 30, tzinfo=UTC)


def call(name, *arguments, seed=b"seed"):
    return FUNCTIONS[name].call(CallContext(now=NOW, seed=seed), arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param("repeat", (10**9, "a"), id="repeat"),
        pytest.param("repeat", (10**9, "ab"), id="repeat of more"),
        pytest.param("until", (10**12,), id="until"),
        pytest.param("untilStep", (0, 2**62, 1), id="untilStep"),
        pytest.param("seq", (1, 10**15), id="seq"),
        pytest.param("indent", (10**9, "a\nb"), id="indent"),
        pytest.param("nindent", (10**9, "a"), id="nindent"),
        pytest.param(
            "wrapWith", (1, "x" * 10_000, "y" * 10_000), id="wrapWith: the separator is written too"
        ),
        pytest.param("replace", ("", "x" * 10_000, "y" * 10_000), id="replace nothing, everywhere"),
        pytest.param("randAlphaNum", (10**9,), id="randAlphaNum"),
        pytest.param("randBytes", (10**9,), id="randBytes"),
        pytest.param("uniq", (list(range(5_000)),), id="uniq is quadratic"),
        pytest.param("without", (list(range(50_000)), *range(100)), id="without is a product"),
        pytest.param("join", ("x" * 10_000, list("a" * 1_000)), id="join"),
        pytest.param("regexReplaceAll", ("", "x" * 10_000, "y" * 10_000), id="replace every empty match"),
    ],
)
def test_no_call_makes_more_than_the_bound(name, arguments):
    with pytest.raises(ExpressionError, match=f"may cost {COST_LIMIT}"):
        call(name, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        pytest.param("trunc", ("abc", 3), "sprig.trunc: argument 1 must be int, not string", id="swapped"),
        pytest.param("trunc", (3.5, "abc"), "argument 1 must be int, not float64", id="a fraction is no int"),
        pytest.param("sub", (1,), "expected 2, got 1", id="too few"),
        pytest.param("upper", ("a", "b"), "expected 1, got 2", id="too many"),
        pytest.param("add1", (), "expected 1, got 0", id="none"),
        pytest.param(
            "substr", (5, 2, "abcdef"), "slice bounds out of range", id="bounds the wrong way round"
        ),
        pytest.param("div", (1, 0), "integer divide by zero", id="divide by zero"),
        pytest.param("env", ("HOME",), "does not see the function's environment", id="env"),
        pytest.param("getHostByName", ("localhost",), "no network", id="network"),
        pytest.param("genPrivateKey", ("rsa",), "makes no keys", id="keys"),
        pytest.param("regexFind", ("(", "x"), "error parsing regexp", id="a broken pattern"),
        pytest.param("fail", ("because",), "because", id="fail"),
    ],
)
def test_errors_name_the_function_and_the_reason(name, arguments, said):
    with pytest.raises(ExpressionError, match=said.replace("(", r"\(")):
        call(name, *arguments)


def test_a_whole_float_is_an_int_because_payload_numbers_are_floats():
    assert call("trunc", 3.0, "abcdef") == "abc"


def test_maps_of_the_environment_are_never_changed():
    given_map = {"a": 1, "b": {"c": 2}}
    assert call("set", given_map, "a", 9) == {"a": 9, "b": {"c": 2}}
    assert call("unset", given_map, "a") == {"b": {"c": 2}}
    assert call("mergeOverwrite", given_map, {"b": {"c": 3, "d": 4}}) == {"a": 1, "b": {"c": 3, "d": 4}}
    assert given_map == {"a": 1, "b": {"c": 2}}


def test_randomness_is_the_seed_alone_and_moves_on_with_each_call():
    context = CallContext(seed=b"seed")
    first, second = (FUNCTIONS["randAlphaNum"].call(context, (12,)) for _ in range(2))
    assert first != second
    assert call("randAlphaNum", 12) == first
    assert call("randAlphaNum", 12, seed=b"other") != first
    assert call("uuidv4")[14] == "4"


def test_the_metadata_environment_adds_the_functions_and_keeps_the_rest():
    environment = metadata_environment({"payload": {"a": 1}})
    assert environment["payload"] == {"a": 1}
    assert environment["sprig"]["upper"].call(CallContext(), ["a"]) == "A"
    assert {"asInt", "asFloat", "toJson"} <= environment.keys()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["1.2.3", "^1", "%Y", "a/b", "=", "$1", "(a)", "{}", "http://x:1/", "\udc80", "\ud800"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=2_000, deadline=None)
@given(name=st.sampled_from(sorted({**FUNCTIONS, **COMPANIONS})), arguments=st.lists(values, max_size=4))
def test_whatever_the_arguments_a_value_or_an_expression_error(name, arguments):
    context = CallContext(now=NOW, seed=b"seed")
    with suppress(ExpressionError):
        {**FUNCTIONS, **COMPANIONS}[name].call(context, arguments)
    assert context.spent >= 0
