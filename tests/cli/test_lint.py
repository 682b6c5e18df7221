"""`triggerfish lint`: each rule by the manifest that breaks it."""

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from triggerfish.cli.lint.checks import lint
from triggerfish.cli.lint.findings import as_sarif
from triggerfish.cli.lint.registry import CHECKS
from triggerfish.cli.main import app

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUNS = "\n  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}"


def cron(spec: str, *, metadata: str = "", workflow_spec: str = RUNS) -> str:
    return f"kind: CronWorkflow\nmetadata:\n  name: nightly{metadata}\nspec:\n  {spec}{workflow_spec}\n"


def binding(selector: str, submit: str = "{workflowTemplateRef: {name: build}}", metadata: str = "") -> str:
    return (
        f"kind: WorkflowEventBinding\nmetadata:\n  name: push{metadata}\nspec:\n  event:\n"
        f"    selector: {json.dumps(selector)}\n  submit: {submit}\n"
    )


TEMPLATE = """\
kind: WorkflowTemplate
metadata: {name: build}
spec:
  arguments:
    parameters: [{name: branch}, {name: depth, value: "1"}]
"""
WITH_BRANCH = (
    "{workflowTemplateRef: {name: build}, "
    "arguments: {parameters: [{name: branch, valueFrom: {event: payload.ref}}]}}"
)


def rules(*texts: str) -> list[tuple[str, int]]:
    found = lint([(f"{index}.yaml", text) for index, text in enumerate(texts)], CHECKS, NOW)
    return [(finding.rule.name, finding.place.line) for finding in found if finding.place.file == "0.yaml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(cron('schedules: ["30 1 * * *"]'), [], id="nothing is wrong"),
        pytest.param(cron('schedules: ["61 * * * *"]'), [("spec-error", 5)], id="a minute that is none"),
        pytest.param(
            cron('schedules:\n    - "0 0 * * *"\n    - "0 0 31 2 *"'),
            [("spec-error", 7)],
            id="31st of February",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]\n  timezone: Mars/Olympus'), [("spec-error", 6)], id="no such zone"
        ),
        pytest.param(
            cron('schedules: ["30 2 * * *"]\n  timezone: Europe/Berlin'),
            [("daylight-saving", 5), ("daylight-saving", 5)],
            id="in the gap in March, twice in October",
        ),
        pytest.param(
            cron('schedules: ["30 * * * *"]\n  timezone: Europe/Berlin'),
            [],
            id="every hour: nobody is surprised",
        ),
        pytest.param(
            cron('schedules: ["TZ=Europe/Berlin 30 12 * * *"]'), [], id="noon never changes, zone in the text"
        ),
        pytest.param(cron('schedules: ["0 0 13 * FRI"]'), [("either-day", 5)], id="the 13th or a Friday"),
        pytest.param(
            cron('schedules: ["0 0 */2 * MON"]'), [("either-day", 5)], id="a step above 1 is a restriction"
        ),
        pytest.param(cron('schedules: ["0 0 * * FRI"]'), [], id="Fridays"),
        pytest.param(cron('schedule: "0 0 * * *"'), [("deprecated", 5)], id="the field of 3.x"),
        pytest.param(
            cron('schedules: ["0 0 * * *"]\n  concurencyPolicy: Forbid'),
            [("unknown-field", 6)],
            id="misspelt",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]\n  concurrencyPolicy: Sometimes'),
            [("spec-error", 6)],
            id="no policy",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]', metadata='\n  annotations: {triggerfish.dev/cath-up: "all"}'),
            [("unknown-annotation", 4)],
            id="a misspelt annotation of ours",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]', metadata='\n  annotations: {triggerfish.dev/jitter: "5"}'),
            [("ours-only", 4)],
            id="Argo does not see it",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]\n  when: "{{= cronworkflow.failed == }}"'),
            [("condition", 6)],
            id="a condition that does not parse",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]\n  stopStrategy: {expression: "cronworkflow.failed"}'),
            [("condition", 6)],
            id="a stop condition that gives a number",
        ),
        pytest.param(
            cron('schedules: ["0 0 * * *"]', workflow_spec=""), [("no-workflow-spec", 4)], id="nothing to run"
        ),
        pytest.param("kind: CronWorkflow\nspec: [", [("unreadable", 2)], id="no YAML"),
        pytest.param("kind: Deployment\nmetadata: {}\n", [], id="another kind is left alone"),
    ],
)
def test_cron_workflows(text, expected):
    assert rules(text) == expected


