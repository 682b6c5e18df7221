"""What Argo's own sprig (3.3.0), jsonpath and aliases answer over push.json, row by row.

sprig-more.jsonl was picked from generated calls with odd arguments on which both agreed, four a function and
one that fails: it guards against going back and measures nothing.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.expressions.test_vectors import same

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, metadata_environment, to_json

VECTORS = Path(__file__).parent.parent / "vectors"
ENVIRONMENT = metadata_environment(json.loads((VECTORS / "push.json").read_text()))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = [
    pytest.param(row, id=f"{path.stem}-{number}")
    for path in sorted(VECTORS.glob("sprig*.jsonl"))
    for number, row in enumerate(map(json.loads, path.read_text().splitlines()), 1)
]


def answer(source: str) -> Any:
    program = expressions.compile(source, names=ENVIRONMENT.keys())
    return json.loads(to_json(program.evaluate(ENVIRONMENT, now=NOW)))


@pytest.mark.parametrize("row", ROWS)
def test_every_row_answers_as_argo(row):
    if "out" not in row:
        with pytest.raises(ExpressionError):
            answer(row["src"])
    else:
        ours = answer(row["src"])
        assert same(ours, row["out"]), f"{row['src']} gives {ours!r}"


def test_a_list_that_go_never_made_is_null_but_has_a_length():
    source = 'sprig.regexFindAll("x", "abc", -1)'
    assert expressions.compile(source).evaluate(ENVIRONMENT) is None
    assert expressions.compile(f"len({source}) == 0").evaluate(ENVIRONMENT) is True


def test_the_time_is_an_argument():
    source = 'sprig.date("2006-01-02 15:04", sprig.now())'
    assert expressions.compile(source).evaluate(ENVIRONMENT, now=NOW) == "2026-11-23 12:00"


def test_the_error_stands_at_the_call():
    with pytest.raises(ExpressionError) as raised:
        expressions.compile('"a" + sprig.trunc("abc", 3)').evaluate(ENVIRONMENT)
    assert str(raised.value).splitlines()[0].startswith("sprig.trunc: argument 1 must be int, not string (1:")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('sprig.semver("v1.2.3-rc.1+b").Major()', 1),
        ('sprig.semver("v1.2.3-rc.1+b").Prerelease() + sprig.semver("1.2+b").Metadata()', "rc.1b"),
        ('sprig.semver("1.2.3").Compare(sprig.semver("1.3")) == -1', True),
        ('sprig.semver("1.2.3").LessThan(sprig.semver("1.3"))', True),
        ('sprig.semver("1.2.3").IncMinor().String()', "1.3.0"),
        ('sprig.semver("1.2.3-rc").IncPatch()', "1.2.3"),
        ('sprig.semver("1.2").IncMajor().Original()', "2.0.0"),
    ],
)
def test_a_version_has_its_methods(source, expected):
    assert answer(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('sprig.typeOf(sprig.mustFromJson("[42]")[0])', "float64"),
        ('sprig.toString(sprig.fromJson("16512345678"))', "1.6512345678e+10"),
        ('sprig.deepEqual(sprig.fromJson("1"), 1)', False),
        ('sprig.typeOf(jsonpath("[42]", "$[0]"))', "float64"),
    ],
)
def test_numbers_read_from_json_are_float64(source, expected):
    assert answer(source) == expected
