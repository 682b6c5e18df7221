"""``when`` and ``stopStrategy``: Argo's answers, what works here though Argo fails, and the errors."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from triggerfish.cron.planning import conditions
from triggerfish.cron.planning.conditions import stop, stop_condition, tick_budget, when
from triggerfish.errors import ExpressionError
from triggerfish.expressions import TooCostly

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ROWS = [
    pytest.param(json.loads(line), id=f"when-{number}")
    for number, line in enumerate(
        (Path(__file__).parent.parent / "vectors" / "when.jsonl").read_text().splitlines(), 1
    )
]
CRON = {
    "metadata": {
        "name": "hourly",
        "namespace": "argo",
        "labels": {"team": "data", "app.kubernetes.io/name": "etl"},
        "annotations": {"n": "5", "note": 'it\'s "so"\nor \\not'},
    },
    "status": {"failed": 1, "succeeded": 3, "lastScheduledTime": "2026-11-23T08:00:00Z"},
}
NEW = {"metadata": {"name": "hourly", "namespace": "argo"}}

#: Rows on which Argo fails and we answer; each is in docs/differences.md.
WORKS_HERE = {
    '{{=cronworkflow.name == "other"}}': {False},
    "{{= cronworkflow.labels['team'] == 'data' }}": {False},
    "{{= asInt(cronworkflow.annotations.n) > 3 }}": {True},
    "'{{cronworkflow.labels.json}}' != ''": {True},
    "{{= cronworkflow.annotations.note == 'hello world' }}": {False},
}


def answer(row):
    judge = when if row["kind"] == "when" else stop
    return judge(row["src"], row["cron"], now=NOW)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_answers_as_argo_or_is_a_listed_difference(row):
    if "out" in row:
        assert answer(row) is row["out"]
    elif row["src"] in WORKS_HERE:
        assert answer(row) in WORKS_HERE[row["src"]]
    else:
        with pytest.raises(ExpressionError):
            answer(row)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("", True, id="none: every run"),
        pytest.param("  \n ", True, id="blank: every run"),
        pytest.param("'{{cronworkflow.name}}' == 'hourly'", True, id="a variable's text"),
        pytest.param("'{{ cronworkflow.namespace }}' == 'argo'", True, id="blanks in the braces"),
        pytest.param("{{cronworkflow.failed}} == 1", True, id="a number: Argo cannot"),
        pytest.param("'{{cronworkflow.labels.team}}' == 'data'", True, id="a label: Argo cannot"),
        pytest.param(
            "'{{cronworkflow.labels.app.kubernetes.io/name}}' == 'etl'", True, id="a label with dots"
        ),
        pytest.param("{{= cronworkflow.labels.team == 'data' }}", True, id="a label in an expression"),
        pytest.param("{{= cronworkflow.labels.nope == '' }}", True, id="a label that is not there"),
        pytest.param('{{= cronworkflow.name == "hourly" }}', True, id="double quotes in an expression"),
        pytest.param("{{= cronworkflow.lastScheduledTime.Hour() == 8 }}", True, id="methods of the time"),
        pytest.param(
            "{{= jsonpath(cronworkflow['labels.json'], '$.team') == 'data' }}", True, id="labels.json"
        ),
        pytest.param("{{= sprig.upper(cronworkflow.name) == 'HOURLY' }}", True, id="sprig"),
        pytest.param("'{{= cronworkflow.name }}' == 'hourly'", True, id="an expression that gives a text"),
        pytest.param("{{= 1 + 1 }} == 2 && !({{= false }})", True, id="several"),
        pytest.param("{{= now().Hour() }} == 8", True, id="the time is the argument"),
        pytest.param(
            "'{{cronworkflow.lastScheduledTime}}' > '2026-11-23'", True, id="a time's text is a time"
        ),
    ],
)
def test_when(template, expected):
    assert when(template, CRON, now=NOW) is expected


def test_a_text_between_quotes_cannot_end_them():
    note = CRON["metadata"]["annotations"]["note"]
    quoted = note.replace("\\", "\\\\").replace("'", "\\'")
    assert when("'{{cronworkflow.annotations.note}}' == '" + quoted + "'", CRON)
    doubled = note.replace("\\", "\\\\").replace('"', '\\"')
    assert when('"{{= cronworkflow.annotations.note }}" == "' + doubled + '"', CRON)
    hostile = {"metadata": {"name": "x", "labels": {"l": "' == '' || '' == '"}}}
    assert when("'{{cronworkflow.labels.l}}' == 'x'", hostile) is False


@pytest.mark.parametrize("kind", ["labels", "annotations"])
@pytest.mark.parametrize("cron", [CRON, {"metadata": {"name": "bare"}}], ids=["some", "none"])
def test_a_label_or_annotation_that_is_not_there_is_the_empty_text(kind, cron):
    assert when(f"'{{{{cronworkflow.{kind}.absent}}}}' == ''", cron)
    assert when(f"'{{{{cronworkflow.{kind}.example.com/absent}}}}' == ''", cron)
    assert when(f"{{{{= cronworkflow.{kind}['absent'] == '' }}}}", cron)


@pytest.mark.parametrize(
    ("template", "cron", "said", "column"),
    [
        pytest.param("{{cronworkflow.nope}} == 1", CRON, "has no value here", 3, id="no such variable"),
        pytest.param("{{cronworkflow.labels}} == 1", CRON, "has no value here", 3, id="all labels"),
        pytest.param("{{nope}} == 1", CRON, "is not known here", 3, id="another root"),
        pytest.param(
            "{{cronworkflow.lastScheduledTime}} == 1", NEW, "has no value", 3, id="before the first run"
        ),
        pytest.param(
            "true && {{= cronworkflow.name + }}", CRON, "unexpected", 33, id="the place in the template"
        ),
        pytest.param("{{= nil }}", CRON, "gives nil", 4, id="nil"),
        pytest.param("{{= cronworkflw.name }}", CRON, 'did you mean "cronworkflow"?', 5, id="a near miss"),
        pytest.param("true && {{cronworkflow.name", CRON, "has no '}}'", 9, id="unclosed"),
        pytest.param("1 == 1 && 2", CRON, "it is not a boolean", 8, id="a number where a boolean belongs"),
    ],
)
def test_errors_say_where(template, cron, said, column):
    with pytest.raises(ExpressionError) as raised:
        when(template, cron, now=NOW)
    assert said in raised.value.message
    assert raised.value.column == column


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("cronworkflow.succeeded >= 3", True, id="a counter"),
        pytest.param("cronworkflow.labels.team == 'data'", True, id="a label"),
        pytest.param("cronworkflow.nope == nil", True, id="what is not there is nil"),
        pytest.param("cronworkflow.labels.nope == ''", True, id="a label that is not there is empty"),
        pytest.param("cronworkflow.labels.nope == nil", False, id="a label that is not there is not nil"),
        pytest.param("'nope' in cronworkflow.annotations", False, id="a label that is not there is not in"),
        pytest.param("get(cronworkflow.labels, 'nope') == nil", True, id="get gives nil"),
        pytest.param("[cronworkflow.labels][0].nope == ''", True, id="nor is it when carried about"),
        pytest.param("type(cronworkflow.labels) == 'map'", True, id="labels are a map"),
        pytest.param("cronworkflow.annotations.nope + 'a' == 'a'", True, id="nor an annotation"),
        pytest.param("now() - cronworkflow.lastScheduledTime > duration('20m')", True, id="time since"),
    ],
)
def test_stop(expression, expected):
    assert stop(expression, CRON, now=NOW) is expected


def test_a_cron_without_status_has_run_never():
    assert stop("cronworkflow.failed == 0 && cronworkflow.succeeded == 0", NEW) is True
    assert stop("cronworkflow.lastScheduledTime == nil", NEW) is True


def test_the_older_condition_has_bare_counters():
    assert stop_condition("failed >= 1 && succeeded > 2", CRON) is True
    with pytest.raises(ExpressionError, match="unknown name failed"):
        stop("failed >= 1", CRON)


def test_a_status_that_is_no_time_is_an_error_and_not_a_crash():
    with pytest.raises(ExpressionError, match="not a time"):
        stop("true", {"status": {"lastScheduledTime": "yesterday"}})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            "cronworkflow.name == 'hourly' && cronworkflow.failed < 2", True, id="when is one expression"
        ),
        pytest.param("cronworkflow.labels['team'] == 'ops'", False, id="a label"),
        pytest.param(
            "cronworkflow.failed + 1 == 2 && cronworkflow.succeeded % 2 == 1", True, id="counts are ints"
        ),
        pytest.param("cronworkflow.lastScheduledTime < timestamp('2026-11-23T09:00:00Z')", True, id="a time"),
    ],
)
def test_cel(source, expected):
    assert when(source, CRON, dialect="cel", now=NOW) is expected
    assert stop(source, CRON, dialect="cel", now=NOW) is expected


def test_cel_gives_a_boolean_or_an_error():
    with pytest.raises(ExpressionError, match="must give true or false"):
        when("cronworkflow.name", CRON, dialect="cel")


@pytest.mark.parametrize("name", ["big", "json"])
def test_texts_that_are_filled_in_have_a_bound_before_they_are_put_together(name):
    """Four hundred times a megabyte would be held, and looked through, only to be refused."""
    source = " || ".join([f"'{{{{cronworkflow.annotations.{name}}}}}' == 'a'"] * 400)
    cron = {"metadata": {"name": "x", "namespace": "n", "annotations": {"big": "a" * 20_000}}}
    with pytest.raises(ExpressionError, match="longer than 16384 characters") as caught:
        when(source, cron)
    assert caught.value.position == 3, "it was not looked at any further"


def test_texts_of_the_object_are_paid_for_with_each_evaluation():
    cron = {"metadata": {"name": "x", "namespace": "n", "annotations": {"big": "a" * 1_000_000}}}
    budget = tick_budget()
    assert when("{{= true }}", cron, budget=budget)
    spent = tick_budget().left - budget.left
    assert spent > 1_000_000 >> 6
    budget.left = spent - 1
    with pytest.raises(TooCostly):
        when("{{= true }}", cron, budget=budget)


def test_programs_are_kept_up_to_a_bound_of_their_sources():
    """A thousand conditions of 15 kB would take a gigabyte as programs."""
    for number in range(60):
        source = f"cronworkflow.failed < {number + 1} && '{'x' * 10_000}' != ''"
        assert when(f"{{{{= {source} }}}}", CRON) is (number > 0)
    assert conditions._programs.characters <= 400_000
    assert len(conditions._programs._known) < 60


def test_a_short_program_is_compiled_once():
    before = conditions._programs.of("cronworkflow.failed == 7", "expr", frozenset({"cronworkflow"}))
    for number in range(500):
        stop(f"cronworkflow.failed == {number + 1000}", CRON)
    assert conditions._programs.of("cronworkflow.failed == 7", "expr", frozenset({"cronworkflow"})) is before