@pytest.mark.parametrize(
    ("text", "others", "expected"),
    [
        pytest.param(binding("payload.ref != nil", WITH_BRANCH), [TEMPLATE], [], id="nothing is wrong"),
        pytest.param(
            binding("payload.ref ==", WITH_BRANCH), [TEMPLATE], [("binding-error", 6)], id="half a selector"
        ),
        pytest.param(
            binding("payloda.ref != nil", WITH_BRANCH), [TEMPLATE], [("binding-error", 6)], id="a near miss"
        ),
        pytest.param(binding("true", WITH_BRANCH), [], [("no-template", 7)], id="the template is elsewhere"),
        pytest.param(binding("true"), [TEMPLATE], [("no-value", 7)], id="a value is wanted"),
        pytest.param(
            binding("true", WITH_BRANCH.replace("name: branch", "name: brnach")),
            [TEMPLATE],
            [("no-parameter", 7), ("no-value", 7)],
            id="a parameter the template does not have",
        ),
        pytest.param(
            binding('metadata["x-github-event"] == ["pull_request"]', WITH_BRANCH),
            [TEMPLATE],
            [("strangers-pull-requests", 6)],
            id="anybody's pull request",
        ),
        pytest.param(
            binding("payload.pull_request.head.repo.fork == false", WITH_BRANCH),
            [TEMPLATE],
            [],
            id="gated by fork",
        ),
        pytest.param(
            binding("true", WITH_BRANCH, "\n  annotations: {triggerfish.dev/dialect: sql}"),
            [TEMPLATE],
            [("binding-error", 4)],
            id="no such dialect",
        ),
        pytest.param(
            binding("true", WITH_BRANCH, "\n  annotations: {triggerfish.dev/report: ci/build}"),
            [TEMPLATE],
            [],
            id="a report",
        ),
        pytest.param(
            binding("true", WITH_BRANCH, "\n  annotations: {triggerfish.dev/report: git.branch +}"),
            [TEMPLATE],
            [("binding-error", 4)],
            id="half a report",
        ),
        pytest.param(
            "kind: WorkflowEventBinding\nmetadata: {name: x}\nspec: {event: {selector: 'true'}}",
            [],
            [("submits-nothing", 3)],
            id="runs nothing",
        ),
        pytest.param(
            "kind: WorkflowEventBinding\nmetadata: {name: x}\nspec: 7",
            [],
            [("binding-error", 3)],
            id="no map",
        ),
    ],
)
def test_bindings(text, others, expected):
    assert rules(text, *others) == expected


def test_an_expression_s_error_stands_under_its_caret():
    found = lint([("a.yaml", binding("payload.ref == == 1", WITH_BRANCH))], CHECKS, NOW)
    assert any("^" in finding.message for finding in found)


def test_sarif_names_rule_file_and_line():
    log = as_sarif(lint([("a.yaml", cron('schedules: ["61 * * * *"]'))], CHECKS, NOW), version="1")
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "spec-error"
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("a.yaml", 5)
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["spec-error"]


def test_sarif_keeps_what_its_schema_asks():
    text = cron('schedules: ["61 * * * *"]\n  timezone: Nowhere')
    log = as_sarif(lint([("my crons/a.yaml", text), ("b.yaml", "a: [1")], CHECKS, NOW), version="1")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (log["version"], driver["name"]) == ("2.1.0", "triggerfish")
    known = {rule["id"] for rule in driver["rules"]}
    assert len(known) == len(driver["rules"])
    assert len(run["results"]) >= 2
    for result in run["results"]:
        assert result["ruleId"] in known
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        # A URI reference, so no blank; lines are counted from 1.
        assert place["artifactLocation"]["uri"] in ("my%20crons/a.yaml", "b.yaml")
        assert place["region"]["startLine"] >= 1


class TestCommand:
    def run(self, *arguments: str, text: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["lint", *arguments], input=text)
        return result.exit_code, result.stdout

    def test_the_zones_are_told_beside_the_findings(self):
        text = cron('schedules: ["0 12 * * *"]')
        assert CliRunner().invoke(app, ["lint", "-"], input=text).stderr.startswith("time zones 20")

    def test_standard_input(self):
        code, output = self.run("-", text=cron('schedules: ["61 * * * *"]'))
        assert code == 1
        assert "-:5 error CronWorkflow/nightly: spec.schedules[0]" in output
        assert "1 error" in output

    def test_nothing_wrong_is_exit_code_0(self):
        assert self.run("-", text=cron('schedules: ["0 12 * * *"]')) == (0, "nothing is wrong\n")

    def test_a_warning_fails_only_when_strict(self):
        text = cron('schedules: ["0 0 13 * FRI"]')
        assert (self.run("-", text=text)[0], self.run("-", "--strict", text=text)[0]) == (0, 1)

    def test_a_folder_is_searched(self, tmp_path):
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "a.yml").write_text(cron('schedules: ["61 * * * *"]'))
        code, output = self.run(str(tmp_path), "-o", "json")
        assert code == 1
        assert [each["file"] for each in json.loads(output)] == [str(tmp_path / "deep" / "a.yml")]

    @pytest.mark.parametrize("text", ["", "\n\n"])
    def test_a_check_of_nothing_is_exit_code_2(self, text):
        result = CliRunner().invoke(app, ["lint", "-"], input=text)
        assert (result.exit_code, result.stderr) == (2, "triggerfish: there is nothing to check in -\n")

    def test_a_finding_about_no_object_has_no_lonely_colon(self):
        assert "-:1 error not YAML" in self.run("-", text="a: [1")[1]

    def test_the_day_to_count_from(self):
        text = cron('schedules: ["30 2 * * *"]\n  timezone: Europe/Berlin')
        _, output = self.run("-", "--from", "2031-01-01", text=text)
        assert "2031-03-30 02:30 in Europe/Berlin does not exist" in output

    def test_a_file_that_is_not_there_is_exit_code_2(self, tmp_path):
        assert self.run(str(tmp_path / "nope.yaml"))[0] == 2
