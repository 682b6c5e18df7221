"""Checks of WorkflowEventBindings and the templates they run."""

from __future__ import annotations

from collections.abc import Iterator

from triggerfish import annotations as keys
from triggerfish.cli.lint import runs
from triggerfish.cli.lint.checks import our_annotations
from triggerfish.cli.lint.context import Check, LintContext, at, near
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest
from triggerfish.errors import SpecError
from triggerfish.events import binding as bindings
from triggerfish.events.binding import Submit
from triggerfish.events.strangers import WARNING, ungated
from triggerfish.workflows import parts

BINDING = Rule("binding-error", Severity.ERROR, "The binding is not valid: it would never submit anything.")
NO_TEMPLATE = Rule(
    "no-template",
    Severity.WARNING,
    "The binding runs a template that is not among the manifests linted with it.",
)
NO_PARAMETER = Rule("no-parameter", Severity.ERROR, "The template declares no parameter of that name.")
NO_VALUE = Rule("no-value", Severity.ERROR, "The template needs a value that the binding does not give.")
NOTHING = Rule("submits-nothing", Severity.NOTE, "A binding without spec.submit matches and runs nothing.")
STRANGERS = Rule(
    "strangers-pull-requests",
    Severity.WARNING,
    "Anybody can open a pull request: a stranger alone must not decide what runs.",
)


def readable(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """The events function's own judgement of the binding."""
    read = bindings.parse(manifest.body, "expr")
    for part in (read.selector, read.submit, read.report):
        if isinstance(part, SpecError):
            yield at(manifest, part.field, BINDING, str(part))
    if read.submit is None and not isinstance(read.selector, SpecError):
        yield at(
            manifest,
            "spec",
            NOTHING,
            "spec.submit is missing: a match runs nothing; write it, or remove the binding",
        )


def templates(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """The template is there and takes what it is given."""
    submit = bindings.parse(manifest.body, "expr").submit
    if not isinstance(submit, Submit):
        return
    reference = "spec.submit.workflowTemplateRef.name"
    kind, name = submit.template.kind, submit.template.name
    known = context.templates(manifest.namespace)
    if submit.template not in known:
        yield at(manifest, reference, NO_TEMPLATE, context.absent(manifest, submit.template, "binding"))
        return
    body = known[submit.template]
    if body is None:
        message = f"{kind} {name!r} was not found among these manifests or in the cluster"
        yield at(manifest, reference, runs.NOT_FOUND, message)
        return
    template = parts.mapping(body.get("spec"))
    if template.get("templates") and not template.get("entrypoint"):
        message = f"{kind} {name!r} names no entrypoint: a binding cannot run it; give it spec.entrypoint"
        yield at(manifest, reference, runs.NOT_RUNNABLE, message)
    wanted = {name: parts.has_value(each) for name, each in parts.parameters_of(template).items()}
    given = [parameter for parameter, _ in submit.parameters]
    for index, parameter in enumerate(given):
        if parameter not in wanted:
            field = f"spec.submit.arguments.parameters[{index}].name"
            has = ", ".join(sorted(wanted)) or "none"
            yield at(
                manifest,
                field,
                NO_PARAMETER,
                f"{kind} {name!r} has no parameter {parameter!r}; it has: {has}{near(parameter, wanted)}",
            )
    missing = [
        parameter for parameter, has_value in wanted.items() if not has_value and parameter not in given
    ]
    if missing:
        message = f"{kind} {name!r} needs a value for {', '.join(missing)}"
        yield at(manifest, "spec.submit", NO_VALUE, message)


def strangers(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """A selector that takes pull requests asks whose they are."""
    event = manifest.spec.get("event")
    selector = event.get("selector") if isinstance(event, dict) else None
    # With commands, what a fork brings waits.
    waits = bool(bindings.parse(manifest.body, "expr").commands)
    if isinstance(selector, str) and ungated(selector) and not waits:
        yield at(
            manifest,
            "spec.event.selector",
            STRANGERS,
            WARNING,
        )


CHECKS: tuple[Check, ...] = (
    our_annotations(keys.OF_BINDINGS),
    readable,
    templates,
    strangers,
)
