"""What was told of runs on their commits, and what went wrong with that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from triggerfish import annotations as keys
from triggerfish.errors import ApiError
from triggerfish.hosts.reports import intent
from triggerfish.kube.client import Client
from triggerfish.kube.resources import EVENTS, WORKFLOWS
from triggerfish.workflows.objects import Json

_most_workflows = 20
# The reasons of the Kubernetes Events that the cron function writes on a Workflow.
_troubles = frozenset({"ReportFailed", "ReportIgnored", "ReportGivenUp"})


@dataclass(frozen=True, slots=True)
class RunReport:
    """``about`` is the name of the status and its commit, ``told`` what was posted last, and when.

    ``stage`` is the label: ``pending``, ``running``, ``ended`` or ``done``. ``problem`` is the last thing
    that went wrong, if the report is not done. Both may be empty.
    """

    workflow: str
    about: str
    stage: str
    told: str = ""
    problem: str = ""

    def __str__(self) -> str:
        """In one line, for people."""
        state = (
            f"{self.stage}, last told: {self.told}" if self.told else f"{self.stage}, nothing was told yet"
        )
        return f"{self.workflow}: {self.about}: {state}" + (f"; {self.problem}" if self.problem else "")


def of_workflow(workflow: Json) -> RunReport | None:
    """The report that a Workflow carries; None for one that is not reported."""
    metadata = workflow["metadata"]
    notes, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    sealed = intent.read(notes.get(keys.REPORT))
    if sealed is None or keys.REPORT not in labels:
        return None
    return RunReport(
        metadata["name"], str(sealed.intent), str(labels[keys.REPORT]), str(notes.get(keys.REPORTED, ""))
    )


async def of_workflows(client: Client, namespace: str, names: Iterable[str]) -> list[RunReport]:
    """The reports of these Workflows, of 20 at most; one that is gone, or may not be read, has none."""
    found = []
    for name in list(names)[:_most_workflows]:
        try:
            report = of_workflow(await client.get(WORKFLOWS, namespace, name))
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            continue
        if report is not None:
            open_one = report.stage != "done"
            problem = await _problem(client, namespace, name) if open_one else ""
            found.append(RunReport(name, report.about, report.stage, report.told, problem))
    return found


async def _problem(client: Client, namespace: str, name: str) -> str:
    """The newest Event about a report of that Workflow; empty where there is none to be read."""
    fields = f"involvedObject.kind={WORKFLOWS.kind},involvedObject.name={name}"
    newest = "", ""
    try:
        async for page in client.pages(EVENTS, namespace, fields=fields):
            for event in page.items:
                if event.get("reason") in _troubles:
                    at = str(event.get("lastTimestamp") or "")
                    newest = max(newest, (at, str(event.get("message") or "")))
    except ApiError as error:
        if error.status != 403:
            raise
    return newest[1]
