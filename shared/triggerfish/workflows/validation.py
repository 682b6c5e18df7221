"""What Argo would refuse of a Workflow before it runs: its templates, entrypoint and parameters.

The part of Argo's ``ValidateWorkflow`` that people meet: a template that is referenced exists, an entrypoint
is named and defined, every parameter has a value. What only looks wrong is let through: a name that an
expression makes, a template that may not be read. Whatever is not of its type is the API server's to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triggerfish.errors import SpecError
from triggerfish.workflows.defaults import merged
from triggerfish.workflows.submitted import TemplateRef

Templates = Mapping[TemplateRef, Mapping[str, Any] | None]
"""The templates that were read, of the Workflow's namespace and of the cluster; None: there is no such one.

One that is not in it is not known: nothing is said about what depends on it.
"""

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Validated:
    """The first thing that is ``wrong``, and the templates that would have to be read to know more."""

    wrong: SpecError | None
    unread: frozenset[TemplateRef]


def validate(
    spec: Mapping[str, Any],
    templates: Templates,
    *,
    path: str = "spec",
    defaults: Mapping[str, Any] = _NOTHING,
) -> Validated:
    """Validate the spec of a Workflow, which stands at ``path`` of its manifest.

    ``defaults`` is the spec of Argo's workflowDefaults. To know all, ask, read what is ``unread``, and ask
    again: templates may reference others.
    """
    check = _Check(templates, path)
    try:
        check.workflow(spec, defaults)
    except SpecError as error:
        return Validated(error, frozenset(check.unread))
    return Validated(None, frozenset(check.unread))


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a template's name is looked up: in the Workflow itself, or in a template object."""

    ref: TemplateRef | None
    templates: Mapping[str, Mapping[str, Any]]
    fills_inputs: bool = False

    @property
    def words(self) -> str:
        return f"{self.ref.kind} {self.ref.name!r}: " if self.ref else ""


