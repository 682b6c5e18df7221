"""Manifests as people write them, with what `lint`, `next` and `calendar` must say of each.

``tests/samples/crons`` has the files; their first lines say where they come from and what is right.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from triggerfish.cli.main import app

SAMPLES = Path(__file__).parent.parent / "samples" / "crons"


def sample(number: str) -> str:
    [found] = SAMPLES.glob(f"{number}-*.yaml")
    return str(found)


def lint(*paths: str) -> list[tuple[str, str, int]]:
    """(severity, rule, line) of each finding."""
    done = CliRunner().invoke(app, ["lint", *paths, "-o", "json", "--from", "2026-11-23"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return [(each["severity"], each["rule"], each["line"]) for each in json.loads(done.stdout)]


def slots(path: str, start: str, count: int = 3) -> tuple[int, list[str], str]:
    """Exit code, the slots in UTC, standard error."""
    arguments = ["next", path, "--from", start, "-c", str(count), "-o", "json"]
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, [f"{each['cron']} {each['slot']}" for each in json.loads(done.stdout)], done.stderr


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param("01", [("note", "no-template", 12)], id="a template that is not among them"),
        pytest.param("02", [("error", "spec-error", 10)], id="an empty workflowSpec"),
        pytest.param("20", [("error", "no-value", 10)], id="the template's parameter has no value"),
        pytest.param("13", [("error", "spec-error", 10)], id="timezone: NO"),
        pytest.param("16", [("error", "spec-error", 22)], id="the second of two has no zone"),
        pytest.param("17", [("note", "patch", 8)], id="a Kustomize patch is no whole manifest"),
        pytest.param("18", [("error", "duplicate-key", 10)], id="schedules twice"),
        pytest.param("19", [], id="101 schedules"),
        pytest.param("50", [], id="a name of 52 characters"),
        pytest.param("65", [], id="a step in a range of weekdays"),
    ],
)
def test_lint(number: str, expected: list[tuple[str, str, int]]) -> None:
    assert lint(sample(number)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("name: nightly\n  name: nightly", [("duplicate-key", 4)], id="a name twice"),
        pytest.param("name: 52", [("wrong-type", 3)], id="a name that is a number"),
        pytest.param("name: a\n  labels: {team: 7}", [("wrong-type", 4)], id="a label that is a number"),
        pytest.param("name: a\n  labels: [x]", [("wrong-type", 4)], id="labels that are a list"),
        pytest.param(
            "name: a\n  annotations:\n    triggerfish.dev/jitter: 5",
            [("ours-only", 5), ("wrong-type", 4)],
            id="an annotation that is a number",
        ),
        pytest.param("name: a\n  labels: {debug: NO}", [("wrong-type", 4)], id="a label that is NO"),
        pytest.param("name: a\n  finalizers: x", [("wrong-type", 4)], id="finalizers that are no list"),
        pytest.param("name: a\n  labels: &l {x: y}\n  annotations:\n    <<: *l\n    x: z", [], id="a merge"),
        pytest.param("name: a\n  labels: {1: one}", [], id="a key that is a number becomes a text"),
        pytest.param("name: a\n  namespace: null", [], id="null is unset"),
    ],
)
def test_metadata_of_any_kind(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    file = tmp_path / "cron.yaml"
    spec = 'spec:\n  schedules: ["0 5 * * *"]\n  workflowSpec: {entrypoint: m, templates: [{name: m}]}\n'
    file.write_text(f"kind: CronWorkflow\nmetadata:\n  {text}\n{spec}")
    assert sorted((rule, line) for _, rule, line in lint(str(file))) == sorted(expected)
    file.write_text(f"kind: WorkflowTemplate\nmetadata:\n  {text}\n")
    others = [each for each in expected if each[0] != "ours-only"]
    assert sorted((rule, line) for _, rule, line in lint(str(file))) == sorted(others)


def test_a_key_twice_deep_in_a_list_of_objects(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text(
        "kind: List\nitems:\n- kind: CronWorkflow\n  metadata: {name: a}\n  spec:\n"
        '    schedules: ["0 5 * * *"]\n    workflowSpec:\n      entrypoint: again\n      templates:\n'
        "      - name: main\n        name: again\n"
    )
    assert lint(str(file)) == [("error", "duplicate-key", 11)]


@pytest.mark.parametrize(
    ("spec", "patch"),
    [
        pytest.param("{suspend: true}", True, id="nothing but suspend"),
        pytest.param("{timezone: Europe/Berlin, concurrencyPolicy: Forbid}", True, id="zone and policy"),
        pytest.param("{}", False, id="an empty spec is no patch"),
        pytest.param("{workflowSpec: {entrypoint: main}}", False, id="without a schedule"),
        pytest.param('{schedules: ["0 5 * * *"]}', False, id="without a Workflow"),
    ],
)
def test_a_patch_says_neither_when_nor_what(tmp_path: Path, spec: str, patch: bool) -> None:
    file = tmp_path / "cron.yaml"
    file.write_text(f"kind: CronWorkflow\nmetadata: {{name: a}}\nspec: {spec}\n")
    found = [(severity, rule) for severity, rule, _ in lint(str(file))]
    assert (found == [("note", "patch")]) == patch
    assert any(severity == "error" for severity, _ in found) == (not patch)


@pytest.mark.parametrize(
    "listed", ["patches:\n- path: patches/cron.yaml", "patchesStrategicMerge:\n- patches/cron.yaml"]
)
def test_a_file_that_a_kustomization_names_is_a_patch(tmp_path: Path, listed: str) -> None:
    (tmp_path / "patches").mkdir()
    (tmp_path / "patches/cron.yaml").write_text(
        'kind: CronWorkflow\nmetadata: {name: a}\nspec: {schedules: ["0 5 * * *"]}\n'
    )
    (tmp_path / "kustomization.yaml").write_text(f"{listed}\n")
    assert lint(str(tmp_path)) == [("note", "patch", 3)]


@pytest.mark.parametrize(
    ("number", "start", "expected"),
    [
        pytest.param("54", "2026-01-01", ["july 2026-07-02T09:48:00Z"], id="2 July at 02:48 in Los Angeles"),
        pytest.param(
            "58", "2026-11-23T00:00:30", ["dup 2026-11-23T00:01:00Z"], id="four schedules, one instant"
        ),
        pytest.param("63", "2026-11-23", ["nz 2026-11-23T17:31:00Z"], id="NZ, hour 06"),
        pytest.param("65", "2026-11-23", ["step 2026-11-23T09:00:00Z"], id="Monday, Wednesday, Friday"),
        pytest.param("66", "2096-03-01", [], id="no 29 February within five years"),
    ],
)
def test_next(number: str, start: str, expected: list[str]) -> None:
    code, found, _ = slots(sample(number), start, 1)
    assert (code, found) == (0, expected)


def test_weekdays_with_a_step() -> None:
    _, found, _ = slots(sample("65"), "2026-11-23", 4)
    assert [each[5:15] for each in found] == ["2026-11-23", "2026-11-25", "2026-11-27", "2026-11-30"]


def test_next_of_a_file_with_one_wrong_shows_the_other_and_says_what_is_wrong() -> None:
    code, found, said = slots(sample("16"), "2026-11-23", 2)
    assert found == ["good 2026-11-23T05:00:00Z", "good 2026-11-24T05:00:00Z"]
    assert code == 1
    assert "triggerfish: bad: spec.timezone: unknown time zone 'GMT+3'; did you mean Etc/GMT-3" in said


def test_calendar_of_a_file_with_one_wrong_does_so_too() -> None:
    done = CliRunner().invoke(app, ["calendar", sample("16"), "--month", "2026-11", "-o", "json"])
    assert {tuple(each["names"]) for each in json.loads(done.stdout)} == {("good",)}
    assert done.exit_code == 1
    assert "bad: spec.timezone" in done.stderr


def test_next_of_a_file_in_which_all_are_wrong_is_one_error(tmp_path: Path) -> None:
    file = tmp_path / "cron.yaml"
    file.write_text("kind: CronWorkflow\nmetadata: {name: a}\nspec: {schedules: [x]}\n")
    done = CliRunner().invoke(app, ["next", str(file)])
    assert str(done.exception).startswith("a: spec.schedules[0]")
