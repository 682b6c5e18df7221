"""The command `triggerfish backfill`: run the slots of a past range, some at a time; it can be resumed."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from triggerfish import annotations as keys
from triggerfish.cli import instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, Target, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.completion import CronName
from triggerfish.cli.output import Form, Output, moment, show
from triggerfish.cli.sources import one, timetable
from triggerfish.cron.explaining import backfill as core
from triggerfish.cron.explaining.backfill import BackfillRequest, Which
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.schedules import dates
from triggerfish.cron.schedules.zones import Zone
from triggerfish.errors import ApiError, TriggerfishError
from triggerfish.kube.resources import CONFIG_MAPS, WORKFLOWS
from triggerfish.workflows.endings import SUCCEEDED
from triggerfish.workflows.objects import Json

_look_every = 1.0


def backfill(
    name: CronName,
    *,
    first: Annotated[
        str, typer.Option("--from", help="The first day or time, such as 2026-11-01 or 2026-11-01T06:00.")
    ],
    last: Annotated[str, typer.Option("--to", help="The last day or time; a day counts to its end.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show which slots would run.")] = False,
    reverse: Annotated[bool, typer.Option("--reverse", help="Run the latest slots first.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=100, help="How many slots to run at a time.")] = 1,
    policy: Annotated[
        Which, typer.Option(help="Run slots without a run, also slots whose run failed, or all slots.")
    ] = Which.MISSING,
    argname: Annotated[
        str, typer.Option(help="The parameter that receives the time of the slot.", show_default=False)
    ] = "",
    timezone: Annotated[
        str, typer.Option(help="The zone of --from and --to. Default: UTC.", show_default=False)
    ] = "",
    output: Output = Form.TABLE,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Run the slots of a past range. The same command continues where it was stopped.

    The CronWorkflow, its concurrency policy and its history limits do not count these runs.
    """
    zone = instants.zone(timezone)
    request = BackfillRequest(
        instants.period(first, "--from", zone).start,
        instants.period(last, "--to", zone).end - dates.SECOND,
        policy,
        reverse,
        argname,
    )

    async def work() -> int:
        async with connected(kubeconfig, namespace) as target:
            cron = await one(target, name)
            job = Job(target, cron, request, parallel)
            slots = core.slots(await timetable(target, cron), request)
            await job.begin(slots)
            if dry_run:
                job.show(slots, output, zone)
                return 0
            with _bar() as bar:
                await job.run(bar)
            job.show(slots, output, zone)
            return 1 if job.failures else 0

    raise typer.Exit(asyncio.run(work()))


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # On standard error, so that -o json stays what it is.
    error = Console(stderr=True)
    return Progress(*columns, console=error, disable=not sys.stderr.isatty())


@dataclass(slots=True)
class Job:
    """One backfill of one CronWorkflow: looks, creates, records, until all have finished."""

    target: Target
    cron: Json
    request: BackfillRequest
    parallel: int
    progress: core.Progress = field(default_factory=core.Progress)
    recorded: core.Progress | None = None
    found: list[Run] = field(default_factory=list)
    wanted: tuple[datetime, ...] = ()
    names: dict[datetime, str] = field(default_factory=dict)
    told: str = ""

    @property
    def failures(self) -> int:
        """The number of wanted slots that ended badly."""
        return sum(self.progress.phase(slot) not in ("", SUCCEEDED) for slot in self.wanted)

    async def begin(self, slots: tuple[datetime, ...]) -> None:
        """Find out what there is, and what an earlier call of the same command did."""
        self.names = {slot: core.name(self.cron, self.request, slot) for slot in slots}
        self.progress = self.recorded = await self._recorded()
        await self._look()
        self.wanted = core.wanted(slots, self.found, self.request.which)
        self._note()

    async def run(self, bar: Progress) -> None:
        """Carry it out, to the end of the last Workflow."""
        task = bar.add_task(self.cron["metadata"]["name"], total=len(self.wanted))
        while True:
            step = core.step(self.wanted, self.found, self.progress, self.names, parallel=self.parallel)
            for slot in step.create:
                await self._create(slot)
            await self._record()
            done = sum(bool(self.progress.phase(slot)) for slot in self.wanted)
            running = len(step.running) + len(step.create)
            bar.update(task, completed=done, description=f"{running} running")
            self._tell(bar, f"{done} of {len(self.wanted)} done, {running} running")
            if step.over:
                return
            if not step.create:
                await self.target.clock.sleep(_look_every)
            await self._look()
            self._note()

    def _tell(self, bar: Progress, news: str) -> None:
        """A line of it where no bar can be drawn: a log shows that something goes on."""
        if bar.disable and news != self.told:
            typer.echo(news, err=True)
            self.told = news

    def show(self, slots: tuple[datetime, ...], form: Form, zone: Zone) -> None:
        """Each slot of the range, and what became or would become of it."""
        regular = {run.slot: run for run in self.found if run.kind is RunKind.SCHEDULED}
        own = {run.name: run for run in self.found if run.kind is RunKind.BACKFILL}
        asked = set(self.wanted)
        rows = []
        for slot in slots:
            run, mine = regular.get(slot), own.get(self.names[slot])
            if slot not in asked:
                state, workflow = "ran", run.name if run else ""
            else:
                finished = self.progress.phase(slot)
                state = finished.lower() or ("running" if mine else "to run")
                workflow = self.names[slot]
            rows.append({"slot": moment(slot, zone.info), "state": state, "workflow": workflow})
        show(rows, form, columns=["slot", "state", "workflow"], empty="there is no slot in this range")

    def _note(self) -> None:
        expected = set(self.names.values())
        mine = [run for run in self.found if run.kind is RunKind.BACKFILL and run.name in expected]
        self.progress = self.progress.having(mine, self.wanted)

    async def _look(self) -> None:
        name = self.cron["metadata"]["name"]
        self.found = []
        for selector in (f"{keys.CRON_WORKFLOW}={name}", f"{keys.BACKFILL}={name}"):
            pages = self.target.client.pages(
                WORKFLOWS, self.target.namespace, labels=selector, metadata_only=True
            )
            async for page in pages:
                self.found += [run for item in page.items if (run := Run.of(item))]

    async def _create(self, slot: datetime) -> None:
        body = core.workflow(self.cron, self.request, slot, self.target.settings.instance_id)
        try:
            await self.target.client.create(WORKFLOWS, self.target.namespace, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            name = body["metadata"]["name"]
            there = await self.target.client.get(WORKFLOWS, self.target.namespace, name)
            if (there["metadata"].get("labels") or {}).get(keys.BACKFILL) != self.cron["metadata"]["name"]:
                raise TriggerfishError(
                    f"a Workflow {name} exists already and does not belong to this backfill"
                ) from None

    async def _recorded(self) -> core.Progress:
        name = core.config_map(self.cron, self.request, core.Progress())["metadata"]["name"]
        try:
            return core.Progress.of(await self.target.client.get(CONFIG_MAPS, self.target.namespace, name))
        except ApiError as error:
            if error.status == 404:
                return core.Progress()
            raise

    async def _record(self) -> None:
        if self.progress == self.recorded:
            return
        body = core.config_map(self.cron, self.request, self.progress)
        client, namespace = self.target.client, self.target.namespace
        try:
            await client.create(CONFIG_MAPS, namespace, body)
        except ApiError as error:
            if error.status != 409:
                raise
            await client.patch(CONFIG_MAPS, namespace, body["metadata"]["name"], {"data": body["data"]})
        self.recorded = self.progress


COMMAND = Command("backfill", backfill, Panel.ACT)
