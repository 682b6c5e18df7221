"""``jsonpath()`` answers as evilmonkeyinc/jsonpath v0.8.1, the library that Argo calls.

jsonpath.jsonl are expressions over deep.json as Argo's environment answered them; jsonpath-more.jsonl are
generated paths that the library itself was asked about.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expressions.test_vectors import same

from triggerfish import expressions
from triggerfish.errors import ExpressionError
from triggerfish.expressions import metadata_environment, to_json
from triggerfish.expressions.callables import COST_LIMIT, CallContext
from triggerfish.expressions.jsonpath.query import PATH_LIMIT, jsonpath, values
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.sprig.companions import COMPANIONS

VECTORS = Path(__file__).parent.parent / "vectors"
ENVIRONMENT = metadata_environment(json.loads((VECTORS / "deep.json").read_text()))
ROWS, MORE = (
    [
        pytest.param(row, id=f"{name}-{number}")
        for number, row in enumerate(map(json.loads, (VECTORS / f"{name}.jsonl").read_text().splitlines()), 1)
    ]
    for name in ("jsonpath", "jsonpath-more")
)


def find(document: Any, path: str) -> Any:
    return jsonpath(CallContext(), json.dumps(document), path)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_answers_as_argo(row: dict[str, Any]) -> None:
    program = expressions.compile(row["src"], names=ENVIRONMENT)
    if "out" not in row:
        with pytest.raises(ExpressionError):
            program.evaluate(ENVIRONMENT)
    else:
        assert same(json.loads(to_json(program.evaluate(ENVIRONMENT))), row["out"])


@pytest.mark.parametrize("row", MORE)
def test_every_path_answers_as_the_library(row: dict[str, Any]) -> None:
    if "out" not in row:
        with pytest.raises((ExpressionError, Failure)):
            jsonpath(CallContext(), row["document"], row["path"])
    else:
        assert jsonpath(CallContext(), row["document"], row["path"]) == row["out"]


BOOKS = {
    "books": [
        {"title": "A", "price": 8, "tags": ["x"]},
        {"title": "B", "price": 12},
        {"title": "C", "price": 22.5, "isbn": "0-1"},
    ],
    "max": 12,
    "x-y": 5,
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("$.books[0].title", "A", id="one place gives its value"),
        pytest.param("$.books[*].isbn", ["0-1"], id="a list leaves out where nothing is found"),
        pytest.param("$.books[?(@.price > 8)].title", ["B", "C"], id="a filter"),
        pytest.param("$.books[?(@.price > $.max)].title", ["C"], id="a filter that asks the root"),
        pytest.param("$.books[?(@.isbn)].title", ["C"], id="existence"),
        pytest.param("$.books[?(!@.isbn)].title", [], id="! of what is not there fails, so nothing is kept"),
        pytest.param(
            "$.books[?(@.title == 'A' || @.price == 12)].title", ["A", "B"], id="both sides have it"
        ),
        pytest.param(
            "$.books[?(@.isbn == '0-1' || @.price < 9)].title", ["C"], id="a side that fails drops it"
        ),
        pytest.param("$.books[?(@.title =~ '^[AB]$')].title", ["A", "B"], id="a regular expression"),
        pytest.param("$.books[?(@.title in ['A'])].title", [], id="in: texts of JSON have no quotes"),
        pytest.param("$.books[?(@.price in [8, 12])].title", ["A", "B"], id="in: numbers"),
        pytest.param("$.books[(@.length-1)].title", "C", id="a script"),
        pytest.param("$.books[(@.length-1),0].title", ["C", "A"], id="a script in a union"),
        pytest.param("$.books[1:].price", [12, 22.5], id="a range"),
        pytest.param("$.books[::-1].title", ["C", "B", "A"], id="a range from the end"),
        pytest.param("$.books[0:2][1].title", "B", id="an index of what a range gives"),
        pytest.param("$.books[*][0]", [], id="an index of each that a wildcard gives"),
        pytest.param(
            "$.books[0]['title','price','none']", ["A", 8], id="a union leaves out what is not there"
        ),
        pytest.param("$..tags", ["x"], id="everywhere: a list gives its elements"),
        pytest.param("$.books.length", 3, id="the length of a list"),
        pytest.param("$.x-y", 5, id="a name with a hyphen"),
        pytest.param("$.books[?(@.price == 8)][0].title", "A", id="an index of what a filter keeps"),
    ],
)
def test_what_a_path_finds(path: str, found: Any) -> None:
    assert find(BOOKS, path) == found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("$.nope", "'nope' not found", id="no such key"),
        pytest.param("$.books[9]", "out of range", id="no such index"),
        pytest.param("$.max.length", "length: expected a list", id="a number has no length"),
        pytest.param("books", "unexpected token 'b'", id="a path starts with $"),
        pytest.param("$.books[?(@.price % 0 == 1)]", "divide by zero", id="what Go panics on is no mismatch"),
        pytest.param("$.books[?@.isbn]", "not a filter", id="a filter has parentheses"),
        pytest.param("$.", "empty", id="a step is missing"),
        pytest.param("$." + "a" * PATH_LIMIT, "longer than", id="a long path"),
    ],
)
def test_what_a_path_fails_with(path: str, reason: str) -> None:
    with pytest.raises((ExpressionError, Failure)) as raised:
        find(BOOKS, path)
    assert reason in raised.value.message


def test_a_length_is_an_int_and_a_number_of_the_document_is_not() -> None:
    evaluate = lambda source: expressions.compile(source).evaluate(metadata_environment({}))  # noqa: E731
    assert evaluate('sprig.typeOf(jsonpath("[1]", "$.length"))') == "int64"
    assert evaluate('sprig.typeOf(jsonpath("[1]", "$[0]"))') == "float64"


WIDE = json.dumps([{"n": number, "s": f"x{number}", "l": [1, 2, 3]} for number in range(1_000)])
DEEP = "[" * 190 + "]" * 190


@pytest.mark.parametrize(
    ("document", "path"),
    [
        pytest.param(WIDE, "$......*", id="everywhere below everywhere"),
        pytest.param(WIDE, "$[?($..n)]", id="a search in a filter"),
        pytest.param(WIDE, "$[?(@ == $)]", id="a document as text, for each element"),
        pytest.param(WIDE, "$[?(@ in $)]", id="a list looked through, for each element"),
        pytest.param(WIDE, "$[?(@.s =~ @.s)]", id="a pattern compiled for each element"),
        pytest.param("[]", f"$[?({'a!' * 400}@)]", id="an expression that is cut again and again"),
        pytest.param(DEEP, "$..........", id="a deep document"),
        pytest.param(DEEP, f"$[?({'@[?(' * 150}1{')]' * 150})]", id="filters within filters"),
    ],
)
def test_what_costs_much_is_stopped(document: str, path: str) -> None:
    context = CallContext()
    with pytest.raises(ExpressionError, match="too much"):
        COMPANIONS["jsonpath"].call(context, [document, path])
    assert context.spent < 2 * COST_LIMIT


def test_what_costs_much_is_charged_again_though_the_path_is_known() -> None:
    spent = []
    for _ in range(2):
        context = CallContext()
        jsonpath(context, "[1, 2]", "$[?(@ > 1 && @ < 3)]")
        spent.append(context.spent)
    assert spent[0] == spent[1] > 300


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.books[?(@.title=='B')].price", [12]),
        ("$.max", [12]),
        ("$.nope", []),
        ("$[", []),
        ("$.books[9]", []),
    ],
)
def test_the_values_of_a_path(path: str, found: list[Any]) -> None:
    assert values(BOOKS, path) == found


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)
PIECES = [
    *"$@.a*[]()'\"0:,!<+-% \\é\ud800",
    "..",
    "?(",
    "-1",
    "==",
    "&&",
    "||",
    "=~",
    "in",
    "**",
    "nil",
    "length",
]
paths = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@given(json_values, paths)
def test_any_path_ends_in_a_value_or_an_error(document: Any, path: str) -> None:
    try:
        found = jsonpath(CallContext(), json.dumps(document), "$" + path)
    except (ExpressionError, Failure):
        return
    json.dumps(found)
