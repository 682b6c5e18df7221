"""What the console and the command line read of a cluster, as whoever looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.children import Child, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import AnswerError, ApiError
from triggerfish.events import deliveries
from triggerfish.kube.cache import Reads
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS, CRON_WORKFLOWS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.objects import Json, is_name, is_namespace

_most_runs = 2000


@dataclass(slots=True)
class Parsed:
    """CronWorkflows by uid and version, the ``capacity`` last asked for."""

    capacity: int = 2000
    _known: OrderedDict[tuple[str, str], CronWorkflow] = field(default_factory=OrderedDict)

    def of(self, body: Json, rules: Rules, calendars: Mapping[str, str]) -> CronWorkflow:
        """The CronWorkflow in this JSON, and in the ``calendars`` that it names."""
        if calendars:
            # They change without it, and not everybody may read them.
            return CronWorkflow.of(body, rules, calendars)
        key = body["metadata"]["uid"], body["metadata"]["resourceVersion"]
        found = self._known.get(key)
        if found is None:
            while len(self._known) >= self.capacity:
                self._known.popitem(last=False)
            found = self._known[key] = CronWorkflow.of(body, rules)
        self._known.move_to_end(key)
        return found


def split(identity: str) -> tuple[str, str]:
    """``namespace/name``, both checked; ``AnswerError`` 400 for anything else."""
    namespace, _, name = identity.partition("/")
    if not (is_namespace(namespace) and is_name(name)):
        raise AnswerError(400, 3, f"{identity[:80]!r} is not namespace/name")
    return namespace, name


async def cron_workflow(client: Client, namespace: str, name: str) -> Json:
    """That CronWorkflow; ``ApiError`` as the API server says it."""
    return await client.get(CRON_WORKFLOWS, namespace, name)


async def calendars(client: Client, body: Json, clock: Clock) -> Mapping[str, str]:
    """The text of each calendar that a CronWorkflow names, as far as ``client`` may read them.

    One that may not be read is left out; the CronWorkflow's ``error`` then says that it is missing.
    """
    if not Timetable.calendars(body):
        return {}
    try:
        # Read anew for each caller: what one may read is not for the next.
        return await Calendars(clock).of(body, client)
    except ApiError as error:
        if error.status != 403:
            raise
        return {}


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


async def records(reads: Reads, client: Client, namespace: str | None) -> Sequence[Json]:
    """The ConfigMaps with records of deliveries, of a namespace or of all.

    One namespace's is asked for by its name, so that a reader needs no right to the other ConfigMaps.
    """
    if namespace is None:
        selector = f"{keys.RECORD}={deliveries.LABEL_VALUE}"
        return (await reads.listed(client, CONFIG_MAPS, None, labels=selector)).items
    try:
        return [await reads.get(client, CONFIG_MAPS, namespace, deliveries.CONFIG_MAP)]
    except ApiError as error:
        if error.status != 404:
            raise
        return []


async def children(client: Client, namespace: str, name: str) -> Children:
    """The children that the planner would see."""
    selector = f"{keys.CRON_WORKFLOW}={name}"
    found: list[Child] = []
    async for page in client.pages(WORKFLOWS, namespace, labels=selector, metadata_only=True):
        found += [child for body in page.items if (child := Child.of(body))]
    return Children(found)
