"""What Argo would refuse of a Workflow before it runs: its templates, entrypoint and parameters.

The part of Argo's ``ValidateWorkflow`` that people meet: a template that is referenced exists, an entrypoint
is named and defined, every parameter has a value. What only looks wrong is let through: a name that an
expression makes, a template that may not be read. Whatever is not of its type is the API server's to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from triggerfish.errors import SpecError
from triggerfish.workflows import parts
from triggerfish.workflows.defaults import merged
from triggerfish.workflows.submitted import TemplateRef

Templates = Mapping[TemplateRef, Mapping[str, Any] | None]
"""The templates that were read, of the Workflow's namespace and of the cluster; None: there is no such one.

One that is not in it is not known: nothing is said about what depends on it.
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; ``place`` is the path of the very field, where that is in the manifest."""

    error: SpecError
    place: str


@dataclass(frozen=True, slots=True)
class Validated:
    """All that is wrong, and where the templates are named that would have to be read to know more."""

    problems: tuple[Problem, ...]
    places: Mapping[TemplateRef, str]

    @property
    def wrong(self) -> SpecError | None:
        """The first thing that is wrong."""
        return self.problems[0].error if self.problems else None

    @property
    def unread(self) -> frozenset[TemplateRef]:
        """The templates that would have to be read to know more."""
        return frozenset(self.places)


def validate(
    spec: Mapping[str, Any],
    templates: Templates,
    *,
    path: str = "spec",
    defaults: Mapping[str, Any] = parts.NOTHING,
    most: int = 1,
) -> Validated:
    """Validate the spec of a Workflow, which stands at ``path`` of its manifest.

    ``defaults`` is the spec of Argo's workflowDefaults. After ``most`` problems it stops. To know all, ask,
    read what is ``unread``, and ask again: templates may reference others.
    """
    check = _Check(templates, path, most)
    with suppress(_Enough):
        check.workflow(spec, defaults)
    return Validated(tuple(check.problems), check.unread)


class _Enough(Exception):  # noqa: N818  no error: as many problems are found as were asked for
    pass


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a template's name is looked up: in the Workflow itself, or in a template object.

    ``places`` has the paths of the templates that stand in the manifest.
    """

    ref: TemplateRef | None
    templates: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, str]
    fills_inputs: bool = False

    @property
    def words(self) -> str:
        return f"{self.ref.kind} {self.ref.name!r}: " if self.ref else ""


@dataclass(frozen=True, slots=True)
class _At:
    """Whose problem it is: the ``field`` that people read, the ``place`` it stands at, words before it."""

    field: str
    place: str
    words: str = ""

    def inner(self, step: str) -> str:
        return f"{self.place}.{step}"


