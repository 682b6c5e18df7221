"""PURE. One selector over one payload, and the Workflow that would result, by production's own engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.errors import AnswerError, ExpressionError, SpecError
from triggerfish.events import binding as bindings
from triggerfish.events import plan as planner
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Environment, Event, environment
from triggerfish.events.environment import metadata as header_lists
from triggerfish.events.given import given
from triggerfish.events.needs import Learned
from triggerfish.expressions import Explanation
from triggerfish.queries.bindings import as_json
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef

# Characters of a payload's line that are shown on each side of an error.
_around = 40
_texts = (
    "payload",
    "headers",
    "discriminator",
    "dialect",
    "selector",
    "parameters",
    "template",
    "namespace",
    "facts",
)


@dataclass(frozen=True, slots=True)
class Question:
    """The page's question: every field is the text as it was typed."""

    payload: str
    headers: str
    discriminator: str
    dialect: str
    selector: str
    parameters: str
    template: str
    namespace: str
    facts: str

    @classmethod
    def of(cls, body: object) -> Question:
        """Read the page's JSON; ``AnswerError`` 400 for anything else."""
        given = body if isinstance(body, dict) else {}
        texts = {name: given.get(name, "") for name in _texts}
        if not all(isinstance(text, str) for text in texts.values()):
            raise AnswerError(400, 3, f"the body must be an object with these texts: {', '.join(_texts)}")
        return cls(**texts)

    @property
    def manifest(self) -> Json:
        """The binding as a manifest; ``SpecError`` when the lines of the arguments cannot be read."""
        submit: Json = {"workflowTemplateRef": {"name": self.template}}
        if parameters := list(_parameters(self.parameters)):
            submit["arguments"] = {"parameters": parameters}
        return {
            "metadata": {
                "name": "playground",
                "namespace": self.namespace,
                "uid": "playground",
                "annotations": {keys.DIALECT: self.dialect or "expr"},
            },
            "spec": {"event": {"selector": self.selector}} | ({"submit": submit} if self.template else {}),
        }


def answer(question: Question, template: Json | None, now: datetime) -> Json:
    """``matched``, the selector's ``tree``, the ``workflow``, or the first ``error`` with where it is.

    ``template`` None: none of that name can be read, and one that declares what the binding gives is assumed.
    """
    try:
        event = _event(question, now)
        names = environment(event)
        read = bindings.parse(question.manifest, "expr")
        if isinstance(read.selector, SpecError):
            return _wrong("Selector", str(read.selector))
        learned = given(question.facts, "Facts").learned([read], event, names)
        made: Json = {"tree": as_json(_explained(read, learned, names, now))}
        if learned.shown:
            made["facts"] = learned.shown
        try:
            matched = read.selector.evaluate(names, now=now)
        except ExpressionError as error:
            return made | _wrong("Selector", str(error))
        if matched is not True:
            return made | {"matched": False}
        made["matched"] = True
        if isinstance(read.submit, SpecError):
            return made | _wrong("Arguments", str(read.submit))
        if read.submit is None:
            return made
        if template is None:
            made["note"] = (
                f"WorkflowTemplate {question.template!r} cannot be read in namespace {question.namespace!r}: "
                "the page assumes one that declares these arguments."
            )
        found = template or _assumed(question)
        planned = planner.plan([read], {TemplateRef(question.template): found}, event, names, now=now)
    except _BadPayload as error:
        return _wrong("Payload", str(error))
    except SpecError as error:
        return _wrong(error.field, str(error))
    if planned.failures:
        return made | _wrong("Workflow", planned.failures[0].message)
    return made | {"workflow": planned.creates[0].workflow}


def _explained(read: Binding, learned: Learned, names: Environment, now: datetime) -> Explanation:
    assert not isinstance(read.selector, SpecError)  # noqa: S101  the caller looked; this tells the type checker
    told = read.selector.explain(names, now=now)
    return learned.noted(lambda _: told)(read) or told


class _BadPayload(Exception):  # noqa: N818  it never leaves this file
    """The payload is not JSON; the message says why, for people."""


def _not_json(error: json.JSONDecodeError) -> str:
    """With its place, and a caret under it; of a long line what is around."""
    line, column = error.doc.split("\n")[error.lineno - 1], error.colno - 1
    start = max(0, column - _around)
    lead = "".join(c if c == "\t" else " " for c in line[start:column])
    place = f"{error.lineno}:{error.colno}"
    return f"not JSON: {error.msg} ({place})\n | {line[start : column + _around]}\n | {lead}^"


def _wrong(where: str, text: str) -> Json:
    return {"matched": False, "error": {"where": where, "text": text}}


def _event(question: Question, now: datetime) -> Event:
    try:
        payload = json.loads(question.payload or "null")
    except json.JSONDecodeError as error:
        raise _BadPayload(_not_json(error)) from None
    except (ValueError, RecursionError) as error:
        raise _BadPayload(f"not JSON: {error}") from None
    headers = header_lists(_headers(question.headers))
    where = question.namespace, question.discriminator
    return Event(*where, payload, headers, Creator(), bytes(32), repeatable=True, received=now)


def _headers(text: str) -> Iterator[tuple[str, str]]:
    # At line feeds alone: a value may hold what Unicode calls the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()
        elif name.strip():
            raise SpecError(f"Headers, line {number}", "this is not Name: value")


def _parameters(text: str) -> list[Json]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, equals, source = line.partition("=")
        if not (name.strip() and equals and source.strip()):
            raise SpecError(f"Arguments, line {number}", "this is not name = expression")
        found.append({"name": name.strip(), "valueFrom": {"event": source.strip()}})
    return found


def _assumed(question: Question) -> Json:
    parameters = [{"name": each["name"]} for each in _parameters(question.parameters)]
    return {
        "metadata": {"name": question.template, "namespace": question.namespace},
        "spec": {"arguments": {"parameters": parameters}},
    }
