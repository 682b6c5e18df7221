"""The command `triggerfish explain event`: why a binding takes an event, or does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.cli import completion
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.events import Discriminator, FactsFile, Headers, events_of, given_of, header_of
from triggerfish.cli.output import Form, Output, dumped_json, dumped_yaml
from triggerfish.errors import ApiError, ExpressionError, SpecError, TriggerfishError
from triggerfish.events import deliveries, reporting
from triggerfish.events.binding import Binding, parse
from triggerfish.events.environment import Environment, Event
from triggerfish.events.given import Given
from triggerfish.events.match import Explainer, event_budget, fault, match, reason
from triggerfish.events.needs import written
from triggerfish.events.plan import plan, templates_of
from triggerfish.events.rehearsal import rehearsed
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CONFIG_MAPS,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
)
from triggerfish.queries import event_runs
from triggerfish.queries.bindings import as_json
from triggerfish.queries.event_runs import EventRun
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef

_ever = datetime.fromtimestamp(0, UTC)


def explain_event(
    binding: Annotated[
        str,
        typer.Argument(
            help="The name of a WorkflowEventBinding.",
            show_default=False,
            autocompletion=completion.bindings,
        ),
    ] = "",
    *,
    payload: Annotated[
        Path | None, typer.Option(help="A file with the payload, in JSON.", show_default=False)
    ] = None,
    header: Headers = None,
    facts: FactsFile = None,
    discriminator: Discriminator = "",
    delivery: Annotated[
        str,
        typer.Option(
            "--delivery",
            help="Show the recorded delivery with this id, instead of a payload.",
            show_default=False,
        ),
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Show each part of a binding's selector with its value, and the Workflow that would result.

    With --delivery, show what each binding (or only BINDING) made of a recorded delivery. Exit code 1 if
    nothing matches, or if a Workflow cannot be made, or could not.
    """
    if (payload is None) == (not delivery):
        raise typer.BadParameter("give a payload with --payload, or an id with --delivery")
    if payload is not None and not binding:
        raise typer.BadParameter("name the binding that the payload is for")

    async def work() -> list[Json]:
        async with connected(kubeconfig, namespace) as target:
            if payload is None:
                return await _recorded(target, delivery, binding)
            headers = [header_of(text) for text in header or []]
            read = await _binding(target, binding)
            events = events_of(payload, headers, discriminator, target.namespace)
            told = given_of(facts)
            return [await _explained(target, read, event, told) for event in events]

    found = asyncio.run(work())
    if output is Form.JSON:
        print(dumped_json(found))
    elif output is Form.YAML:
        print(dumped_yaml(found))
    else:
        print("\n\n".join("\n".join(_lines(each)) for each in found))
    failed = any(each.get("failed") for each in found)
    raise typer.Exit(0 if any(each["matched"] for each in found) and not failed else 1)


async def _binding(target: Target, name: str) -> Binding:
    try:
        body = await target.client.get(WORKFLOW_EVENT_BINDINGS, target.namespace, name)
    except ApiError as error:
        if error.status != 404:
            raise
        problem = f"there is no WorkflowEventBinding {name!r} in namespace {target.namespace}"
        raise TriggerfishError(problem) from None
    return parse(body, target.settings.expression_dialect)


async def _explained(target: Target, binding: Binding, event: Event, given: Given) -> Json:
    trial = rehearsed(binding, event, given)
    binding, names, learned = trial.binding, trial.names, trial.learned
    made: Json = {"binding": binding.name, "matched": False}
    if learned.shown:
        made["facts"] = learned.shown
    told = learned.noted(Explainer(names, event.received, event.key))(binding)
    if told is not None:
        made["tree"] = as_json(told)
    found = match([binding], names, event.received, event.key)
    for faulty in found.faulty:
        return made | {"failed": True, "reason": learned.because(binding, fault(faulty))}
    if found.others:
        return made | {"reason": learned.because(binding, reason(told))}
    made["matched"] = True
    if trial.waits:
        return made | {"reason": trial.ruling.reason}
    templates = {ref: await _template(target, ref) for ref in templates_of(found.matched)}
    planned = plan(
        found.matched, templates, event, names, now=event.received, instance_id=target.settings.instance_id
    )
    for failure in planned.failures:
        return made | {"failed": True, "reason": learned.because(binding, failure.message)}
    for create in planned.creates:
        return made | _report(binding, event, names) | {"workflow": create.workflow}
    return made | {"reason": "the binding submits nothing"}