class _Check:
    def __init__(self, templates: Templates, path: str, most: int) -> None:
        self._templates, self._path, self._most = templates, path, most
        self.problems: list[Problem] = []
        self.unread: dict[TemplateRef, str] = {}
        self._seen: set[tuple[TemplateRef | None, str]] = set()

    def workflow(self, spec: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        whole, scope, at, inner = merged(spec, defaults), None, _At("templates", "templates"), parts.NOTHING
        if (given := spec.get("workflowTemplateRef")) is not None:
            at = _At("workflowTemplateRef", "workflowTemplateRef.name")
            if spec.get("templates"):
                both = _At("templates", "templates")
                self._wrong(both, "there are some beside workflowTemplateRef", "keep one of them")
                return
            found = self._template_object(parts.reference(given), at)
            if found is None:
                return
            ref, template = found
            inner = parts.mapping(template.get("spec"))
            whole = merged(merged(spec, inner), defaults)
            scope = _scope(ref, inner)
        scope = scope or _scope(None, whole)
        arguments = parts.first_with_a_value(spec, inner, defaults)
        self._parameters(arguments)
        self._beginnings(spec, whole, scope, at, arguments)
        for name in scope.templates:
            self._walk(scope, name, at)

    def _beginnings(
        self,
        spec: Mapping[str, Any],
        whole: Mapping[str, Any],
        scope: _Scope,
        at: _At,
        arguments: Mapping[str, Mapping[str, Any]],
    ) -> None:
        entrypoint = parts.text(whole.get("entrypoint"))
        if not entrypoint:
            where = f" and {scope.words.removesuffix(': ')} names none" if scope.ref else ""
            self._wrong(
                _At("entrypoint", "entrypoint"),
                f"there is none{where}",
                "name the template to begin with",
            )
        for field, name in (("entrypoint", entrypoint), ("onExit", parts.text(whole.get("onExit")))):
            # A name is looked for where its author could have written it.
            here = parts.text(spec.get(field)) or not scope.ref
            if name:
                self._defined(name, scope, _At(field, field) if here else at)
        self._inputs(scope, entrypoint, arguments, at)

    def _parameters(self, arguments: Mapping[str, Mapping[str, Any]]) -> None:
        at = _At("arguments.parameters", "arguments.parameters")
        if missing := [name for name, each in arguments.items() if not parts.has_value(each)]:
            self._wrong(
                at, f"there is no value for {', '.join(missing)}", "give a value, or the template a default"
            )
        for name, each in arguments.items():
            allowed, value = each.get("enum"), each.get("value")
            if (
                isinstance(allowed, list)
                and value is not None
                and parts.plain(value) not in map(parts.plain, allowed)
            ):
                choices = ", ".join(map(parts.plain, allowed)) or "nothing"
                self._wrong(at, f"{name} is {parts.plain(value)!r}", f"allowed: {choices}")

    def _walk(self, scope: _Scope, name: str, at: _At) -> None:
        """A template and all that it leads to."""
        if (scope.ref, name) in self._seen or name not in scope.templates:
            return
        self._seen.add((scope.ref, name))
        for path, words, task in parts.tasks(scope.templates[name]):
            place = f"{scope.places[name]}.{path}" if name in scope.places else at.place
            self._task(scope, _At(at.field, place, f"{scope.words}template {name!r}, {words}: "), task)

    def _task(self, scope: _Scope, at: _At, task: Mapping[str, Any]) -> None:
        arguments = parts.parameters_of(task)
        if empty := [name for name, each in arguments.items() if not parts.has_value(each)]:
            self._wrong(replace(at, place=at.inner("arguments")), f"there is no value for {', '.join(empty)}")
        if (inline := task.get("inline")) is not None:
            for path, inner, each in parts.tasks(parts.mapping(inline)):
                self._task(scope, _At(at.field, at.inner(f"inline.{path}"), f"{at.words}{inner}: "), each)
        elif (given := task.get("templateRef")) is not None:
            at = replace(at, place=at.inner("templateRef.name"))
            ref, template = parts.reference(given), parts.text(parts.mapping(given).get("template"))
            if parts.is_made(template):
                return
            found = self._template_object(ref, at)
            if found is not None:
                there = _scope(found[0], parts.mapping(found[1].get("spec")))
                self._defined(template, there, at)
                self._inputs(there, template, arguments, at)
                self._walk(there, template, at)
        elif (name := parts.text(task.get("template"))) and not parts.is_made(name):
            at = replace(at, place=at.inner("template"))
            self._defined(name, scope, at)
            self._inputs(scope, name, arguments, at)

    def _template_object(self, ref: TemplateRef, at: _At) -> tuple[TemplateRef, Mapping[str, Any]] | None:
        """The template object; None while nobody knows it."""
        if not ref.name:
            self._wrong(at, "it names no template", "write its name")
        elif parts.is_made(ref.name):
            return None
        elif ref not in self._templates:
            self.unread.setdefault(ref, f"{self._path}.{at.place}")
        elif (found := self._templates[ref]) is None:
            self._wrong(at, f"{ref.kind} {ref.name!r} was not found")
        else:
            return ref, found
        return None

    def _defined(self, name: str, scope: _Scope, at: _At) -> None:
        if not parts.is_made(name) and name not in scope.templates:
            where = f" in {scope.words.removesuffix(': ')}" if scope.ref else ""
            known = ", ".join(sorted(scope.templates)[:10]) or "no template"
            self._wrong(at, f"template {name!r} is not defined{where}", f"there is {known}")

    def _inputs(self, scope: _Scope, name: str, arguments: Mapping[str, Mapping[str, Any]], at: _At) -> None:
        """Every input of the template has a value, of its own or given."""
        if name not in scope.templates or scope.fills_inputs:
            return
        inputs = parts.named(parts.mapping(scope.templates[name].get("inputs")).get("parameters"))
        missing = [
            each for each, given in inputs.items() if each not in arguments and not parts.has_value(given)
        ]
        if missing:
            problem = f"template {name!r} gets no value for its input {', '.join(missing)}"
            self._wrong(at, problem, "give it as an argument, or the input a default")

    def _wrong(self, at: _At, problem: str, fix: str = "") -> None:
        error = SpecError(f"{self._path}.{at.field}", f"{at.words}{problem}", fix)
        self.problems.append(Problem(error, f"{self._path}.{at.place}"))
        if len(self.problems) >= self._most:
            raise _Enough


def _scope(ref: TemplateRef | None, spec: Mapping[str, Any]) -> _Scope:
    fills = "inputs" in parts.mapping(spec.get("templateDefaults"))
    given = spec.get("templates")
    places: dict[str, str] = {}
    for index, each in enumerate(given if isinstance(given, list) and not ref else ()):
        places.setdefault(parts.text(parts.mapping(each).get("name")), f"templates[{index}]")
    return _Scope(ref, parts.named(given), places, fills)
