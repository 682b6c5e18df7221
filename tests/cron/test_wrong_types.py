"""A value of another type is never "unset": for each field, each kind of value that it does not take."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.crons import RULES, cron, manifest

from triggerfish import annotations as keys
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import SpecError

TEXT, FLAG, NUMBER, OBJECT, LIST = "text", "flag", "number", "object", "list"

# Every field of the spec that is read here, by its path, and what it takes.
FIELDS = {
    ("timezone",): TEXT,
    ("schedule",): TEXT,
    ("schedules",): LIST,
    ("schedules", 0): TEXT,
    ("suspend",): FLAG,
    ("concurrencyPolicy",): TEXT,
    ("startingDeadlineSeconds",): NUMBER,
    ("successfulJobsHistoryLimit",): NUMBER,
    ("failedJobsHistoryLimit",): NUMBER,
    ("when",): TEXT,
    ("stopStrategy",): OBJECT,
    ("stopStrategy", "expression"): TEXT,
    ("stopStrategy", "condition"): TEXT,
    ("workflowSpec",): OBJECT,
    ("workflowMetadata",): OBJECT,
    ("workflowMetadata", "labels"): OBJECT,
    ("workflowMetadata", "labels", "team"): TEXT,
    ("workflowMetadata", "annotations"): OBJECT,
    ("workflowMetadata", "annotations", "note"): TEXT,
    ("workflowMetadata", "finalizers"): LIST,
    ("workflowMetadata", "finalizers", 0): TEXT,
}
KINDS = {
    TEXT: st.one_of(st.just(""), st.text(max_size=5)),
    FLAG: st.booleans(),
    NUMBER: st.one_of(st.just(0), st.integers(-5, 10**12)),
    OBJECT: st.one_of(st.just({}), st.dictionaries(st.text(max_size=3), st.booleans(), max_size=2)),
    LIST: st.one_of(st.just([]), st.lists(st.booleans(), max_size=2)),
    "float": st.one_of(st.just(0.0), st.floats(allow_nan=False, allow_infinity=False)),
}


def spec_with(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A spec in which nothing is wrong but the field at that path."""
    spec: dict[str, Any] = {"schedules": ["* * * * *"], "workflowSpec": {"entrypoint": "main"}}
    if path == ("schedule",):
        del spec["schedules"]
    for step in reversed(path[1:]):
        value = [value] if isinstance(step, int) else {step: value}
    spec[str(path[0])] = value
    return spec


def shown(path: tuple[str | int, ...]) -> str:
    text = f"spec.{path[0]}"
    for step in path[1:]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if step not in ("team", "note") else ""
    return text


def error(path: tuple[str | int, ...], value: Any) -> SpecError | None:
    body = manifest() | {"spec": spec_with(path, value)}
    return CronWorkflow.of(body, RULES).error


def of_another_type(taken: str) -> st.SearchStrategy[Any]:
    return st.one_of(*(values for kind, values in KINDS.items() if kind != taken))


@given(
    st.sampled_from(sorted(FIELDS, key=str)).flatmap(
        lambda path: st.tuples(st.just(path), of_another_type(FIELDS[path]))
    )
)
def test_a_value_of_another_type_is_an_error_that_names_the_field(case: tuple[Any, Any]) -> None:
    path, value = case
    found = error(path, value)
    assert found is not None
    assert found.field == shown(path)
    assert found.fix


