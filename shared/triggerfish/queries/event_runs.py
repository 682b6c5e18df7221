"""Runs that events have started: their commits, what was told of them there, and what superseded them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.errors import ApiError
from triggerfish.hosts.reports import intent
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.progress import Mark
from triggerfish.hosts.times import seconds
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOWS
from triggerfish.workflows.objects import Json

_most_named = 20
_shown = 12
_epoch = datetime.fromtimestamp(0, UTC)

# The reasons of the Kubernetes Events that the cron function writes on a Workflow.
_trouble_reasons = frozenset({"ReportFailed", "ReportIgnored", "ReportGivenUp"})

NOT_READ = "what went wrong is not known: you may not list Events"
"""Stands for a problem where somebody may not read it."""


@dataclass(frozen=True, slots=True)
class ReportTrouble:
    """A Kubernetes Event about a report: ``at`` is in seconds since 1970."""

    at: float
    message: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """``intent`` is what the Workflow claims, ``mark`` what was told last; None: nothing was told yet.

    ``stage`` is the label: ``pending``, ``running``, ``ended`` or ``done``. ``problem`` is what has gone
    wrong since the last time that it was told; it may be empty.
    """

    workflow: str
    intent: Intent
    stage: str
    mark: Mark | None = None
    problem: str = ""

    @classmethod
    def of(cls, workflow: Json) -> RunReport | None:
        """The report that a Workflow carries, its seal unchecked; None for one that is not reported."""
        metadata = workflow["metadata"]
        notes, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
        sealed = intent.read(notes.get(keys.REPORT))
        if sealed is None or keys.REPORT not in labels:
            return None
        return cls(
            metadata["name"], sealed.intent, str(labels[keys.REPORT]), Mark.read(notes.get(keys.REPORTED))
        )

    @property
    def status(self) -> str:
        """In a few words: ``ci/build: success``."""
        return f"{self.intent.context}: {self._told}"

    @property
    def _told(self) -> str:
        if self.mark is None:
            return "nothing was told yet"
        return self.mark.state.value if self.mark.state else f"superseded by {self.mark.by}"

    def __str__(self) -> str:
        """In one line, for people."""
        told = "nothing was told yet" if self.mark is None else f"last told: {self.mark}"
        return f"{self.workflow}: {self.intent}: {self.stage}, {told}" + (
            f"; {self.problem}" if self.problem else ""
        )

    def as_json(self) -> Json:
        """With times in seconds since 1970; ``state`` is empty while nothing was told, or a newer run is."""
        state = self.mark.state if self.mark else None
        return {
            "context": self.intent.context,
            "stage": self.stage,
            "state": state.value if state else "",
            "at": int(self.mark.at) if self.mark else None,
            "status": self.status,
            "problem": self.problem,
        }

    def troubled(self, trouble: ReportTrouble | None) -> RunReport:
        """The same with what went wrong, unless it was put right since."""
        if trouble is None or (self.mark and trouble.at < self.mark.at):
            return self
        return replace(self, problem=trouble.message)


@dataclass(frozen=True, slots=True)
class EventRun:
    """One Workflow. ``phase`` is Argo's word, empty at first, ``message`` Argo's, mostly of a failure.

    ``repository`` and ``sha`` (in full) are empty where the Workflow does not name them. ``report`` is
    None where nobody asked for one; ``superseded_by`` is the run that took its place, or empty.
    """

    namespace: str
    name: str
    binding: str
    phase: str
    created: datetime
    finished: datetime | None
    message: str
    repository: str = ""
    sha: str = ""
    report: RunReport | None = None
    superseded_by: str = ""

    @classmethod
    def of(cls, workflow: Json) -> EventRun:
        """Read a Workflow."""
        metadata = workflow["metadata"]
        labels, notes = metadata.get("labels") or {}, metadata.get("annotations") or {}
        status = workflow.get("status")
        status = status if isinstance(status, dict) else {}
        report = RunReport.of(workflow)
        newer = report.mark.by if report and report.mark else ""
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            binding=str(labels.get(keys.WORKFLOW_EVENT_BINDING) or ""),
            phase=str(status.get("phase") or labels.get(keys.PHASE) or ""),
            created=times.read(metadata.get("creationTimestamp")) or _epoch,
            finished=times.read(status.get("finishedAt")),
            message=str(status.get("message") or ""),
            repository=report.intent.repository if report else "",
            # Runs of a key name it too: they are ordered by it.
            sha=report.intent.sha if report else _pushed(notes.get(keys.COMMITS)),
            report=report,
            superseded_by=str(notes.get(keys.SUPERSEDED_BY) or newer),
        )

    @property
    def commit(self) -> str:
        """The commit as people read it: ``org/app@1a2b3c4d5e6f``; empty where it is not known."""
        return "@".join(filter(None, (self.repository, self.sha[:_shown])))

    @property
    def note(self) -> str:
        """What else a list should say: what superseded it, and what is wrong with its report."""
        status, problem = (self.report.status, self.report.problem) if self.report else ("", "")
        newer = f"superseded by {self.superseded_by}" if self.superseded_by else ""
        return "; ".join(filter(None, ("" if status.endswith(newer) else newer, problem)))

    def as_json(self) -> Json:
        """With times in seconds since 1970."""
        return {
            "name": self.name,
            "binding": self.binding,
            "phase": self.phase or "Pending",
            "created": int(self.created.timestamp()),
            "finished": int(self.finished.timestamp()) if self.finished else None,
            "message": self.message,
            "commit": self.commit,
            "sha": self.sha,
            "report": self.report.as_json() if self.report else None,
            "superseded_by": self.superseded_by,
        }

    def troubled(self, trouble: ReportTrouble | None) -> EventRun:
        """The same with what went wrong with its report."""
        return replace(self, report=self.report.troubled(trouble)) if self.report else self


async def every(client: Client, namespace: str | None) -> list[EventRun]:
    """All runs that bindings have started, of a namespace or of all. Two lists at most."""
    found = []
    async for page in client.pages(WORKFLOWS, namespace, labels=keys.WORKFLOW_EVENT_BINDING, limit=200):
        found += [EventRun.of(body) for body in page.items]
    if not any(run.report for run in found):
        return found
    known = await _troubles_of(client, namespace)
    if known is None:
        return [_unread(run) for run in found]
    return [run.troubled(known.get((run.namespace, run.name))) for run in found]


async def named(client: Client, namespace: str, names: Iterable[str]) -> Sequence[EventRun]:
    """The runs of these names, of 20 at most; one that is gone is left out.

    Each is listed by its name, so that a reader needs no right besides ``list``.
    """
    found = await asyncio.gather(*(_named(client, namespace, name) for name in list(names)[:_most_named]))
    return [run for run in found if run is not None]


async def _named(client: Client, namespace: str, name: str) -> EventRun | None:
    pages = client.pages(WORKFLOWS, namespace, fields=f"metadata.name={name}")
    bodies = [body async for page in pages for body in page.items]
    if not bodies:
        return None
    run = EventRun.of(bodies[0])
    if run.report is None:
        return run
    known = await _troubles_of(client, namespace, name)
    return _unread(run) if known is None else run.troubled(known.get((namespace, name)))


def _unread(run: EventRun) -> EventRun:
    """The same, of whose report nobody may say what went wrong; of one that is done nothing is missing."""
    if run.report is None or run.report.stage == "done":
        return run
    return replace(run, report=replace(run.report, problem=NOT_READ))


def _pushed(commits: object) -> str:
    return str(commits or "").partition("..")[2]


async def _troubles_of(
    client: Client, namespace: str | None, workflow: str = ""
) -> Mapping[tuple[str, str], ReportTrouble] | None:
    """The newest trouble with the report of each Workflow, or of that one, by its namespace and name.

    None: the caller may not list Events.
    """
    found: dict[tuple[str, str], ReportTrouble] = {}
    fields = f"involvedObject.kind={WORKFLOWS.kind}" + (
        f",involvedObject.name={workflow}" if workflow else ""
    )
    try:
        async for page in client.pages(EVENTS, namespace, fields=fields):
            for event in page.items:
                if event.get("reason") in _trouble_reasons:
                    _note(found, event)
    except ApiError as error:
        if error.status != 403:
            raise
        return None
    return found


def _note(found: dict[tuple[str, str], ReportTrouble], event: Json) -> None:
    about = event["involvedObject"]
    key = str(about.get("namespace") or event["metadata"].get("namespace", "")), str(about.get("name", ""))
    trouble = ReportTrouble(seconds(event.get("lastTimestamp")) or 0.0, str(event.get("message") or ""))
    if key not in found or found[key].at <= trouble.at:
        found[key] = trouble
