"""Ticks come, of every shard: each slot that was due a few minutes ago has been decided by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from triggerfish.cli.doctor.diagnosis import Diagnoses, Diagnosis, Doctor
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cron import times
from triggerfish.cron.manifest.children import NONE, Children
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.planning.due import floor
from triggerfish.cron.planning.shard import Shard
from triggerfish.workflows.objects import Json

NAME = "ticks"

# A tick comes each minute and ends in another; the next one makes up for one that fails.
_patience = timedelta(minutes=3)
_shard = re.compile(r"[?&]shard=(\d+/\d+)")
_most_shards = 64
_few = 3


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """What the schedulers are set to, then what the CronWorkflows say."""
    for each in _jobs(patient, doctor):
        yield each
    crons, families = await patient.crons(), await patient.children()
    patience = max(_patience, timedelta(seconds=3 * patient.cron.settings.tick_every))
    late: dict[CronWorkflow, datetime] = {}
    punctual: list[CronWorkflow] = []
    for cron in crons:
        due = _undecided(cron, families.get(cron.uid, NONE), patient.now, patience)
        if due is not None:
            late[cron] = due
        elif _decided_lately(cron, patient.now, patience):
            punctual.append(cron)
    if not late:
        return
    since = min(late.values())
    age = int((patient.now - since).total_seconds() // 60)
    names = _names(list(late))
    shard = _dead(list(late), punctual, _counts(patient))
    if shard:
        yield doctor.error(
            f"shard {shard} is dead: what was due at {times.rfc3339(since)}, {age} min ago, is not decided:"
            f" {names}",
            _tick(patient, f"?shard={shard}"),
            namespace=patient.home,
            name=patient.cron.label,
        )
        return
    what = "no tick comes" if not punctual else "ticks leave something out"
    yield doctor.error(
        f"{what}: what was due at {times.rfc3339(since)}, {age} min ago, is not decided: {names}",
        _tick(patient, ""),
        namespace=patient.home,
        name=patient.cron.label,
    )


def _jobs(patient: Patient, doctor: Doctor) -> Iterator[Diagnosis]:
    ticking = [job for job in patient.jobs if _urls(job)]
    for job in ticking:
        name = job["metadata"]["name"]
        if (job.get("spec") or {}).get("suspend"):
            yield doctor.error(
                "the CronJob that ticks is suspended",
                f'kubectl -n {patient.home} patch cronjob {name} -p \'{{"spec":{{"suspend":false}}}}\'',
                namespace=patient.home,
                name=name,
            )
        elif patient.cron.settings.tick_every:
            yield doctor.warning(
                "a CronJob ticks although the cron function ticks by itself (TICK_EVERY): it is left over",
                f"kubectl -n {patient.home} delete cronjob {name}",
                namespace=patient.home,
                name=name,
            )
    for count in sorted({shard.count for shard in _shards(ticking)}):
        missing = sorted(
            set(range(1, count + 1)) - {shard.index for shard in _shards(ticking) if shard.count == count}
        )
        if missing and not any(_urls(job, whole=True) for job in ticking):
            first = next(job for job in ticking if _shards([job]))
            told = ", ".join(f"{index}/{count}" for index in missing)
            name = first["metadata"]["name"]
            own, copy = _shards([first])[0], f"{name}-{missing[0]}"
            yield doctor.error(
                f"nobody ticks shard {told}",
                f"kubectl -n {patient.home} get cronjob {name} -o yaml"
                f" | sed -e 's#shard={own.index}/{count}#shard={missing[0]}/{count}#'"
                f" -e 's/^  name: {name}$/  name: {copy}/' -e '/^  resourceVersion:/d' -e '/^  uid:/d'"
                " | kubectl create -f -",
                namespace=patient.home,
                name=name,
            )


def _urls(job: Json, *, whole: bool = False) -> list[str]:
    """What a CronJob of this installation posts to; ``whole``: only without a shard."""
    pod = (((job.get("spec") or {}).get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    words = [
        str(word)
        for container in (pod.get("spec") or {}).get("containers") or ()
        for word in (*(container.get("command") or ()), *(container.get("args") or ()))
    ]
    found = [word for word in words if re.match(r"https?://triggerfish-cron\b", word)]
    return [url for url in found if not (whole and _shard.search(url))]


def _shards(jobs: Iterable[Json]) -> list[Shard]:
    given = [_shard.search(url) for job in jobs for url in _urls(job)]
    return [Shard.of(match[1]) for match in given if match]


def _counts(patient: Patient) -> set[int]:
    """Into how many shards the work is parted, as far as the cluster says it."""
    found = {shard.count for shard in _shards(patient.jobs)}
    settings = patient.cron.settings
    own = settings.tick_shards if settings.tick_every else 1
    return found | ({own} if own > 1 else set())


def _undecided(cron: CronWorkflow, children: Children, now: datetime, patience: timedelta) -> datetime | None:
    """When the first slot was due that every tick since should have decided; None when there is none."""
    spec, state = cron.spec, cron.recorded
    # Ticks write nothing for these while they rest, or they wait for a condition.
    resting = cron.error or spec.suspend or state.stopped or cron.deleting
    if resting or spec.timetable is None or spec.when or spec.stop or spec.pause_after:
        return None
    known = [
        floor(cron),
        cron.created,
        cron.edited,
        state.seen and state.seen.since,
        children.newest_slot(now),
    ]
    slot = spec.timetable.next(max(each for each in known if each))
    return slot.due if slot and slot.due <= now - patience else None


def _decided_lately(cron: CronWorkflow, now: datetime, patience: timedelta) -> bool:
    return floor(cron) > cron.created and now - floor(cron) <= patience


def _dead(late: Sequence[CronWorkflow], punctual: Sequence[CronWorkflow], counts: set[int]) -> str:
    """The shard that all who are late belong to, and nobody who is not; empty when there is none."""
    guessed = range(2, _most_shards + 1) if len(late) >= _few and len(punctual) >= _few else ()
    for count in counts or guessed:
        for index in range(1, count + 1):
            shard = Shard(index, count)
            if all(shard.holds(cron.namespace, cron.name) for cron in late) and not any(
                shard.holds(cron.namespace, cron.name) for cron in punctual
            ):
                return f"{index}/{count}"
    return ""


def _names(crons: Sequence[CronWorkflow]) -> str:
    keys = sorted(cron.key for cron in crons)
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")


def _tick(patient: Patient, query: str) -> str:
    """The command that ticks once, and shows why if it fails."""
    if url := patient.hints.urls.get("cron"):
        return f"curl --fail-with-body -X POST '{url.rstrip('/')}/{query}'"
    jobs = [job for job in patient.jobs if _urls(job) and (not query or f"{query[1:]}" in str(_urls(job)))]
    if jobs:
        name = jobs[0]["metadata"]["name"]
        return f"kubectl -n {patient.home} create job {name}-now --from=cronjob/{name}"
    return f"kubectl -n {patient.home} rollout restart deployment/{patient.cron.label}"
