"""What people read when an expression is wrong."""

import pytest

from triggerfish import expressions
from triggerfish.errors import ExpressionError

NAMES = ("namespace", "discriminator", "metadata", "payload")
PAYLOAD = {
    "ref": "refs/heads/main",
    "n": 3,
    "list": [1, 2],
    "none": None,
    "commits": [{"id": "a"}, {"id": None}],
}
ENVIRONMENT = {"payload": PAYLOAD, "metadata": {}, "discriminator": "d", "namespace": "n"}


def error_of(source: str, *, names: tuple[str, ...] | None = NAMES) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        expressions.compile(source, names=names).evaluate(ENVIRONMENT)
    return caught.value


@pytest.mark.parametrize(
    ("source", "message", "place"),
    [
        pytest.param(
            "payloda.ref", 'unknown name payloda, did you mean "payload"?', (1, 1), id="a near miss"
        ),
        pytest.param("1 +", "unexpected end of expression", (1, 4), id="nothing after an operator"),
        pytest.param("payload.ref 1", 'unexpected token "1"', (1, 13), id="something after the end"),
        pytest.param('"abc', "literal not terminated", (1, 1), id="an open string"),
        pytest.param("'\\q'", "invalid char escape", (1, 2), id="no such escape"),
        pytest.param("1 + @", "unrecognized character: U+0040 '@'", (1, 5), id="no such character"),
        pytest.param("1abc", 'bad number syntax: "1a"', (1, 2), id="letters after a number"),
        pytest.param("99999999999999999999", "99999999999999999999 is too large", (1, 1), id="a large int"),
        pytest.param("/* x", "unclosed comment", (1, 1), id="an open comment"),
        pytest.param("filter(payload.list)", "filter takes at least 2 arguments", (1, 20), id="no closure"),
        pytest.param(
            "filter([1], # > 0; 1)", "wrap the predicate in braces: { and }", (1, 18), id="closure ;"
        ),
        pytest.param("count([1], #index > 0)", "unknown pointer #index", (1, 12), id="no index there"),
        pytest.param("let len = 1; len", "cannot redeclare builtin len", (1, 5), id="a builtin hidden"),
        pytest.param("let a = 1; let a = 2; a", "cannot redeclare variable a", (1, 16), id="hidden"),
        pytest.param("1 + 'a'", "invalid operation: + (mismatched types int and string)", (1, 3), id="types"),
        pytest.param(
            "a ?? b + 1", "+ and ?? cannot be mixed: put one of them into parentheses", (1, 8), id="?? and +"
        ),
        pytest.param("'a' matches '('", "error parsing regexp: missing ): (", (1, 13), id="no pattern"),
        pytest.param("upper()", "too few arguments to call upper", (1, 1), id="too few arguments"),
        pytest.param("upper(1)", "cannot use int as argument (type string) to call upper", (1, 1), id="type"),
        pytest.param("1 % 0", "integer divide by zero", (1, 3), id="by 0"),
        pytest.param(
            "payload.none.name",
            "cannot fetch name from <nil>",
            (1, 14),
            id="a member of nil",
        ),
        pytest.param("payload.list[5]", "index out of range: 5 (array length is 2)", (1, 13), id="an index"),
        pytest.param("payload.ref + payload.n", "invalid operation: string + float64", (1, 13), id="a sum"),
        pytest.param(
            "any(payload.commits,\n  .id startsWith 'a' && .id.x == 1)",
            "cannot fetch x from string",
            (2, 29),
            id="in a closure, on the second line",
        ),
        pytest.param(
            "payload.n && payload.n", "interface conversion: interface {} is int, not bool", (1, 11), id="int"
        ),
        pytest.param(
            "now()", "now() has no answer here: this evaluation was given no time (now=...)", (1, 1), id="now"
        ),
        pytest.param("date('x')", "invalid date x", (1, 1), id="no date"),
        pytest.param(
            "payload.ref()", "invalid operation: cannot call non-function of type string", (1, 9), id="a call"
        ),
        pytest.param("payload.nope()", "invalid operation: cannot call nil", (1, 9), id="nil called"),
    ],
)
def test_an_error_says_what_and_where(source: str, message: str, place: tuple[int, int]) -> None:
    error = error_of(source)
    assert (error.message, (error.line, error.column)) == (message, place)


def test_a_name_that_is_unknown_only_when_evaluating_is_suggested_too() -> None:
    error = error_of("1 == payloda", names=None)
    assert str(error) == 'unknown name payloda, did you mean "payload"? (1:6)\n | 1 == payloda\n |      ^'


def test_the_caret_stands_under_the_place_on_its_line() -> None:
    assert str(error_of("payload.n == 1 ||\n\tpayload.none.x")).splitlines()[1:] == [
        " | \tpayload.none.x",
        " | \t             ^",
    ]


def test_an_unknown_dialect_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="it is expr or cel"):
        expressions.compile("1", "jq")


def test_the_types_of_a_known_environment_are_checked() -> None:
    with pytest.raises(ExpressionError, match="mismatched types string and int"):
        expressions.compile("namespace == 1", names=ENVIRONMENT)
    assert expressions.compile("namespace == 1", names=ENVIRONMENT.keys()).evaluate(ENVIRONMENT) is False
