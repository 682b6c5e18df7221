"""Checks of what runs: the templates, entrypoints and parameters of Workflows and of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from triggerfish.cli.lint.context import LintContext, at, near
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest
from triggerfish.errors import SpecError
from triggerfish.workflows import parameters, parts, placeholders
from triggerfish.workflows.validation import Problem, Validated, validate

NOT_RUNNABLE = Rule("not-runnable", Severity.ERROR, "Argo refuses it: it could not run.")
NO_TEMPLATE = Rule(
    "no-template", Severity.NOTE, "The Workflow's template is not among the manifests linted with it."
)
ALMOST = Rule(
    "misspelt-template",
    Severity.WARNING,
    "One of the manifests linted with it has almost the template's name.",
)
NOT_FOUND = Rule(
    "template-not-found", Severity.ERROR, "The template is neither among the manifests nor in the cluster."
)
NO_VALUE = Rule("no-value", Severity.ERROR, "The template wants a value that nobody gives.")
UNUSED = Rule(
    "unused-parameter",
    Severity.WARNING,
    "The template has no parameter of that name: the value goes nowhere.",
)
TEMPLATE_NAME = Rule("template-name", Severity.ERROR, "Argo refuses a template, step or task of this name.")

# Of one manifest: after that the rest is of no use to anybody.
most_problems = 50
_name = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]*")


def workflow(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """A Workflow could run."""
    yield from spec(manifest, context, manifest.body.get("spec"), "spec", NOT_RUNNABLE)


def template(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """A template could run, if whoever runs it gives the values that it lacks."""
    given = manifest.body.get("spec")
    if isinstance(given, dict):
        yield from spec(manifest, context, placeholders.template(given), "spec", NOT_RUNNABLE)


def spec(manifest: Manifest, context: LintContext, given: object, path: str, rule: Rule) -> Iterator[Finding]:
    """The Workflow's spec at ``path`` would be let through by Argo, as far as the known templates tell."""
    if not isinstance(given, dict):
        if rule is NOT_RUNNABLE:
            yield at(manifest, path, rule, f"{path}: there is none; write the Workflow's spec there")
        return
    templates = context.templates(manifest.namespace)
    if manifest.kind.endswith("Template"):
        # A template that is referenced may get its own parameters from whoever runs this one.
        templates = {
            ref: body and {**body, "spec": placeholders.filled(parts.mapping(body.get("spec")))}
            for ref, body in templates.items()
        }
    found = validate(given, templates, path=path, most=most_problems)
    yield from (_of(manifest, problem, rule) for problem in found.problems)
    yield from unread(manifest, context, found)
    yield from _unused(manifest, context, given, path)
    yield from _arguments(manifest, context, given, path)
    yield from _names(manifest, given, path)


def unread(manifest: Manifest, context: LintContext, found: Validated) -> Iterator[Finding]:
    """The templates without which not everything is known."""
    for ref, place in sorted(found.places.items(), key=lambda each: (each[0].kind, each[0].name)):
        if manifest.kind == "ClusterWorkflowTemplate" and not ref.cluster_scope:
            # It is looked up where the Workflow will run, and nobody knows where that is.
            continue
        rule = ALMOST if context.almost(ref) else NO_TEMPLATE
        yield at(manifest, place, rule, context.absent(manifest, ref, manifest.kind))


def rule_of(error: SpecError, rule: Rule) -> Rule:
    """The rule that a problem of a Workflow breaks; ``rule`` for most of them."""
    if error.field.endswith("arguments.parameters"):
        return NO_VALUE
    return NOT_FOUND if error.problem.endswith("was not found") else rule


def _of(manifest: Manifest, problem: Problem, rule: Rule) -> Finding:
    found, error = rule_of(problem.error, rule), problem.error
    where = " among these manifests or in the cluster" if found is NOT_FOUND else ""
    said = f"{problem.place}: {error.problem}{where}" + (f"; {error.fix}" if error.fix else "")
    return at(manifest, problem.place, found, said)


def _unused(
    manifest: Manifest, context: LintContext, given: Mapping[str, Any], path: str
) -> Iterator[Finding]:
    """Values for parameters that the template does not know: it runs with its defaults."""
    reference = given.get("workflowTemplateRef")
    body = context.templates(manifest.namespace).get(parts.reference(reference)) if reference else None
    if not body:
        return
    listed = parts.items(parts.mapping(given.get("arguments")).get("parameters"))
    for index, each in enumerate(listed):
        name = parts.text(parts.mapping(each).get("name"))
        for sentence in parameters.unknown(parts.mapping(body.get("spec")), [name] if name else []):
            message = f"{parts.reference(reference).kind} {parts.reference(reference).name!r}: {sentence}"
            yield at(manifest, f"{path}.arguments.parameters[{index}].name", UNUSED, message)


def _arguments(
    manifest: Manifest, context: LintContext, given: Mapping[str, Any], path: str
) -> Iterator[Finding]:
    """Arguments of steps and tasks that are no inputs of their templates: these take their defaults."""
    own = parts.named(given.get("templates"))
    known = context.templates(manifest.namespace)
    for index, each in enumerate(parts.items(given.get("templates"))):
        for inner, _, task in parts.tasks(parts.mapping(each)):
            name, templates = parts.text(task.get("template")), own
            if reference := parts.mapping(task.get("templateRef")):
                spec = parts.mapping(known.get(parts.reference(reference)) or {}).get("spec")
                name, templates = (
                    parts.text(reference.get("template")),
                    parts.named(parts.mapping(spec).get("templates")),
                )
            if name not in templates:
                continue
            inputs = parts.named(parts.mapping(templates[name].get("inputs")).get("parameters"))
            listed = parts.items(parts.mapping(task.get("arguments")).get("parameters"))
            for number, argument in enumerate(listed):
                word = parts.text(parts.mapping(argument).get("name"))
                if word and word not in inputs:
                    message = f"template {name!r} has no input {word!r}{near(word, inputs)}"
                    place = f"{path}.templates[{index}].{inner}.arguments.parameters[{number}].name"
                    yield at(manifest, place, UNUSED, message)


def _names(manifest: Manifest, given: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Names of templates, steps and tasks; two templates of one name."""
    seen: dict[str, int] = {}
    for index, each in enumerate(parts.items(given.get("templates"))):
        one = parts.mapping(each)
        name, place = one.get("name"), f"{path}.templates[{index}]"
        yield from _name_of(manifest, name, f"{place}.name", "a template")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            message = f"{name!r} is the name of templates[{seen[name]}] too: rename one of them"
            yield at(manifest, f"{place}.name", TEMPLATE_NAME, message)
        for inner, words, task in parts.tasks(one):
            what = f"a {words.partition(' ')[0]}"
            yield from _name_of(manifest, task.get("name"), f"{place}.{inner}.name", what)


def _name_of(manifest: Manifest, name: object, place: str, what: str) -> Iterator[Finding]:
    if not name:
        yield at(manifest, place, TEMPLATE_NAME, f"{what} has no name: write one")
    elif isinstance(name, str) and not _name.fullmatch(name):
        message = f"{name!r} is not the name of {what}; write letters, digits and -, a letter or digit first"
        yield at(manifest, place, TEMPLATE_NAME, message)