def _report(binding: Binding, event: Event, names: Environment) -> Json:
    """Where the run would be reported, with REPORTS=on and a credential for that."""
    try:
        name = reporting.context(binding.report, event, names, event.received, event_budget())
    except (SpecError, ExpressionError) as error:
        return {"report": f"not reported: {error}"}
    if name is None:
        return {}
    git = names["git"]
    return {"report": f"{name} on {git['repository'] or 'no repository'}@{git['sha'] or 'no commit'}"}


async def _template(target: Target, ref: TemplateRef) -> Json | str:
    """The template, or why there is none."""
    try:
        if ref.cluster_scope:
            return await target.client.get(CLUSTER_WORKFLOW_TEMPLATES, None, ref.name)
        return await target.client.get(WORKFLOW_TEMPLATES, target.namespace, ref.name)
    except ApiError as error:
        return error.message


async def _recorded(target: Target, identity: str, binding: str) -> list[Json]:
    """The verdict of each binding on that delivery, or of that one alone."""
    try:
        body = await target.client.get(CONFIG_MAPS, target.namespace, deliveries.CONFIG_MAP)
    except ApiError as error:
        if error.status != 404:
            raise
        problem = f"no delivery is recorded in namespace {target.namespace}; DELIVERY_RECORD turns it on"
        raise TriggerfishError(problem) from None
    records = deliveries.read(target.namespace, body.get("data"), since=_ever)
    record = next((each for each in reversed(records) if each["id"] == identity), None)
    if record is None:
        raise TriggerfishError(f"no record of delivery {identity!r} was found; it may be too old")
    kept = ("matched", "tree", "reason", "report")
    found: list[Json] = [
        {"binding": each["name"]} | {key: each[key] for key in kept if key in each}
        for each in record["bindings"]
        if binding in ("", each["name"])
    ]
    if record["facts"]:
        found = [each | {"facts": record["facts"]} for each in found]
    for run in await _runs(target, record["workflows"]):
        for each in found:
            if each["binding"] == run.binding:
                told = {"status": str(run.report)} if run.report else {}
                each.setdefault("runs", []).append(run.as_json() | told)
    if record["cause"] and not binding:
        found = [{"binding": "", "matched": False, "reason": record["reason"], "cause": record["cause"]}]
    if record["result"] == "failed":
        found = [each | ({"failed": True} if each["matched"] and each["reason"] else {}) for each in found]
    if not found:
        raise TriggerfishError(f"the record of delivery {identity!r} does not name a binding {binding!r}")
    return found


async def _runs(target: Target, names: Sequence[str]) -> Sequence[EventRun]:
    """What became of the Workflows that a delivery has made, as far as somebody may list them."""
    try:
        return await event_runs.named(target.client, target.namespace, names)
    except ApiError as error:
        if error.status != 403:
            raise
        return ()


def _lines(found: Json) -> Iterator[str]:
    if "cause" in found:
        yield f"it was refused before any binding was asked ({found['cause']})"
        yield str(found["reason"])
        return
    yield f"{found['binding']}: {'matches' if found['matched'] else 'does not match'}"
    if "tree" in found:
        yield from _drawn([found["tree"]], "  ")
    for name, came in found.get("facts", {}).items():
        yield f"{written(name)}, from the Git host: {came}"
    if found.get("reason"):
        yield str(found["reason"])
    if found.get("report"):
        yield f"status on the commit: {found['report']}"
    for run in found.get("runs", ()):
        place = f", commit {run['commit']}" if run["commit"] else ""
        newer = f", superseded by {run['superseded_by']}" if run["superseded_by"] else ""
        yield f"run {run['name']}: {run['phase']}{place}{newer}"
        if run["report"]:
            yield f"status of {run['status']}"
    if "workflow" in found:
        yield ""
        yield dumped_yaml(found["workflow"])


def _drawn(parts: Sequence[Json], indent: str) -> Iterator[str]:
    for part in parts:
        text = " ".join(part["text"].split())
        if not part["reached"]:
            yield f"{indent}{text}  (not reached)"
        elif "error" in part:
            yield f"{indent}{text}  fails: {part['error']}"
        else:
            note = f": {part['note']}" if part.get("note") else ""
            yield f"{indent}{text}  = {part['value']}{note}"
        yield from _drawn(part["parts"], indent + "  ")
        if part.get("more"):
            yield f"{indent}  … and {part['more']} more parts"


COMMAND = Command("explain event", explain_event, Panel.LOOK)
