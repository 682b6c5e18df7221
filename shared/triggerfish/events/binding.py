"""A WorkflowEventBinding, parsed once: what it selects, and what it submits then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal, TypeVar

from triggerfish import annotations as keys
from triggerfish import expressions
from triggerfish.errors import ExpressionError, SpecError, again
from triggerfish.events.concurrency import KeyPolicy, policy_of
from triggerfish.events.environment import METADATA_NAMES, NAMES
from triggerfish.events.orders import CommentCommand, commands_of
from triggerfish.events.reporting import Context, parsed
from triggerfish.expressions import Program
from triggerfish.hosts.facts import ASKED
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef

Dialect = Literal["expr", "cel"]

T = TypeVar("T")
_annotations = "metadata.annotations"
# Texts (names and expressions) of a binding, and their characters together.
MOST_TEXTS = 2_000
MOST_CHARACTERS = 256 << 10
Programs = tuple[tuple[str, Program], ...]


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Which runs of a binding must not meet: those with the same ``key`` (None: all of the binding).

    ``order`` gives what tells an older event from a newer one; None: what the payload says, if anything.
    """

    policy: KeyPolicy
    key: Program | None
    order: Program | None


class NameTaken(Enum):
    """What it means that another delivery took the Workflow's fixed name."""

    FAILS = "fail"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Submit:
    """What to run on a match; the programs of metadata give text, each parameter's gives its value.

    ``deduplication`` gives what tells one event from another in place of its delivery.
    """

    template: TemplateRef
    name: Program | None
    generate_name: Program | None
    labels: Programs
    annotations: Programs
    parameters: Programs
    concurrency: Concurrency | None
    deduplication: Program | None = None
    name_taken: NameTaken = NameTaken.FAILS

    @property
    def has_metadata(self) -> bool:
        """Return whether it says anything of the Workflow's metadata."""
        return bool(self.name or self.generate_name or self.labels or self.annotations)

    @property
    def programs(self) -> Iterator[Program]:
        """All expressions of it."""
        rule = self.concurrency
        ordering = (rule.key, rule.order) if rule else ()
        for one in (self.name, self.generate_name, self.deduplication, *ordering):
            if one is not None:
                yield one
        for _, program in (*self.labels, *self.annotations, *self.parameters):
            yield program


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding as read at one resourceVersion.

    A ``SpecError`` in place of ``selector`` or ``submit`` is what is wrong with that part: the rest of the
    bindings must not suffer from it. ``submit`` None: it matches and runs nothing. ``report`` names the
    status of its runs on their commits; one that is wrong keeps nothing from running.
    """

    namespace: str
    name: str
    uid: str
    dialect: Dialect
    selector: Program | SpecError
    submit: Submit | SpecError | None
    # Commands in comments that it obeys. With any, what a fork's pull request brings waits for rights.
    commands: frozenset[CommentCommand] = frozenset()
    # The facts that a host may be asked for: all that it reads, and those that what it submits reads.
    facts: frozenset[str] = frozenset()
    submit_facts: frozenset[str] = frozenset()
    report: Context | SpecError | None = None


def parse(obj: Json, default_dialect: Dialect) -> Binding:
    """Read a binding; never raises, whatever the object holds."""
    # The API server has checked the metadata; nobody has checked that of a file.
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    identity = str(metadata.get("namespace", "")), str(metadata.get("name", "")), str(metadata.get("uid", ""))
    try:
        annotations = _map(metadata, "metadata", "annotations")
        dialect = _dialect(annotations.get(keys.DIALECT), default_dialect)
        spec = _map(obj, "", "spec")
        _bounded(spec)
    except SpecError as error:
        return Binding(*identity, default_dialect, error, None)
    try:
        commands = commands_of(annotations.get(keys.COMMANDS), f"{_annotations}[{keys.COMMANDS}]")
    except SpecError as error:
        # Nothing may run: perhaps it was to wait for somebody.
        return Binding(*identity, dialect, error, None)
    reader = _Reader(dialect, facts_alone=bool(commands))
    selector = _attempt(lambda: reader.program(_map(spec, "spec", "event"), "spec.event", "selector"))
    submit = _attempt(lambda: reader.submit(spec, annotations))
    name = f"{_annotations}[{keys.REPORT}]"
    report = _attempt(lambda: parsed(annotations.get(keys.REPORT), name, reader.compiled))
    submit_facts = _facts(submit.programs) if isinstance(submit, Submit) else frozenset()
    if report is not None:
        # What is told, is told of a commit.
        submit_facts |= {"sha"} | (
            _facts([report]) if not isinstance(report, str | SpecError) else frozenset()
        )
    facts = submit_facts if isinstance(selector, SpecError) else submit_facts | _facts([selector])
    return Binding(*identity, dialect, selector, submit, commands, facts, submit_facts, report)


def _facts(programs: Iterable[Program]) -> frozenset[str]:
    found: set[str] = set()
    for program in programs:
        # A thousand bindings that read none are not to be parsed twice.
        if "git" in program.source:
            members = program.members("git")
            found |= ASKED if members is None else members & ASKED
    return frozenset(found)


def _bounded(spec: Json) -> None:
    """Raise ``SpecError`` for one that takes long to be read; it is read again whenever it changes."""
    number = size = 0
    left: list[Any] = [spec]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str):
            number, size = number + 1, size + len(value)
    for found, most, what in ((number, MOST_TEXTS, "texts"), (size, MOST_CHARACTERS, "characters")):
        if found > most:
            raise SpecError(
                "spec", f"it has {found} {what}; no more than {most} are read", "split the binding"
            )


@dataclass(frozen=True, slots=True)
class _Reader:
    """``facts_alone``: no expression may read the payload."""

    dialect: Dialect
    facts_alone: bool
    names: Mapping[str, Any] = field(default_factory=lambda: NAMES)

    def program(self, parent: Json, path: str, key: str) -> Program:
        source = parent.get(key)
        if not isinstance(source, str) or not source.strip():
            raise SpecError(
                f"{path}.{key}", "there is no expression", "write one, such as: payload.message != nil"
            )
        return self.compiled(f"{path}.{key}", source)

    def optional(self, parent: Json, path: str, key: str) -> Program | None:
        return self.program(parent, path, key) if parent.get(key) else None

    def compiled(self, field: str, source: str) -> Program:
        try:
            program = expressions.compile(source, self.dialect, names=self.names)
        except ExpressionError as error:
            raise SpecError(field, str(error)) from None
        if self.facts_alone and program.members("payload") != frozenset():
            problem = f"with the annotation {keys.COMMANDS} it may not read payload, which may be a comment's"
            raise SpecError(field, problem, "read git, which describes the pull request")
        return program

    def each(self, parent: Json, path: str, key: str) -> Programs:
        sources = _map(parent, path, key)
        return tuple((name, self.program(sources, f"{path}.{key}", name)) for name in sources)

    def submit(self, spec: Json, annotations: Json) -> Submit | None:
        if spec.get("submit") is None:
            return None
        submit = _map(spec, "spec", "submit")
        ref = _map(submit, "spec.submit", "workflowTemplateRef")
        name = ref.get("name")
        if not isinstance(name, str) or not name:
            raise SpecError(
                "spec.submit.workflowTemplateRef.name", "there is no name", "name the template to run"
            )
        metadata = _map(submit, "spec.submit", "metadata")
        path = "spec.submit.metadata"
        text = replace(self, names=METADATA_NAMES)
        arguments = _map(submit, "spec.submit", "arguments")
        return Submit(
            TemplateRef(name, ref.get("clusterScope") is True),
            text.optional(metadata, path, "name"),
            text.optional(metadata, path, "generateName"),
            text.each(metadata, path, "labels"),
            text.each(metadata, path, "annotations"),
            tuple(self.parameters(arguments.get("parameters") or [])),
            self.concurrency(annotations),
            self.optional(annotations, _annotations, keys.DEDUPLICATION_KEY),
            _name_taken(annotations.get(keys.NAME_TAKEN)),
        )

    def parameters(self, parameters: Any) -> list[tuple[str, Program]]:
        path = "spec.submit.arguments.parameters"
        if not isinstance(parameters, list):
            raise SpecError(path, "this is not a list", "write a list of {name, valueFrom: {event}}")
        read = []
        for index, parameter in enumerate(parameters):
            at = f"{path}[{index}]"
            if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
                raise SpecError(f"{at}.name", "a parameter has no name", "name the template's parameter")
            source = _map(parameter, at, "valueFrom").get("event")
            if not isinstance(source, str) or not source.strip():
                raise SpecError(
                    f"{at}.valueFrom.event",
                    f"parameter {parameter['name']!r} has no expression",
                    "write one, such as: payload.message",
                )
            read.append((parameter["name"], self.compiled(f"{at}.valueFrom.event", source)))
        return read

    def concurrency(self, annotations: Json) -> Concurrency | None:
        path = _annotations
        text = annotations.get(keys.CONCURRENCY_POLICY)
        key = self.optional(annotations, path, keys.CONCURRENCY_KEY)
        order = self.optional(annotations, path, keys.CONCURRENCY_ORDER)
        policy = policy_of(text, f"{path}[{keys.CONCURRENCY_POLICY}]")
        return None if policy is KeyPolicy.ALLOW else Concurrency(policy, key, order)


def _attempt(read: Callable[[], T]) -> T | SpecError:
    try:
        return read()
    except SpecError as error:
        return again(error)


def _map(parent: Json, path: str, key: str) -> Json:
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SpecError(f"{path}.{key}" if path else key, "this is not a map")
    return value


def _name_taken(text: object) -> NameTaken:
    if text in (None, ""):
        return NameTaken.FAILS
    for meaning in NameTaken:
        if text == meaning.value:
            return meaning
    known = " or ".join(meaning.value for meaning in NameTaken)
    raise SpecError(f"{_annotations}[{keys.NAME_TAKEN}]", f"{str(text)[:40]!r} is unknown", f"write {known}")


def _dialect(text: object, default: Dialect) -> Dialect:
    if text in (None, ""):
        return default
    if text not in ("expr", "cel"):
        raise SpecError(
            f"metadata.annotations[{keys.DIALECT}]", f"there is no dialect {text!r}", "write expr or cel"
        )
    return "cel" if text == "cel" else "expr"
