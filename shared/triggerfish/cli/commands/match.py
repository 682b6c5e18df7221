"""The command `triggerfish match`: what an event would match and make, without a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml

from triggerfish.cli.files import content, objects
from triggerfish.errors import AnswerError, SpecError
from triggerfish.events import environment as environments
from triggerfish.events import occurrences
from triggerfish.events.binding import Dialect, parse
from triggerfish.events.environment import Event
from triggerfish.events.match import Explainer, fault, match, reason
from triggerfish.events.plan import plan, templates_of
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef


class Language(StrEnum):
    """What a selector may be written in."""

    EXPR = "expr"
    CEL = "cel"


class Shape(StrEnum):
    """How to show what was found."""

    YAML = "yaml"
    JSON = "json"


def match_command(
    *,
    binding: Annotated[list[Path], typer.Option("--binding", "-b", help="A file with bindings.")],
    payload: Annotated[Path, typer.Option(help="A file with the payload, JSON.")],
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="'Name: value'")] = None,
    template: Annotated[
        list[Path] | None, typer.Option("--template", help="A file with the templates they run.")
    ] = None,
    discriminator: Annotated[str, typer.Option("--discriminator", "-d")] = "",
    namespace: Annotated[str, typer.Option("--namespace", "-n")] = "default",
    dialect: Annotated[Language, typer.Option(help="Of selectors that do not say it.")] = Language.EXPR,
    output: Annotated[Shape, typer.Option("--output", "-o", help="The form of the answer.")] = Shape.YAML,
) -> None:
    """Show what each binding makes of an event, and why not. Exit code 1 when none of them matches."""
    headers = [header_of(text) for text in header or []]
    default: Dialect = "cel" if dialect is Language.CEL else "expr"
    found = list(_found(binding, payload, headers, template or [], discriminator, namespace, default))
    if output is Shape.JSON:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), end="")
    raise typer.Exit(0 if any(each["matched"] for each in found) else 1)


def _found(
    bindings: list[Path],
    payload: Path,
    headers: list[tuple[str, str]],
    templates: list[Path],
    discriminator: str,
    namespace: str,
    dialect: Dialect,
) -> Iterator[Json]:
    parsed = [
        parse(_placed(manifest, namespace), dialect)
        for path in bindings
        for manifest in objects(path, "--binding")
        if manifest.get("kind") == "WorkflowEventBinding"
    ]
    if not parsed:
        raise SpecError("--binding", f"there is no WorkflowEventBinding in {', '.join(map(str, bindings))}")
    known = {_ref(found): found for path in templates for found in objects(path, "--template")}
    for event in events_of(payload, headers, discriminator, namespace):
        names = environments.environment(event)
        matches = match(parsed, names, event.received, event.key)
        explain = Explainer(names, event.received, event.key)
        wanted = {ref: known.get(ref, {}) for ref in templates_of(matches.matched)}
        planned = plan(matches.matched, wanted, event, names, now=event.received)
        for create in planned.creates:
            yield {"binding": create.binding.name, "matched": True, "workflow": create.workflow}
        for failure in planned.failures:
            yield {"binding": failure.binding.name, "matched": True, "error": failure.message}
        for idle in planned.idle:
            yield {"binding": idle.name, "matched": True, "reason": "the binding submits nothing"}
        for faulty in matches.faulty:
            yield {"binding": faulty.binding.name, "matched": False, "reason": fault(faulty)}
        for other in matches.others:
            yield {"binding": other.name, "matched": False, "reason": reason(explain(other))}


def events_of(
    payload: Path, headers: list[tuple[str, str]], discriminator: str, namespace: str
) -> Iterator[Event]:
    """The events in a file: one, or each of a batch of CloudEvents."""
    body = content(payload, "--payload")
    try:
        found = occurrences.read({name.lower(): value for name, value in headers}, body)
    except AnswerError as error:
        raise SpecError("--payload", error.message) from None
    for occurrence in found:
        attributes = {name: [value] for name, value in occurrence.attributes.items()}
        yield Event(
            namespace,
            discriminator,
            occurrence.payload,
            environments.metadata(headers) | attributes,
            Creator(),
            digest(occurrence.identity),
            repeatable=True,
            received=Clock().now(),
            occurred=occurrence.occurred,
        )


def _placed(manifest: Json, namespace: str) -> Json:
    """As it would stand in the cluster; the name stands for the uid that it has not got yet."""
    metadata = _metadata(manifest)
    return {**manifest, "metadata": {"namespace": namespace, "uid": metadata.get("name", ""), **metadata}}


def _ref(manifest: Json) -> TemplateRef:
    name = str(_metadata(manifest).get("name", ""))
    return TemplateRef(name, manifest.get("kind") == "ClusterWorkflowTemplate")


def _metadata(manifest: Json) -> Json:
    metadata = manifest.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def header_of(text: str) -> tuple[str, str]:
    """A header as commands take it, ``Name: value``."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise SpecError("--header", f"{text!r} is not of the form NAME: VALUE")
    return name.strip(), value.strip()