@pytest.mark.parametrize("path", [path for path in FIELDS if not isinstance(path[-1], int)], ids=str)
def test_null_is_unset(path: tuple[Any, ...]) -> None:
    found = error(path, None)
    # Without a schedule, without an expression: that is what is wrong then, not the type.
    allowed = {
        ("schedule",): "there is none",
        ("schedules",): "there is none",
        ("stopStrategy", "expression"): "there is none",
        ("stopStrategy", "condition"): "there is none",
        ("workflowMetadata", "labels", "team"): "team: null is not a text",
        ("workflowMetadata", "annotations", "note"): "note: null is not a text",
    }
    assert (found.problem if found else None) == allowed.get(path)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"timezone": False}, "spec.timezone: false is not a text; YAML reads NO", id="NO"),
        pytest.param({"timezone": 0}, "spec.timezone: 0 is not a text; YAML makes a number", id="0"),
        pytest.param({"timezone": []}, "spec.timezone: [] is not a text", id="an empty list"),
        pytest.param(
            {"concurrencyPolicy": False},
            "spec.concurrencyPolicy: false is not a text; YAML reads NO, off and false as false: quote it",
            id="off",
        ),
        pytest.param({"concurrencyPolicy": 0}, "spec.concurrencyPolicy: 0 is not a text", id="policy 0"),
        pytest.param(
            {"stopStrategy": {"expression": False}},
            "spec.stopStrategy.expression: false is not a text; YAML reads",
            id="a stop expression without quotes",
        ),
        pytest.param({"stopStrategy": ""}, 'spec.stopStrategy: "" is not an object', id="a text"),
        pytest.param({"stopStrategy": {}}, "spec.stopStrategy.expression: there is none", id="no expression"),
        pytest.param(
            {"stopStrategy": {"expression": " "}}, "spec.stopStrategy.expression: there is none", id="blank"
        ),
        pytest.param({"when": True}, "spec.when: true is not a text; YAML reads YES", id="when: true"),
        pytest.param(
            {"when": {"{'cronworkflow.failed'": None}},
            "spec.when: {",
            id="{{ without quotes",
        ),
        pytest.param(
            {"suspend": ""}, 'spec.suspend: "" is not true or false; a text in quotes', id="suspend"
        ),
        pytest.param({"suspend": "no"}, 'spec.suspend: "no" is not true or false', id="suspend in quotes"),
        pytest.param({"suspend": 0}, "spec.suspend: 0 is not true or false", id="suspend 0"),
        pytest.param(
            {"startingDeadlineSeconds": ""},
            'spec.startingDeadlineSeconds: "" is not a whole number; a text in quotes',
            id="a deadline in quotes",
        ),
        pytest.param(
            {"startingDeadlineSeconds": False},
            "spec.startingDeadlineSeconds: false is not a whole number",
            id="a deadline of NO",
        ),
        pytest.param({"startingDeadlineSeconds": 1.5}, "1.5 is not a whole number", id="half a second"),
        pytest.param(
            {"schedules": ""}, 'spec.schedules: "" is not a list of texts; write one a line', id="no list"
        ),
        pytest.param(
            {"schedules": False}, "spec.schedules: false is not a list of texts", id="schedules: NO"
        ),
        pytest.param({"schedules": [5]}, "spec.schedules[0]: 5 is not a text", id="a number in the list"),
        pytest.param(
            {"schedules": [None]}, "spec.schedules[0]: null is not a text; it is empty", id="- alone"
        ),
        pytest.param({"workflowSpec": ""}, 'spec.workflowSpec: "" is not an object', id="no workflow spec"),
        pytest.param({"workflowSpec": []}, "spec.workflowSpec: [] is not an object", id="a list of a spec"),
        pytest.param({"workflowMetadata": False}, "spec.workflowMetadata: false is not an object", id="meta"),
        pytest.param(
            {"workflowMetadata": {"labels": {"debug": False}}},
            "spec.workflowMetadata.labels: debug: false is not a text; YAML reads NO, off and false",
            id="a label without quotes",
        ),
        pytest.param(
            {"workflowMetadata": {"finalizers": ""}},
            'spec.workflowMetadata.finalizers: "" is not a list',
            id="finalizers",
        ),
    ],
)
def test_the_likely_cause_is_said(spec: dict[str, Any], said: str) -> None:
    found = cron(**spec).error
    assert said in str(found)


@pytest.mark.parametrize("value", [False, 0, "", [], "spec"])
def test_a_spec_that_is_no_object(value: Any) -> None:
    found = CronWorkflow.of(manifest() | {"spec": value}, RULES).error
    assert found is not None
    assert found.field == "spec"


@pytest.mark.parametrize("value", [0, False, "x" * 100, {"a": "b" * 100}])
def test_a_long_value_is_cut(value: Any) -> None:
    found = cron(suspend=value).error if value is not False else None
    assert found is None or len(found.problem) < 100


def test_the_empty_text_is_unset_where_argo_has_it_so() -> None:
    # Helm templates write timezone: "" for a value that nobody gave, and Argo takes it.
    assert cron(timezone="", concurrencyPolicy="", when="", schedule="").error is None


def test_a_wrong_type_is_said_though_an_annotation_has_the_schedules() -> None:
    found = cron({keys.SCHEDULES: "0 5 * * *"}, schedules=False).error
    assert found is not None
    assert found.field == "spec.schedules"


def test_an_annotation_of_blank_lines_is_no_schedule() -> None:
    found = cron({keys.SCHEDULES: " \n \n"}, schedules=[]).error
    assert found is not None
    assert found.problem == "there is none"


@pytest.mark.parametrize(
    ("note", "value"),
    [
        (keys.EXACT, "yes"),
        (keys.EXACT, "True"),
        (keys.CATCH_UP, "off"),
        (keys.CATCH_UP_LIMIT, ""),
        (keys.CATCH_UP_LIMIT, "0"),
        (keys.PAUSE_AFTER_FAILURES, "off"),
        (keys.DIALECT, "EXPR"),
        (keys.ONCE_PER_DAY, "yes"),
        (keys.SCHEDULE_SYNTAX, "on"),
        (keys.JITTER, "off"),
        (keys.NOT_BEFORE, "false"),
        (keys.NOT_AFTER, "0"),
        (keys.AT, "[false]"),
        (keys.EXCLUDE, "off"),
    ],
)
def test_what_an_annotation_does_not_take_is_an_error_that_names_it(note: str, value: str) -> None:
    body = manifest()
    body["metadata"]["annotations"][note] = value
    found = CronWorkflow.of(body, RULES).error
    assert found is not None
    assert found.field == f"metadata.annotations[{note}]"


@pytest.mark.parametrize("value", [False, 0, 10, None, ["10"]])
def test_an_annotation_of_a_file_that_is_no_text(value: Any) -> None:
    body = manifest()
    body["metadata"]["annotations"][keys.JITTER] = value
    with pytest.raises(SpecError, match=r"metadata\.annotations.*jitter.* is not a text"):
        Timetable.of(body)


def test_a_thousand_schedules_and_no_more() -> None:
    texts = [f"{minute} {hour} * * *" for hour in range(24) for minute in range(60)]
    assert cron(schedules=texts[:1000]).error is None
    found = cron(schedules=texts[:1001]).error
    assert found is not None
    assert (found.field, found.problem) == ("spec.schedules[1000]", "1001 schedules; the most is 1000")
