"""Every call pays for what it does: what is slow is stopped by the bound, whatever makes it slow."""

from datetime import UTC, datetime
from typing import Any

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, metadata_environment
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.sprig import FUNCTIONS, costs
from triggerfish.expressions.sprig.companions import COMPANIONS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PAYLOAD = {
    "text": "ab" * 50_000,
    "umlauts": "ä" * 100_000,
    "layout": "1 " * 500,
    "span": "1h" * 40_000,
    "lines": "\n" * 1_000_000,
    "nested": [[{"k": [1.5] * 50}] * 10] * 40,
    "floats": [1.5] * 3_000,
    "patterns": [f"(a|b){{{count}}}" for count in range(100, 400)],
    "json": "[" * 150 + "]" * 150,
}
ENVIRONMENT = metadata_environment({"payload": PAYLOAD})
#: A pattern whose states do not fit the memory that a pattern of the payload has.
DEAR = "((((a|b)?){10}){10}){5}X"


def evaluate(source: str) -> Any:
    return expressions.compile(source, names=ENVIRONMENT).evaluate(ENVIRONMENT, now=NOW)


def spent(name: str, *arguments: Any) -> int:
    """The cost of one call of sprig."""
    context = CallContext(NOW, b"")
    {**FUNCTIONS, **COMPANIONS}[name].call(context, list(arguments))
    return context.spent


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"payload.text matches 'x' + '{DEAR}'[0:]", id="a large pattern over a long text"),
        pytest.param("payload.text matches '(?:[ab]{1,50}){1,10}x' + ''", id="another, that is put together"),
        pytest.param("count(1..300, date('2026-11-23').Format(payload.layout) == '') > 0", id="long layouts"),
        pytest.param(
            "let d = date('2026-11-23'); count(1..4000, d.ISOWeek() == #) > 0", id="times taken apart"
        ),
        pytest.param("let d = date('2026-11-23'); count(1..4000, string(d) == '') > 0", id="times as texts"),
        pytest.param(
            "count(1..600, get(payload.umlauts, #) == nil) > 0", id="an index of text that is not ASCII"
        ),
        pytest.param("count(1..600, last(payload.umlauts) == nil) > 0", id="the last byte of such a text"),
        pytest.param("count(1..10, fromBase64(payload.lines) == 'x') > 0", id="line ends that are taken out"),
        pytest.param("map(1..2000, now().String())", id="now, written"),
        pytest.param("map(1..2000, sprig.semverCompare('^1.2.3', '1.2.4'))", id="versions compared"),
        pytest.param("map(1..2500, sprig.toDate('2006-01-02', '2026-11-23'))", id="dates read"),
        pytest.param("map(1..2500, sprig.date('2006-01-02', 0))", id="dates written"),
        pytest.param("map(1..2, sprig.dateModify(payload.span, now()))", id="a long duration"),
        pytest.param("map(1..20, sprig.sortAlpha(payload.floats))", id="numbers sorted as texts"),
        pytest.param("map(1..750, sprig.mustFromJson(payload.json))", id="deep JSON read"),
        pytest.param("map(payload.patterns, sprig.regexMatch(#, 'ab'))", id="many patterns"),
        pytest.param(f"sprig.regexMatch('{DEAR}', payload.text)", id="a large pattern"),
        pytest.param(
            "sprig.regexFindAll('(.*)(.*)(.*)(.*)b', repeat(payload.text, 4), -1)",
            id="groups of a long match",
        ),
    ],
)
def test_what_is_slow_is_stopped(source: str) -> None:
    with pytest.raises(ExpressionError, match="too much"):
        evaluate(source)


@pytest.mark.parametrize(
    "source",
    [
        "payload.text matches '^(ab)+$'",
        "payload.text matches '(?i)\\\\[skip ci\\\\]|x' == false",
        "map(1..200, sprig.regexReplaceAll('[^a-z0-9-]+', 'Feature/ABC_1', '-')) | len() == 200",
        "len(sprig.regexReplaceAll('a+', payload.text[0:2000], '-')) == 2000",
        "sprig.regexFind('(b)a$', payload.text + 'a') == 'ba'",
        "map(1..200, sprig.semverCompare('>=1.2.3', '1.2.' + string(#))) | len() == 200",
        "map(1..200, date('2026-11-23').Format('2006-01-02')) | len() == 200",
        "len(sprig.toJson(payload.nested)) > 1000",
        "len(jsonpath(sprig.toJson(payload.floats), '$[*]')) == 3000",
    ],
)
def test_what_is_usual_goes_through(source: str) -> None:
    assert evaluate(source) is True


def test_a_pattern_is_paid_for_once_in_an_evaluation_whatever_the_cache_holds() -> None:
    costs_of = []
    for _ in range(2):
        context = CallContext(NOW, b"")
        for _ in range(3):
            FUNCTIONS["regexMatch"].call(context, ["a{20}", "b"])
        costs_of.append(context.spent)
    assert costs_of[0] == costs_of[1]
    assert spent("regexMatch", "a{20}", "b") > 1_000
    assert costs_of[0] < 2 * spent("regexMatch", "a{20}", "b")


def test_the_table_of_costs_knows_the_functions_by_their_first_names() -> None:
    unknown = [name for name in costs.COSTS if name not in FUNCTIONS and name not in COMPANIONS]
    assert unknown == []


NESTED = PAYLOAD["nested"][:10]


@pytest.mark.parametrize("name", ["toDecimal", "toString", "toStrings", "quote", "squote", "cat"])
def test_values_within_values_are_paid_for(name: str) -> None:
    # A hundred maps of fifty numbers, each of which takes a microsecond to be written.
    assert spent(name, {"k": NESTED}) >= 100 * 50 * 20


def test_dear_functions_cost_more_than_a_call() -> None:
    plain = spent("upper", "a")
    assert spent("semverCompare", "^1", "1.2.3") > 10 * plain
    assert spent("toDate", "2006", "2026") > 10 * plain
    assert spent("htmlDate", 0) > 5 * plain
