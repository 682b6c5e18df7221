"""`triggerfish lint` finds what the API server or Argo would swallow without a word."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.calling import make
from typer.testing import CliRunner

from triggerfish.cli.lint.checks import lint
from triggerfish.cli.lint.findings import as_sarif
from triggerfish.cli.lint.registry import CHECKS
from triggerfish.cli.lint.runs import most_problems
from triggerfish.cli.main import app

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
API = "apiVersion: argoproj.io/v1alpha1\n"
RUNS = "  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}\n"


def found(*texts: str) -> list[tuple[str, str, str, str]]:
    """(severity, rule, field, message) of each finding, all files together."""
    files = [(f"{index}.yaml", text) for index, text in enumerate(texts)]
    return [
        (each.rule.severity.value, each.rule.name, each.place.field, each.message)
        for each in lint(files, CHECKS, NOW)
    ]


def cron(
    spec: str = 'schedules: ["0 5 * * *"]', metadata: str = "name: nightly", workflow: str = RUNS
) -> str:
    return f"{API}kind: CronWorkflow\nmetadata: {{{metadata}}}\nspec:\n  {spec}\n{workflow}"


def workflow_of(spec: str, **more: str) -> str:
    return cron(workflow=f"  workflowSpec: {spec}\n", **more)


def template(spec: str, name: str = "build", more: str = "", kind: str = "WorkflowTemplate") -> str:
    return f"{API}kind: {kind}\nmetadata: {{name: {name}{more}}}\nspec: {spec}\n"


def binding(name: str, parameter: str = "") -> str:
    arguments = f", arguments: {{parameters: [{{name: {parameter}, valueFrom: {{event: payload.x}}}}]}}"
    return (
        f"{API}kind: WorkflowEventBinding\nmetadata: {{name: push}}\n"
        "spec: {event: {selector: payload.x != nil}, submit: {workflowTemplateRef: "
        f"{{name: {name}}}{arguments if parameter else ''}}}}}\n"
    )


MAIN = "{entrypoint: main, templates: [{name: main, suspend: {}}]}"


@pytest.mark.parametrize(
    ("version", "kind", "expected"),
    [
        pytest.param(
            "argoproj.io/v1alpha1",
            "CronJob",
            [
                (
                    "unknown-kind",
                    "kind",
                    "there is no kind 'CronJob' in argoproj.io; did you mean CronWorkflow?",
                )
            ],
            id="the kind of Kubernetes",
        ),
        pytest.param(
            "argoproj.io/v1alpha1",
            "CronWorkflw",
            [("unknown-kind", "kind", "did you mean CronWorkflow?")],
            id="a letter is missing",
        ),
        pytest.param(
            "argoproj.io/v1alpha1",
            "cronworkflow",
            [("unknown-kind", "kind", "did you mean CronWorkflow?")],
            id="lower case",
        ),
        pytest.param(
            "argoproj.io/v1alpha1",
            "WorkflowEventBindings",
            [("unknown-kind", "kind", "did you mean WorkflowEventBinding?")],
            id="a plural",
        ),
        pytest.param(
            "argoproj.io/v1alpha1",
            "ClusterWorkflowTempalte",
            [("unknown-kind", "kind", "did you mean ClusterWorkflowTemplate?")],
            id="two letters change places",
        ),
        pytest.param(
            "argoproj.io/v1alpha1",
            "Zebra",
            [("unknown-kind", "kind", "there are ClusterWorkflowTemplate, CronWorkflow, Workflow,")],
            id="like none of them",
        ),
        pytest.param("argoproj.io/v1alpha1", '""', [("unknown-kind", "kind", "write one of")], id="no kind"),
        pytest.param(
            '""', "CronWorkfow", [("unknown-kind", "kind", "did you mean CronWorkflow?")], id="alone"
        ),
        pytest.param(
            "argoproj.io/v1",
            "CronWorkflow",
            [("unknown-version", "apiVersion", "write apiVersion: argoproj.io/v1alpha1")],
            id="another version",
        ),
        pytest.param(
            "argoproj.io/v1beta1",
            "WorkflowTemplate",
            [("unknown-version", "apiVersion", "there is no WorkflowTemplate in 'argoproj.io/v1beta1'")],
            id="a version of a template",
        ),
        pytest.param(
            "batch/v1",
            "CronWorkflow",
            [("unknown-version", "apiVersion", "write apiVersion: argoproj.io/v1alpha1")],
            id="another group",
        ),
        pytest.param(
            "v1alpha1",
            "WorkflowTemplate",
            [("unknown-version", "apiVersion", "write apiVersion: argoproj.io/v1alpha1")],
            id="no group",
        ),
        pytest.param(
            "argoprj.io/v1alpha1",
            "Workflow",
            [("unknown-version", "apiVersion", "write apiVersion: argoproj.io/v1alpha1")],
            id="a misspelt group",
        ),
        pytest.param(
            "argoprj.io/v1alpha1",
            "CronWorkfow",
            [
                ("unknown-kind", "kind", "did you mean CronWorkflow?"),
                ("unknown-version", "apiVersion", "did you mean argoproj.io/v1alpha1?"),
            ],
            id="both",
        ),
        pytest.param("argoproj.io/v1alpha1", "Sensor", [], id="of Argo Events"),
        pytest.param("argoproj.io/v1alpha1", "Application", [], id="of Argo CD"),
        pytest.param("argoproj.io/v1alpha1", "Rollout", [], id="of Argo Rollouts"),
        pytest.param("workflows.cnrm.cloud.google.com/v1", "Workflow", [], id="of another product"),
        pytest.param("apps/v1", "Deployment", [], id="of Kubernetes"),
        pytest.param("events.k8s.io/v1", "Event", [], id="almost an EventBus, in its own group"),
    ],
)
def test_kinds_and_versions(version: str, kind: str, expected: list[tuple[str, str, str]]) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n"
    said = [each for each in found(text) if each[1] in ("unknown-kind", "unknown-version")]
    assert [
        (severity, rule, field) for severity, rule, field, _ in sorted(said, key=lambda each: each[1])
    ] == [("error", rule, field) for rule, field, _ in expected]
    for (_, _, wanted), (_, _, _, message) in zip(
        expected, sorted(said, key=lambda each: each[1]), strict=True
    ):
        assert wanted in message


def test_what_has_neither_kind_nor_version_is_told_if_it_looks_like_a_manifest() -> None:
    assert [each[:2] for each in found("metadata: {name: a}\nspec: {}\n")] == [("note", "no-manifest")]
    assert found("replicas: 3\n") == []


@pytest.mark.parametrize(
    ("text", "field", "hint"),
    [
        pytest.param(
            cron('schedules: ["0 5 * * *"]\n  concurencyPolicy: Forbid'),
            "spec.concurencyPolicy",
            'did you mean "concurrencyPolicy"?',
            id="of the spec",
        ),
        pytest.param(
            cron("name: a", metadata="name: a", workflow="").replace("spec:", "sepc: {}\nspec:"),
            "sepc",
            'did you mean "spec"?',
            id="of the object",
        ),
        pytest.param(cron(metadata="name: a, label: {x: y}"), "metadata.label", '"labels"', id="metadata"),
        pytest.param(
            cron('schedules: ["0 5 * * *"]\n  stopStrategy: {expresion: "false"}'),
            "spec.stopStrategy.expresion",
            '"expression"',
            id="of the stop strategy",
        ),
        pytest.param(
            cron('schedules: ["0 5 * * *"]\n  entrypoint: main'),
            "spec.entrypoint",
            'did you mean "spec.workflowSpec.entrypoint"?',
            id="one level too high",
        ),
        pytest.param(
            workflow_of("{entrypoint: main, templates: [{name: main, contaner: {image: x}}]}"),
            "spec.workflowSpec.templates[0].contaner",
            '"container"',
            id="of a template",
        ),
        pytest.param(
            workflow_of("{entrypoint: main, templates: [{name: main, container: {imagee: x}}]}"),
            "spec.workflowSpec.templates[0].container.imagee",
            '"image"',
            id="of a container",
        ),
        pytest.param(
            workflow_of(
                "{entrypoint: main, templates: [{name: main, container: {env: [{name: A, valeu: x}]}}]}"
            ),
            "spec.workflowSpec.templates[0].container.env[0].valeu",
            '"value"',
            id="of an environment variable",
        ),
        pytest.param(
            workflow_of(
                "{entrypoint: main, templates: [{name: main, steps: [[{name: a, template: main, wen: x}]]}]}"
            ),
            "spec.workflowSpec.templates[0].steps[0][0].wen",
            '"when"',
            id="of a step",
        ),
        pytest.param(
            workflow_of(
                "{entrypoint: main, templates: "
                "[{name: main, dag: {tasks: [{name: a, inline: {scirpt: {}}}]}}]}"
            ),
            "spec.workflowSpec.templates[0].dag.tasks[0].inline.scirpt",
            '"script"',
            id="of an inline template",
        ),
        pytest.param(
            workflow_of(f"{MAIN[:-1]}, hooks: {{exit: {{tempalte: main}}}}}}"),
            "spec.workflowSpec.hooks.exit.tempalte",
            '"template"',
            id="in a map of hooks",
        ),
        pytest.param(
            template(f"{MAIN[:-1]}, retryStratgy: {{limit: 2}}}}"),
            "spec.retryStratgy",
            '"retryStrategy"',
            id="wft",
        ),
        pytest.param(
            template(f"{MAIN[:-1]}, podGc: {{}}}}", kind="Workflow"),
            "spec.podGc",
            '"podGC"',
            id="a Workflow's",
        ),
        pytest.param(
            template(
                f"{MAIN[:-1]}, volumes: [{{name: a, emptyDirr: {{}}}}]}}", kind="ClusterWorkflowTemplate"
            ),
            "spec.volumes[0].emptyDirr",
            '"emptyDir"',
            id="of a volume",
        ),
        pytest.param(
            binding("build").replace("selector:", "selectr: x, selector:"),
            "spec.event.selectr",
            '"selector"',
            id="of a binding",
        ),
        pytest.param(
            binding("build", "x").replace("valueFrom", "valuefrom: {}, valueFrom"),
            "spec.submit.arguments.parameters[0].valuefrom",
            '"valueFrom"',
            id="of a binding's parameter",
        ),
    ],
)
def test_misspelt_fields_at_every_level(text: str, field: str, hint: str) -> None:
    said = [each for each in found(text) if each[1] == "unknown-field" and each[2] == field]
    assert [each[0] for each in said] == ["warning"]
    assert hint in said[0][3]


def test_fields_of_old_and_new_versions_of_argo_are_known() -> None:
    old = (
        "{mutex: {name: a}, mutexes: [{name: a, database: true}], "
        "semaphore: {configMapKeyRef: {name: a, key: b}}}"
    )
    text = workflow_of(f"{MAIN[:-1]}, synchronization: {old}, podPriority: 1}}")
    text = text.replace("spec:\n", 'spec:\n  when: "true"\n  stopStrategy: {condition: "false"}\n', 1)
    assert [each for each in found(text) if each[1] == "unknown-field"] == []


def test_what_has_fields_of_its_own_is_left_alone() -> None:
    text = workflow_of(
        "{entrypoint: main, nodeSelector: {any: x}, templates: [{name: main, plugin: {hello: {}}, metadata: "
        '{labels: {a: "{{workflow.name}}"}}, resource: {action: create, manifest: "a: b"}}]}'
    )
    assert found(text) == []


def test_an_alias_of_itself_ends() -> None:
    text = workflow_of("{entrypoint: main, templates: &t [{name: main, steps: *t}]}")
    assert [each[:2] for each in found(text)] == [("error", "unreadable")]


@pytest.mark.parametrize(
    ("spec", "place", "message"),
    [
        pytest.param(
            "{entrypoint: mian, templates: [{name: main, suspend: {}}]}",
            "entrypoint",
            "template 'mian' is not defined; there is main",
            id="an entrypoint",
        ),
        pytest.param(
            "{templates: [{name: main}]}", "entrypoint", "name the template to begin with", id="none"
        ),
        pytest.param(f"{MAIN[:-1]}, onExit: bye}}", "onExit", "template 'bye' is not defined", id="on exit"),
        pytest.param(
            "{entrypoint: main, templates: [{name: main, steps: [[{name: a, template: gone}]]}]}",
            "templates[0].steps[0][0].template",
            "template 'main', step 'a': template 'gone' is not defined; there is main",
            id="a step's template",
        ),
        pytest.param(
            "{entrypoint: main, templates: [{name: main, dag: {tasks: [{name: a, template: main}, "
            "{name: b, template: gone}]}}]}",
            "templates[0].dag.tasks[1].template",
            "task 'b': template 'gone' is not defined",
            id="a task's template",
        ),
        pytest.param(
            "{workflowTemplateRef: {name: build}, arguments: {parameters: [{name: depth, value: 1}]}}",
            "arguments.parameters",
            "there is no value for branch; give a value",
            id="a parameter without a value",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["CronWorkflow", "Workflow"])
def test_what_could_not_run(kind: str, spec: str, place: str, message: str) -> None:
    text = workflow_of(spec) if kind == "CronWorkflow" else template(spec, name="w", kind=kind)
    path = "spec.workflowSpec" if kind == "CronWorkflow" else "spec"
    build = template(
        f"{MAIN[:-1]}, arguments: {{parameters: [{{name: branch}}, {{name: depth, value: 1}}]}}}}"
    )
    said = [each for each in found(text, build) if each[0] == "error"]
    assert [each[2] for each in said] == [f"{path}.{place}"]
    assert message in said[0][3]
    assert said[0][3].startswith(f"{path}.{place}")


def test_everything_that_is_wrong_with_one_workflow_is_told() -> None:
    spec = (
        "{entrypoint: mian, onExit: bye, templates: [{name: main, steps: [[{name: a, template: x}, "
        "{name: b, template: y}]]}]}"
    )
    said = [each[2].rpartition("workflowSpec.")[2] for each in found(workflow_of(spec)) if each[0] == "error"]
    assert sorted(said) == [
        "entrypoint",
        "onExit",
        "templates[0].steps[0][0].template",
        "templates[0].steps[0][1].template",
    ]


def test_of_very_many_problems_of_one_workflow_the_first_are_told() -> None:
    steps = ", ".join(f"{{name: s{number}, template: gone}}" for number in range(most_problems * 2))
    text = workflow_of(f"{{entrypoint: main, templates: [{{name: main, steps: [[{steps}]]}}]}}")
    assert len([each for each in found(text) if "is not defined" in each[3]]) == most_problems


def test_a_template_without_an_entrypoint_or_values_is_a_library() -> None:
    assert (
        found(template("{arguments: {parameters: [{name: x}]}, templates: [{name: main, suspend: {}}]}"))
        == []
    )
    (said,) = found(template("{entrypoint: gone, templates: [{name: main, suspend: {}}]}"))
    assert said[:3] == ("error", "not-runnable", "spec.entrypoint")


@pytest.mark.parametrize(
    ("refers", "others", "expected"),
    [
        pytest.param("build", [template(MAIN)], [], id="it is there"),
        pytest.param("other", [template(MAIN)], [("note", "no-template")], id="it is not"),
        pytest.param("biuld", [template(MAIN)], [("warning", "misspelt-template")], id="misspelt"),
        pytest.param(
            "build-v1", [template(MAIN, name="build-v2")], [("note", "no-template")], id="another version"
        ),
        pytest.param(
            "build",
            [template(MAIN, more=", namespace: far")],
            [("note", "no-template")],
            id="of another namespace",
        ),
        pytest.param("build", [template(MAIN, more=", namespace: near")], [], id="of the same namespace"),
        pytest.param(
            "build",
            [template(MAIN, kind="ClusterWorkflowTemplate")],
            [("note", "no-template")],
            id="of the cluster",
        ),
    ],
)
def test_templates_of_cron_workflows(refers: str, others: list[str], expected: list[tuple[str, str]]) -> None:
    text = workflow_of(f"{{workflowTemplateRef: {{name: {refers}}}}}", metadata="name: a, namespace: near")
    assert [each[:2] for each in found(text, *others)] == expected


def test_a_template_of_another_namespace_is_said_to_be_there() -> None:
    text = workflow_of("{workflowTemplateRef: {name: build}}", metadata="name: a, namespace: near")
    (said,) = found(text, template(MAIN, more=", namespace: far"))
    assert "only in far; a WorkflowTemplate serves its own namespace only" in said[3]


class TestParameters:
    KNOWS = template(f"{MAIN[:-1]}, arguments: {{parameters: [{{name: revision, value: main}}]}}}}")

    def said(self, name: str, known: str = KNOWS) -> list[tuple[str, str, str, str]]:
        arguments = f"arguments: {{parameters: [{{name: {name}, value: x}}]}}"
        return found(workflow_of(f"{{workflowTemplateRef: {{name: build}}, {arguments}}}"), known)

    def test_one_that_the_template_does_not_know_warns(self) -> None:
        (said,) = self.said("revison")
        assert said[:3] == (
            "warning",
            "unused-parameter",
            "spec.workflowSpec.arguments.parameters[0].name",
        )
        assert "did you mean 'revision'?" in said[3]

    def test_one_that_it_declares_or_uses_does_not(self) -> None:
        assert self.said("revision") == []
        container = 'container: {args: ["{{workflow.parameters.extra}}"]}'
        uses = f"{{entrypoint: main, templates: [{{name: main, {container}}}]}}"
        assert self.said("extra", template(uses)) == []

    def test_an_argument_of_a_step_that_is_no_input(self) -> None:
        greet = "{name: greet, inputs: {parameters: [{name: who, default: you}]}, suspend: {}}"
        step = "{name: a, template: greet, arguments: {parameters: [{name: whoo, value: me}]}}"
        text = workflow_of(f"{{entrypoint: main, templates: [{{name: main, steps: [[{step}]]}}, {greet}]}}")
        (said,) = found(text)
        assert said[2] == "spec.workflowSpec.templates[0].steps[0][0].arguments.parameters[0].name"
        assert said[3] == "template 'greet' has no input 'whoo'; did you mean \"who\"?"
        assert found(text.replace("whoo", "who")) == []

    def test_a_binding_of_a_template_without_an_entrypoint(self) -> None:
        library = template("{templates: [{name: main, suspend: {}}]}")
        (said,) = found(binding("build"), library)
        assert said[:3] == ("error", "not-runnable", "spec.submit.workflowTemplateRef.name")

    def test_a_binding_s_misspelt_parameter(self) -> None:
        (said,) = found(binding("build", "revison"), self.KNOWS)
        assert said[:2] == ("error", "no-parameter")
        assert 'did you mean "revision"?' in said[3]


class TestSchedules:
    def test_each_of_a_list_that_is_wrong_is_told(self) -> None:
        text = cron('schedules: ["61 * * * *", "0 5 * * *", "0 0 31 2 *", "x", "0 25 * * *"]')
        assert sorted(each[2] for each in found(text)) == [
            f"spec.schedules[{index}]" for index in (0, 2, 3, 4)
        ]

    def test_so_is_all_else(self) -> None:
        text = cron(
            'schedules: ["61 * * * *"]\n  timezone: Mars/Olympus\n  concurrencyPolicy: Never\n'
            "  startingDeadlineSeconds: -1\n  suspend: 7",
            metadata="name: a, annotations: {triggerfish.dev/jitter: soon, triggerfish.dev/at: never}",
            workflow="  workflowSpec: {entrypoint: gone, templates: [{name: main}]}\n",
        )
        assert sorted(each[2] for each in found(text) if each[0] == "error") == [
            "metadata.annotations[triggerfish.dev/at]",
            "metadata.annotations[triggerfish.dev/jitter]",
            "spec.concurrencyPolicy",
            "spec.schedules[0]",
            "spec.startingDeadlineSeconds",
            "spec.suspend",
            "spec.timezone",
            "spec.workflowSpec.entrypoint",
        ]

    def test_the_old_field_is_named_as_it_is_written(self) -> None:
        assert (
            "spec.schedule: '0 0 31 2 *' never fires"
            in found(cron('schedule: "0 0 31 2 *"'))[0][3] + (found(cron('schedule: "0 0 31 2 *"'))[1][3])
        )

    def test_a_calendar_that_is_elsewhere_is_a_note(self) -> None:
        text = cron(metadata='name: a, annotations: {triggerfish.dev/exclude: "ics:holidays"}')
        assert ("note", "no-calendar") in [each[:2] for each in found(text)]
        assert all(each[0] == "note" for each in found(text))
        calendar = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: holidays}\ndata: {a: nonsense}\n"
        assert ("error", "spec-error") in [each[:2] for each in found(text, calendar)]


@pytest.mark.parametrize(
    ("metadata", "rule", "field", "message"),
    [
        pytest.param("name: My_Cron", "bad-name", "metadata.name", "such as my-cron", id="an object's name"),
        pytest.param("name: -a", "bad-name", "metadata.name", "'-a' is not a name", id="begins with a dash"),
        pytest.param(
            "name: a, namespace: a.b", "bad-name", "metadata.namespace", "not a namespace", id="space"
        ),
        pytest.param(
            "generateName: A-", "bad-name", "metadata.generateName", "does not begin a name", id="made"
        ),
        pytest.param(
            'name: a, labels: {team: "a b"}',
            "bad-label",
            "metadata.labels.team",
            "make it an annotation",
            id="value",
        ),
        pytest.param(
            f"name: a, labels: {{team: {'x' * 64}}}",
            "bad-label",
            "metadata.labels.team",
            "64 characters",
            id="long",
        ),
        pytest.param(
            'name: a, labels: {"a b": c}', "bad-label", "metadata.labels.a b", "is not a key", id="key"
        ),
        pytest.param(
            "name: a, labels: {X_y/z: c}",
            "bad-label",
            "metadata.labels.X_y/z",
            "is not a domain",
            id="prefix",
        ),
        pytest.param(
            'name: a, annotations: {"a b": c}',
            "bad-annotation",
            "metadata.annotations.a b",
            "not a key",
            id="note",
        ),
        pytest.param(
            'name: a, labels: {team: "{{x}}"}',
            "bad-label",
            "metadata.labels.team",
            "'{{x}}'",
            id="no expression",
        ),
    ],
)
def test_names_and_labels(metadata: str, rule: str, field: str, message: str) -> None:
    (said,) = found(cron(metadata=metadata))
    assert said[:3] == ("error", rule, field)
    assert message in said[3]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        pytest.param(
            cron('schedules: ["0 5 * * *"]\n  workflowMetadata: {labels: {team: "a b"}}'),
            "spec.workflowMetadata.labels.team",
            id="of its Workflows",
        ),
        pytest.param(
            workflow_of(
                '{entrypoint: main, templates: [{name: main, suspend: {}, metadata: {labels: {a: "b c"}}}]}'
            ),
            "spec.workflowSpec.templates[0].metadata.labels.a",
            id="of a template's pods",
        ),
        pytest.param(
            template(f'{MAIN[:-1]}, podMetadata: {{labels: {{a: "b c"}}}}}}'),
            "spec.podMetadata.labels.a",
            id="pods",
        ),
        pytest.param(template(MAIN, name="x" * 64), "metadata.name", id="a template's name is a label"),
        pytest.param(
            binding("build").replace("submit: {", 'submit: {metadata: {labels: {"a b": payload.x}}, '),
            "spec.submit.metadata.labels.a b",
            id="the key of a binding's label",
        ),
    ],
)
def test_names_and_labels_elsewhere(text: str, field: str) -> None:
    assert [each[2] for each in found(text, template(MAIN)) if each[0] == "error"] == [field]


def test_what_an_expression_makes_of_a_label_is_not_known_yet() -> None:
    text = binding("build").replace("submit: {", 'submit: {metadata: {labels: {a: "payload.x + 1"}}, ')
    assert found(text, template(MAIN)) == []


def test_template_names() -> None:
    spec = (
        "{entrypoint: main, templates: [{name: main, suspend: {}}, {name: main, suspend: {}}, {name: a b}, "
        "{name: c, steps: [[{name: d e, template: main}]]}]}"
    )
    assert [each[2].removeprefix("spec.workflowSpec.") for each in found(workflow_of(spec))] == [
        "templates[1].name",
        "templates[2].name",
        "templates[3].steps[0][0].name",
    ]


def secret(data: str, name: str = "argo-workflows-webhook-clients", field: str = "stringData") -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\n{field}:\n  {data}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            secret('gh: "{type: githubb, secret: s}"'), "did you mean github?", id="a misspelt type"
        ),
        pytest.param(secret('gh: "{typ: github, secret: s}"'), "its type must be one of", id="no type"),
        pytest.param(secret('gh: "{type: github}"'), "it has no secret", id="no secret"),
        pytest.param(secret('gh: "type: [github"'), "it is not YAML", id="no YAML"),
        pytest.param(
            secret('Git_Hub: "{type: github, secret: s}"'), "name of a service account", id="account"
        ),
        pytest.param(secret("gh: {type: github, secret: s}"), "is not a text; write |", id="no text"),
        pytest.param(secret("gh: '%%'", field="data"), "not base64; write it in stringData", id="no base64"),
        pytest.param(
            secret(f"gh: {base64.b64encode(b'{type: giltab, secret: s}').decode()}", field="data"),
            "did you mean gitlab?",
            id="in base64",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: argo-workflows-webhook-clients}\n",
            "no webhook client",
            id="empty",
        ),
    ],
)
def test_webhook_clients(text: str, message: str) -> None:
    (said,) = found(text)
    assert said[:2] == ("error", "webhook-client")
    assert message in said[3]


def test_webhook_clients_that_are_right_and_other_secrets() -> None:
    assert found(secret('gh: "{type: github, secret: s}"')) == []
    assert found(secret("password: x", name="database")) == []
    (said,) = found(secret("a: b", name="argo-workflow-webhook-clients"))
    assert said[:2] == ("warning", "webhook-secret")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('gh: "{type: githubb, token: t, repositories: [a]}"', "did you mean github?", id="type"),
        pytest.param('gh: "{type: github, token: t}"', "it has no repositories", id="no repositories"),
        pytest.param(
            'gh: "{type: gitlab, url: http://git.example, token: t, repositories: [a]}"',
            "its url does not begin with https://",
            id="a url",
        ),
        pytest.param(
            'gh: "{type: azuredevops, token: t, repositories: [a]}"', "has no url, which azure", id="no url"
        ),
        pytest.param("gh: {type: github}", "the credential 'gh' is not a text; write |", id="no text"),
        pytest.param("", "it has no credential; write a key for each", id="empty"),
    ],
)
def test_credentials_for_git_hosts(text: str, message: str) -> None:
    (said,) = found(secret(text, "triggerfish-hosts"))
    assert said[:2] == ("error", "host-credential")
    assert message in said[3]


def test_credentials_that_are_right_and_a_secret_that_nobody_reads() -> None:
    right = secret("gh: \"{type: github, token: t, repositories: ['org/*']}\"", "triggerfish-hosts")
    assert found(right) == []
    (said,) = found(secret("a: b", name="triggerfish-host"))
    assert said[:2] == ("warning", "host-secret")


def test_no_finding_has_a_secret_in_it() -> None:
    hosts = secret('gh: "{type: hunter2, token: hunter2, repositories: [a]}"', "triggerfish-hosts")
    assert "hunter2" not in json.dumps(found(hosts))
    texts = (secret('gh: "{type: hunter2hunter2, secret: hunter2}"'), secret("gh: hunter2", field="data"))
    assert "hunter2" not in json.dumps(found(*texts))


def test_a_duplicate_key_of_any_object() -> None:
    (said,) = found("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, a: c}\n")
    assert said[:3] == ("error", "duplicate-key", "data.a")
    assert said[3].startswith("duplicate key: kubectl refuses it")


class TestSourcesOfOtherTools:
    def said(self, folder: Path, **files: str) -> list[tuple[str, str, str]]:
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = CliRunner().invoke(app, ["lint", str(folder), "-o", "json"])
        assert done.exit_code == 0, done.output
        return [(each["severity"], each["rule"], Path(each["file"]).name) for each in json.loads(done.stdout)]

    def test_a_chart(self, tmp_path: Path) -> None:
        chart = {
            "Chart_yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
            "values_yaml": "schedule: 0 5 * * *\n",
            "templates__cron_yaml": "{{- if .Values.on }}\n" + cron() + "{{- end }}\n",
            "templates__plain_yaml": cron(),
        }
        assert self.said(tmp_path, **chart) == [
            ("note", "helm-source", "Chart.yaml"),
            ("note", "helm-source", "cron.yaml"),
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "name: {{ .Values.name }}",
            'name: "{{ .Release.Name }}-nightly"',
            'name: {{ include "x.name" . }}',
            "labels: {{- toYaml .Values.labels | nindent 4 }}",
            "name: {{ default .Chart.Name .Values.name }}",
            "name: {{ $.Values.name }}",
        ],
    )
    def test_a_template_without_its_chart(self, tmp_path: Path, line: str) -> None:
        assert self.said(tmp_path, a_yaml=f"{API}kind: CronWorkflow\nmetadata:\n  {line}\n") == [
            ("note", "helm-source", "a.yaml")
        ]

    @pytest.mark.parametrize(
        "tag",
        [
            "{{workflow.name}}",
            "{{=asInt(inputs.parameters.n) + 1}}",
            "{{ inputs.parameters.values }}",
            "{{item}}",
        ],
    )
    def test_the_tags_of_argo_are_no_helm(self, tag: str) -> None:
        assert (
            found(
                workflow_of(
                    f'{{entrypoint: main, templates: [{{name: main, container: {{args: ["{tag}"]}}}}]}}'
                )
            )
            == []
        )

    def test_a_kustomization_and_a_json_patch(self, tmp_path: Path) -> None:
        files = {
            "kustomization_yaml": "resources: [cron.yaml]\n",
            "cron_yaml": cron(),
            "change_yaml": "- {op: replace, path: /spec/suspend, value: true}\n",
        }
        assert self.said(tmp_path, **files) == [
            ("note", "patch", "change.yaml"),
            ("note", "kustomize-source", "kustomization.yaml"),
        ]

    def test_a_patch_of_a_template_is_no_template(self, tmp_path: Path) -> None:
        files = {
            "kustomization_yaml": "patches: [{path: change.yaml}]\n",
            "change_yaml": template("{entrypoint: other}"),
        }
        assert self.said(tmp_path, **files) == [("note", "patch", "change.yaml")]


class TestOneHidesNoOther:
    BROKEN = f"{cron()}---\na: [1\n---\n{cron(metadata='name: b').replace('0 5', '61 5')}"

    def test_a_document_that_is_no_yaml(self) -> None:
        assert [each[1] for each in found(self.BROKEN)] == ["unreadable", "spec-error"]

    def test_next_and_calendar(self, tmp_path: Path) -> None:
        text = self.BROKEN.replace("61 5", "0 6") + "---\nkind: CronWorkflow\nspec: {}\n"
        (tmp_path / "a.yaml").write_text(text)
        for command in ("next", "calendar"):
            done = CliRunner().invoke(app, [command, str(tmp_path / "a.yaml"), "-o", "json"])
            assert done.exit_code == 1
            assert "nightly" in done.stdout
            assert '"b"' in done.stdout
            assert "a.yaml:9: not YAML" in done.stderr
            assert "a CronWorkflow has no name" in done.stderr

    def test_an_item_of_a_list(self) -> None:
        text = (
            "kind: List\nitems:\n- 7\n- kind: CronWorkflow\n  metadata: {name: a}\n  spec: {schedules: x}\n"
        )
        assert {"unreadable", "spec-error", "no-workflow-spec"} == {each[1] for each in found(text)}

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(cron('schedules: ["61 * * * *"]'))
        done = CliRunner().invoke(app, ["lint", str(tmp_path / "none.yaml"), str(tmp_path / "a.yaml")])
        assert done.exit_code == 2
        assert "none.yaml cannot be read" in done.stderr
        assert "spec.schedules[0]" in done.stdout

    def test_what_the_first_line_says_about_yaml_is_no_document(self) -> None:
        assert found(f"%YAML 1.1\n---\n{cron()}") == []


class TestCluster:
    def run(self, embedded, namespace: str, text: str, *more: str) -> tuple[int, list[tuple[str, str]], str]:
        options = ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]
        done = CliRunner().invoke(app, ["lint", "-", "--cluster", "-o", "json", *options, *more], input=text)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        said = json.loads(done.stdout)
        return done.exit_code, [(each["severity"], each["rule"]) for each in said], done.stdout

    def test_templates_are_looked_up(self, embedded) -> None:
        namespace = embedded.new_namespace()
        step = {"name": "a", "templateRef": {"name": "deeper", "template": "gone"}}
        for name, spec in (
            ("right", {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}),
            ("outer", {"entrypoint": "main", "templates": [{"name": "main", "steps": [[step]]}]}),
            ("deeper", {"templates": [{"name": "main", "suspend": {}}]}),
        ):
            body = {"kind": "WorkflowTemplate", "metadata": {"name": name}, "spec": spec}
            make(embedded, namespace, "workflowtemplates", body)
        refers = "{{workflowTemplateRef: {{name: {}}}}}"
        assert self.run(embedded, namespace, workflow_of(refers.format("right")))[:2] == (0, [])
        code, said, _ = self.run(embedded, namespace, workflow_of(refers.format("none")))
        assert (code, said) == (1, [("error", "template-not-found")])
        code, said, text = self.run(embedded, namespace, workflow_of(refers.format("outer")))
        assert (code, said) == (1, [("error", "spec-error")])
        assert "template 'gone' is not defined in WorkflowTemplate 'deeper'" in text
        assert self.run(embedded, namespace, binding("none"))[1] == [("error", "template-not-found")]
        assert self.run(embedded, namespace, binding("right", "x"))[1] == [("error", "no-parameter")]

    def test_the_namespace_is_the_manifest_s_own(self, embedded) -> None:
        here, there = embedded.new_namespace(), embedded.new_namespace()
        spec = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
        body = {"kind": "WorkflowTemplate", "metadata": {"name": "build"}, "spec": spec}
        make(embedded, there, "workflowtemplates", body)
        text = workflow_of("{workflowTemplateRef: {name: build}}", metadata=f"name: a, namespace: {there}")
        assert self.run(embedded, here, text)[:2] == (0, [])
        assert self.run(embedded, here, text.replace(f", namespace: {there}", ""))[1] == [
            ("error", "template-not-found")
        ]


def test_the_text_has_file_line_field_and_fix() -> None:
    done = CliRunner().invoke(app, ["lint", "-"], input=cron('schedules: ["0 0 13 * FRI"]'))
    (line, count) = done.stdout.splitlines()
    assert line.startswith("-:5 warning CronWorkflow/nightly: spec.schedules[0]: '0 0 13 * FRI' fires if")
    assert "write * for one of them" in line
    assert count == "1 warning"


def test_sarif_has_each_rule_once() -> None:
    other = workflow_of("{workflowTemplateRef: {name: x}}")
    log = as_sarif(lint([("a", other), ("b", binding("x"))], CHECKS, NOW), version="1")
    names = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert names == sorted(set(names))
