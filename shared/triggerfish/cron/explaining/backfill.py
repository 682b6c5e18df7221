"""Running the slots of a past range: which, in what order, as what Workflow, and what has been done of it.

A backfill's children are the CronWorkflow's own only for garbage collection: no tick counts, prunes or
forbids because of them. Their names follow from the slot, so the same backfill again makes nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.explaining.runs import Run, RunKind
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import SpecError
from triggerfish.workflows import names, scheduled
from triggerfish.workflows.endings import FAILURES
from triggerfish.workflows.objects import API_VERSION, Json

MOST = 10_000
_SECOND = timedelta(seconds=1)


class Which(StrEnum):
    """Which slots of the range run."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """The slots from ``first`` to ``last``, both with them. ``argname``: the parameter that gets the slot."""

    first: datetime
    last: datetime
    which: Which = Which.MISSING
    reverse: bool = False
    argname: str = ""

    def key(self, cron: Mapping[str, Any]) -> str:
        """Six letters that tell this request from another one of the same CronWorkflow."""
        parts = (cron["metadata"]["uid"], times.rfc3339(self.first), times.rfc3339(self.last), self.which)
        return names.delivery_suffix(names.digest(*parts))[:6]


def slots(timetable: Timetable, request: BackfillRequest) -> tuple[datetime, ...]:
    """The slots of the range, excluded ones left out, in the order to run. ``SpecError`` above 10,000."""
    if request.last < request.first:
        raise SpecError("--to", f"{times.rfc3339(request.last)} is before --from")
    # A slot has its name whatever its jitter, and that is what a range is about.
    punctual = replace(timetable, jitter=0)
    found = [slot.at for slot in punctual.between(request.first - _SECOND, request.last, MOST + 1)]
    if len(found) > MOST:
        raise SpecError("--to", f"there are more than {MOST} slots in this range", "take a shorter range")
    return tuple(reversed(found)) if request.reverse else tuple(found)


def name(cron: Mapping[str, Any], request: BackfillRequest, slot: datetime) -> str:
    """``<cron>-b<unix seconds>``; to run what has run before, the request's letters make it another name."""
    again = "" if request.which is Which.MISSING else f"-{request.key(cron)}"
    return names.with_suffix(cron["metadata"]["name"], f"{again}-b{int(slot.timestamp())}")


def workflow(
    cron: Mapping[str, Any], request: BackfillRequest, slot: datetime, instance_id: str = ""
) -> Json:
    """The Workflow that runs a slot again."""
    made = scheduled.workflow(cron, slot, instance_id)
    metadata = made["metadata"]
    marks = {key: value for key, value in metadata["labels"].items() if key != keys.CRON_WORKFLOW}
    owner = {**metadata["ownerReferences"][0], "controller": False}
    metadata = {
        **metadata,
        "name": name(cron, request, slot),
        "labels": {**marks, keys.BACKFILL: cron["metadata"]["name"]},
        "ownerReferences": [owner],
    }
    spec = (
        _with_argument(made["spec"], request.argname, times.rfc3339(slot))
        if request.argname
        else made["spec"]
    )
    return {**made, "metadata": metadata, "spec": spec}


def _with_argument(spec: Json, name: str, value: str) -> Json:
    arguments = spec.get("arguments") or {}
    others = [each for each in arguments.get("parameters") or [] if each.get("name") != name]
    return {**spec, "arguments": {**arguments, "parameters": [*others, {"name": name, "value": value}]}}


@dataclass(frozen=True, slots=True)
class Progress:
    """What a backfill has done: unix seconds of the slots whose Workflow finished, with its phase."""

    done: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config_map: Mapping[str, Any]) -> Progress:
        """Read it; whatever cannot be read counts as nothing done: names keep it from running twice."""
        try:
            rows = json.loads((config_map.get("data") or {}).get("done") or "{}")
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(rows, dict):
            return cls()
        return cls({int(key): str(phase) for key, phase in rows.items() if key.isascii() and key.isdigit()})

    def having(self, found: Iterable[Run], wanted: Iterable[datetime]) -> Progress:
        """With those of the wanted slots whose Workflow is seen finished."""
        asked = set(wanted)
        more = {
            int(run.slot.timestamp()): run.phase
            for run in found
            if run.slot is not None and run.ended and run.slot in asked
        }
        return Progress({**self.done, **more})

    def phase(self, slot: datetime) -> str:
        """Return how it ended, empty while it has not."""
        return self.done.get(int(slot.timestamp()), "")


def config_map(cron: Mapping[str, Any], request: BackfillRequest, progress: Progress) -> Json:
    """The progress as a ConfigMap that goes when the CronWorkflow goes."""
    metadata = cron["metadata"]
    owner = {"apiVersion": API_VERSION, "kind": "CronWorkflow"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{metadata['name']}-backfill-{request.key(cron)}",
            "labels": {keys.BACKFILL: metadata["name"]},
            "ownerReferences": [{**owner, "name": metadata["name"], "uid": metadata["uid"]}],
        },
        "data": {
            "from": times.rfc3339(request.first),
            "to": times.rfc3339(request.last),
            "policy": str(request.which),
            "done": json.dumps(dict(progress.done), separators=(",", ":"), default=str),
        },
    }


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now: ``create`` these slots, in order; ``running`` and ``left`` wait for the next look."""

    create: tuple[datetime, ...]
    running: tuple[datetime, ...]
    left: tuple[datetime, ...]

    @property
    def over(self) -> bool:
        """Nothing is left to do or to wait for."""
        return not (self.create or self.running or self.left)


def wanted(all_slots: Iterable[datetime], found: Iterable[Run], which: Which) -> tuple[datetime, ...]:
    """Return which slots a backfill is about, as its first look finds them: later runs are its own."""
    regular = {run.slot: run for run in found if run.kind is RunKind.SCHEDULED}
    return tuple(
        slot
        for slot in all_slots
        if which is Which.ALL
        or (run := regular.get(slot)) is None
        or (which is Which.FAILED and run.phase in FAILURES)
    )


def step(
    slots_wanted: Iterable[datetime],
    found: Iterable[Run],
    progress: Progress,
    expected: Mapping[datetime, str],
    *,
    parallel: int,
) -> Step:
    """The next creates, so that no more than ``parallel`` run at once. ``expected``: each slot's own name."""
    own = {run.name: run for run in found if run.kind is RunKind.BACKFILL}
    running, open_slots = [], []
    for slot in slots_wanted:
        if progress.phase(slot):
            continue
        run = own.get(expected[slot])
        if run is None:
            open_slots.append(slot)
        elif not run.ended:
            running.append(slot)
    free = max(parallel - len(running), 0)
    return Step(tuple(open_slots[:free]), tuple(running), tuple(open_slots[free:]))
