"""The command `triggerfish match`: what an event would match and make, without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.cli.command import Command, Panel
from triggerfish.cli.events import Discriminator, FactsFile, Headers, events_of, given_of, header_of
from triggerfish.cli.files import objects
from triggerfish.cli.output import dumped_json, dumped_yaml
from triggerfish.errors import SpecError
from triggerfish.events.binding import Dialect, parse
from triggerfish.events.environment import Event
from triggerfish.events.given import Given
from triggerfish.events.match import Explainer, fault, match, reason
from triggerfish.events.plan import plan, templates_of
from triggerfish.events.rehearsal import Rehearsal, rehearsed
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef


class Language(StrEnum):
    """The dialect of a selector."""

    EXPR = "expr"
    CEL = "cel"


class DataForm(StrEnum):
    """The form of an answer."""

    YAML = "yaml"
    JSON = "json"


def match_command(
    *,
    binding: Annotated[
        list[Path], typer.Option("--binding", "-b", help="A file with WorkflowEventBindings.")
    ],
    payload: Annotated[Path, typer.Option(help="A file with the payload, in JSON.")],
    header: Headers = None,
    template: Annotated[
        list[Path] | None,
        typer.Option("--template", help="A file with the WorkflowTemplates of the bindings."),
    ] = None,
    facts: FactsFile = None,
    discriminator: Discriminator = "",
    namespace: Annotated[str, typer.Option("--namespace", "-n")] = "default",
    dialect: Annotated[
        Language, typer.Option(help="The dialect of bindings that do not name one.")
    ] = Language.EXPR,
    output: Annotated[
        DataForm, typer.Option("--output", "-o", help="The format of the output.")
    ] = DataForm.YAML,
) -> None:
    """Show what each binding makes of an event, or why nothing. Exit code 1 if none matches."""
    headers = [header_of(text) for text in header or []]
    default: Dialect = "cel" if dialect is Language.CEL else "expr"
    told = given_of(facts)
    events = list(events_of(payload, headers, discriminator, namespace))
    found = list(_found(binding, events, template or [], told, namespace, default))
    if output is DataForm.JSON:
        print(dumped_json(found))
    else:
        print(dumped_yaml(found))
    raise typer.Exit(0 if any(each["matched"] for each in found) else 1)


def _found(
    bindings: list[Path],
    events: list[Event],
    templates: list[Path],
    told: Given,
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
    for event in events:
        for one in parsed:
            yield from _tried(rehearsed(one, event, told), event, known)


def _tried(trial: Rehearsal, event: Event, templates: dict[TemplateRef, Json]) -> Iterator[Json]:
    names, learned, name = trial.names, trial.learned, trial.binding.name
    found = match([trial.binding], names, event.received, event.key)
    made: Json = {"binding": name, "matched": bool(found.matched)}
    if learned.shown:
        made["facts"] = learned.shown
    for faulty in found.faulty:
        yield made | {"reason": learned.because(faulty.binding, fault(faulty))}
    for other in found.others:
        told = learned.noted(Explainer(names, event.received, event.key))(other)
        yield made | {"reason": learned.because(other, reason(told))}
    if found.matched and trial.waits:
        yield made | {"reason": trial.ruling.reason}
        return
    wanted = {ref: templates.get(ref, {}) for ref in templates_of(found.matched)}
    planned = plan(found.matched, wanted, event, names, now=event.received)
    for create in planned.creates:
        yield made | {"workflow": create.workflow}
    for failure in planned.failures:
        yield made | {"error": learned.because(failure.binding, failure.message)}
    for _ in planned.idle:
        yield made | {"reason": "the binding submits nothing"}


def _placed(manifest: Json, namespace: str) -> Json:
    """The manifest as in a cluster; the name stands in for the uid, which only a cluster gives."""
    metadata = _metadata(manifest)
    return {**manifest, "metadata": {"namespace": namespace, "uid": metadata.get("name", ""), **metadata}}


def _ref(manifest: Json) -> TemplateRef:
    name = str(_metadata(manifest).get("name", ""))
    return TemplateRef(name, manifest.get("kind") == "ClusterWorkflowTemplate")


def _metadata(manifest: Json) -> Json:
    metadata = manifest.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


COMMAND = Command("match", match_command, Panel.CHECK)
