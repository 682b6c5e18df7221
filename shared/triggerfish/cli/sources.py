"""CronWorkflows as commands name them: files, standard input, or names in a cluster."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from triggerfish.cli import instants
from triggerfish.cli.cluster import Target, connected
from triggerfish.cli.files import readable
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import ApiError, KubeError, SpecError, TriggerfishError
from triggerfish.kube.calendar_texts import CalendarTexts
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json

KIND = "CronWorkflow"


def is_file(name: str) -> bool:
    """True when a command's argument means a file: ``-``, or anything that a name cannot be."""
    return not is_schedule(name) and (
        name == "-" or "/" in name or Path(name).suffix in (".yaml", ".yml", ".json") or Path(name).is_file()
    )


def is_schedule(name: str) -> bool:
    """True when a command's argument is itself a schedule: ``*/5 * * * *``, ``@daily``."""
    return (" " in name.strip() or name.startswith("@")) and not Path(name).exists()


def _of_schedule(text: str) -> Json:
    return {"kind": KIND, "metadata": {"name": text}, "spec": {"schedules": [text], "workflowSpec": {}}}


def from_files(paths: Sequence[str]) -> tuple[list[Json], list[TriggerfishError]]:
    """The CronWorkflows in these files (``-`` is standard input), and what is wrong beside them.

    ``TriggerfishError`` when there is none.
    """
    found: list[Json] = []
    wrong: list[TriggerfishError] = []
    for path in paths:
        for each in readable(Path(path), "NAME"):
            if isinstance(each, SpecError):
                wrong.append(each)
            elif each.get("kind") == KIND:
                metadata = each.get("metadata")
                if isinstance(metadata, dict) and metadata.get("name"):
                    found.append(each)
                else:
                    wrong.append(SpecError("metadata.name", f"a {KIND} has no name"))
    if not found:
        if wrong:
            raise TriggerfishError("\n".join(map(str, wrong)))
        places = ("standard input" if path == "-" else path for path in paths)
        raise TriggerfishError(f"there is no {KIND} in {', '.join(places)}")
    return found, wrong


def _distinct(crons: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """Each with its name; with the namespace before it where the name alone means several."""
    spaces: dict[str, set[str]] = {}
    for cron in crons:
        spaces.setdefault(str(cron["metadata"]["name"]), set()).add(str(cron["metadata"].get("namespace")))
    for cron in crons:
        name, namespace = str(cron["metadata"]["name"]), cron["metadata"].get("namespace") or "default"
        yield (name if len(spaces[name]) == 1 else f"{namespace}/{name}"), cron


async def one(target: Target, name: str) -> Json:
    """That CronWorkflow of the namespace; ``TriggerfishError`` when there is none."""
    try:
        return await target.client.get(CRON_WORKFLOWS, target.namespace, name)
    except ApiError as error:
        if error.status == 404:
            raise TriggerfishError(f"there is no {KIND} {name!r} in namespace {target.namespace}") from None
        raise


async def every(target: Target, namespace: str | None) -> list[Json]:
    """All CronWorkflows of a namespace, or of all."""
    return [body async for page in target.client.pages(CRON_WORKFLOWS, namespace) for body in page.items]


async def selected(target: Target, labels: str) -> list[Json]:
    """The CronWorkflows of the namespace that have these labels; ``TriggerfishError`` when there is none."""
    pages = target.client.pages(CRON_WORKFLOWS, target.namespace, labels=labels)
    try:
        found = [body async for page in pages for body in page.items]
    except ApiError as error:
        if error.status == 400:
            raise SpecError("--selector", error.message) from None
        raise
    if not found:
        raise TriggerfishError(f"there is no {KIND} with {labels} in namespace {target.namespace}")
    return found


async def timetable(target: Target, cron: Json) -> Timetable:
    """Its timetable, with the calendars that it names read from their ConfigMaps."""
    texts = await CalendarTexts(target.client).of(cron)
    return named(cron, texts, target.settings.default_timezone)


def named(cron: Json, calendars: Mapping[str, str], default_timezone: str) -> Timetable:
    """Its timetable; what is wrong with it is an error that names the CronWorkflow."""
    try:
        return Timetable.of(cron, default_timezone=default_timezone, calendars=calendars)
    except SpecError as error:
        name = (cron.get("metadata") or {}).get("name") or KIND
        raise TriggerfishError(f"{name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Known:
    """Timetables by the CronWorkflow's name, and what time it is where they come from.

    ``wrong`` are sentences about the CronWorkflows beside them that cannot be read.
    """

    by_name: Mapping[str, Timetable]
    now: datetime
    wrong: tuple[str, ...] = ()

    def complain(self) -> None:
        """Tell on standard error what is wrong, and leave the command with exit code 1 if anything is."""
        for sentence in self.wrong:
            print(f"triggerfish: {sentence}", file=sys.stderr)
        if self.wrong:
            raise typer.Exit(1)


def timetables(names: Sequence[str], kubeconfig: str, namespace: str, default_timezone: str) -> Known:
    """The timetables of the files, of the named CronWorkflows of the cluster, or of all of them.

    One that cannot be read hides no other; ``TriggerfishError`` when none can.
    """
    if names and all(is_schedule(name) for name in names):
        bare: dict[str, tuple[Json, Mapping[str, str]]] = {name: (_of_schedule(name), {}) for name in names}
        return _known(bare, default_timezone, Clock().now())
    if names and all(is_file(name) for name in names):
        texts: Mapping[str, str] = {}
        crons, wrong = from_files(names)
        found = {name: (cron, texts) for name, cron in _distinct(crons)}
        return _known(found, default_timezone, Clock().now(), wrong)
    if files := [name for name in names if is_file(name)]:
        raise TriggerfishError(f"{files[0]} is a file; give either files or names of CronWorkflows")

    async def read() -> Known:
        async with connected(kubeconfig, namespace) as target:
            crons: list[Json] = []
            wrong: list[TriggerfishError] = []
            for name in names:
                try:
                    crons.append(await one(target, name))
                except TriggerfishError as error:
                    if isinstance(error, KubeError):
                        raise
                    wrong.append(error)
            if not names:
                crons = await every(target, target.namespace if namespace else None)
            calendars = CalendarTexts(target.client)
            found: dict[str, tuple[Json, Mapping[str, str]]] = {}
            for cron in crons:
                metadata = cron["metadata"]
                key = (
                    metadata["name"] if names or namespace else f"{metadata['namespace']}/{metadata['name']}"
                )
                try:
                    found[key] = cron, await calendars.of(cron)
                except ApiError as error:
                    wrong.append(TriggerfishError(f"{key}: its calendar cannot be read: {error}"))
            return _known(found, target.settings.default_timezone, await instants.now(target), wrong)

    return asyncio.run(read())


def _known(
    found: Mapping[str, tuple[Json, Mapping[str, str]]],
    default_timezone: str,
    now: datetime,
    beside: Sequence[TriggerfishError] = (),
) -> Known:
    """The timetables of CronWorkflows, each with the texts of its calendars, by the name to show.

    ``beside`` is what was wrong before they could be asked.
    """
    by_name, wrong = {}, list(beside)
    for name, (cron, calendars) in found.items():
        try:
            by_name[name] = named(cron, calendars, default_timezone)
        except TriggerfishError as error:
            wrong.append(error)
    if wrong and not by_name:
        raise TriggerfishError("\n".join(map(str, wrong)))
    return Known(by_name, now, tuple(map(str, wrong)))