class _Check:
    def __init__(self, templates: Templates, path: str) -> None:
        self._templates, self._path = templates, path
        self.unread: set[TemplateRef] = set()
        self._seen: set[tuple[TemplateRef | None, str]] = set()

    def workflow(self, spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        whole, scope, field, inner = merged(spec, defaults), None, "templates", _NOTHING
        if (given := spec.get("workflowTemplateRef")) is not None:
            field = "workflowTemplateRef"
            if spec.get("templates"):
                raise self._error(
                    "templates", "there are some beside workflowTemplateRef", "keep one of them"
                )
            found = self._template_object(_reference(given, "name"), field)
            if found is None:
                return
            ref, template = found
            inner = _object(template.get("spec"))
            whole = merged(merged(spec, inner), defaults)
            scope = _scope(ref, inner)
        scope = scope or _scope(None, whole)
        arguments = _first_with_a_value(spec, inner, defaults)
        self._parameters(arguments)
        entrypoint = _text(whole.get("entrypoint"))
        if not entrypoint:
            where = f" and {scope.words.removesuffix(': ')} names none" if scope.ref else ""
            raise self._error("entrypoint", f"there is none{where}", "name the template to begin with")
        # A name is looked for where its author could have written it.
        self._defined(
            entrypoint, scope, "entrypoint" if _text(spec.get("entrypoint")) or not scope.ref else field
        )
        if on_exit := _text(whole.get("onExit")):
            self._defined(on_exit, scope, "onExit" if _text(spec.get("onExit")) or not scope.ref else field)
        self._inputs(scope, entrypoint, arguments, field, "")
        for name in scope.templates:
            self._walk(scope, name, field)

    def _parameters(self, arguments: Mapping[str, Mapping[str, Any]]) -> None:
        missing = [name for name, each in arguments.items() if not _has_value(each)]
        if missing:
            raise self._error(
                "arguments.parameters",
                f"there is no value for {', '.join(missing)}",
                "give a value, or the template a default",
            )
        for name, each in arguments.items():
            allowed, value = each.get("enum"), each.get("value")
            if isinstance(allowed, list) and value is not None and _plain(value) not in map(_plain, allowed):
                choices = ", ".join(map(_plain, allowed)) or "nothing"
                raise self._error(
                    "arguments.parameters", f"{name} is {_plain(value)!r}", f"allowed: {choices}"
                )

    def _walk(self, scope: _Scope, name: str, field: str) -> None:
        """A template and all that it leads to."""
        if (scope.ref, name) in self._seen:
            return
        self._seen.add((scope.ref, name))
        for words, task in _tasks(scope.templates[name]):
            self._task(scope, field, f"{scope.words}template {name!r}, {words}: ", task)

    def _task(self, scope: _Scope, field: str, words: str, task: Mapping[str, Any]) -> None:
        arguments = _arguments(task)
        if empty := [name for name, each in arguments.items() if not _has_value(each)]:
            raise self._error(field, f"{words}there is no value for {', '.join(empty)}")
        if (inline := task.get("inline")) is not None:
            for inner, each in _tasks(_object(inline)):
                self._task(scope, field, f"{words}{inner}: ", each)
        elif (given := task.get("templateRef")) is not None:
            ref, template = _reference(given, "name"), _text(_object(given).get("template"))
            if _is_made(template):
                return
            found = self._template_object(ref, field, words)
            if found is not None:
                there = _scope(found[0], _object(found[1].get("spec")))
                self._defined(template, there, field, words)
                self._inputs(there, template, arguments, field, words)
                self._walk(there, template, field)
        elif (name := _text(task.get("template"))) and not _is_made(name):
            self._defined(name, scope, field, words)
            self._inputs(scope, name, arguments, field, words)

    def _template_object(
        self, ref: TemplateRef, field: str, words: str = ""
    ) -> tuple[TemplateRef, Mapping[str, Any]] | None:
        """The template object; None while nobody knows it."""
        if not ref.name:
            raise self._error(field, f"{words}it names no template", "write its name")
        if _is_made(ref.name):
            return None
        if ref not in self._templates:
            self.unread.add(ref)
            return None
        found = self._templates[ref]
        if found is None:
            raise self._error(field, f"{words}{ref.kind} {ref.name!r} was not found")
        return ref, found

    def _defined(self, name: str, scope: _Scope, field: str, words: str = "") -> None:
        if not _is_made(name) and name not in scope.templates:
            where = f" in {scope.words.removesuffix(': ')}" if scope.ref else ""
            known = ", ".join(sorted(scope.templates)[:10]) or "no template"
            raise self._error(field, f"{words}template {name!r} is not defined{where}", f"there is {known}")

    def _inputs(
        self, scope: _Scope, name: str, arguments: Mapping[str, Mapping[str, Any]], field: str, words: str
    ) -> None:
        """Every input of the template has a value, of its own or given."""
        if name not in scope.templates or scope.fills_inputs:
            return
        inputs = _named(_object(scope.templates[name].get("inputs")).get("parameters"))
        missing = [each for each, given in inputs.items() if each not in arguments and not _has_value(given)]
        if missing:
            problem = f"{words}template {name!r} gets no value for its input {', '.join(missing)}"
            raise self._error(field, problem, "give it as an argument, or the input a default")

    def _error(self, field: str, problem: str, fix: str = "") -> SpecError:
        return SpecError(f"{self._path}.{field}", problem, fix)


def _scope(ref: TemplateRef | None, spec: Mapping[str, Any]) -> _Scope:
    fills = "inputs" in _object(spec.get("templateDefaults"))
    return _Scope(ref, _named(spec.get("templates")), fills)


def _tasks(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The steps and tasks of a template, each with the words that name it."""
    steps = template.get("steps")
    for group in steps if isinstance(steps, list) else ():
        for step in group if isinstance(group, list) else (group,):
            if isinstance(step, dict):
                yield f"step {_text(step.get('name'))!r}", step
    for name, task in _named(_object(template.get("dag")).get("tasks")).items():
        yield f"task {name!r}", task


def _reference(given: object, name: str) -> TemplateRef:
    found = _object(given)
    return TemplateRef(_text(found.get(name)), found.get("clusterScope") is True)


def _arguments(holder: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return _named(_object(holder.get("arguments")).get("parameters"))


def _first_with_a_value(*specs: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The Workflow's parameters by name: of the first spec that gives a value, else of the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for spec in specs:
        for name, each in _arguments(spec).items():
            if name not in found or (_has_value(each) and not _has_value(found[name])):
                found[name] = each
    return found


def _named(items: object) -> Mapping[str, Mapping[str, Any]]:
    """Items of a list by their name; of two of one name the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in items if isinstance(items, list) else ():
        if isinstance(each, dict):
            found.setdefault(_text(each.get("name")), each)
    return found


def _has_value(parameter: Mapping[str, Any]) -> bool:
    return any(parameter.get(key) is not None for key in ("value", "default", "valueFrom"))


def _plain(value: object) -> str:
    """As Argo's AnyString: a number or a boolean is the text that JSON has of it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_made(name: str) -> bool:
    """Return whether a name holds an expression, so that nobody knows it yet."""
    return "{{" in name


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
