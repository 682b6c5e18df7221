"""Runs of CronWorkflows: by their schedule, by hand, and backfilled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS

_most_runs = 2000

# Why there is a run that belongs to no slot, for people.
WITHOUT_A_SLOT = {
    RunKind.BACKFILL: "Backfilled.",
    RunKind.RETRY: "Resubmitted by hand.",
    RunKind.MANUAL: "Submitted by hand.",
    RunKind.SCHEDULED: "The current schedule has no such slot.",
}


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs by CronWorkflow, and the time by the API server's clock, None when it did not say."""

    by_cron: Mapping[str, Sequence[Run]]
    date: datetime | None


async def runs(client: Client, namespace: str, names: Iterable[str]) -> Runs:
    """The Workflows of those CronWorkflows, scheduled, by hand and backfilled; two lists.

    At most the first 2,000 of each list: a page shows no more.
    """
    date: datetime | None = None
    found: dict[str, list[Run]] = {name: [] for name in names}
    # A label's value has at most 63 characters and a CronWorkflow's name 52: each fits.
    wanted = ",".join(sorted(name for name in found if len(name) <= 63))
    for label in (keys.CRON_WORKFLOW, keys.BACKFILL) if wanted else ():
        count = 0
        async for page in client.pages(WORKFLOWS, namespace, labels=f"{label} in ({wanted})"):
            for body in page.items:
                run = Run.of(body)
                if run is not None and run.cron in found:
                    found[run.cron].append(run)
            date = page.date
            count += len(page.items)
            if count >= _most_runs:
                break
    return Runs(found, date)


async def every(client: Client, namespace: str | None, label: str) -> AsyncIterator[Run]:
    """All runs with that label, of a namespace or of all; of Workflows in full, with when they finished."""
    async for page in client.pages(WORKFLOWS, namespace, labels=label, limit=200):
        for body in page.items:
            if run := Run.of(body):
                yield run
