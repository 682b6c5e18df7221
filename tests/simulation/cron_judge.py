"""Whether what happened was right, read from the history of API calls alone.

Nothing of the planner is used here: slots are counted by hand, marks are read as text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.history import Entry, History

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.kube.wire import Json

MINUTE = timedelta(minutes=1)
GRACE = timedelta(seconds=120)
DECIDED = "triggerfish.dev/decided"
CLAIM = "triggerfish.dev/claim"
SEEN = "triggerfish.dev/seen"
FAILURES = "triggerfish.dev/failures-in-a-row"
COMPLETED = "workflows.argoproj.io/completed"
PHASE = "workflows.argoproj.io/phase"


@dataclass(slots=True)
class Version:
    """A CronWorkflow as one write left it."""

    index: int
    at: datetime
    user: str
    body: Json

    @property
    def spec(self) -> Json:
        return self.body["spec"]

    @property
    def notes(self) -> Json:
        return self.body["metadata"].get("annotations") or {}

    @property
    def status(self) -> Json:
        return self.body.get("status") or {}

    @property
    def policy(self) -> str:
        return self.spec.get("concurrencyPolicy", "Allow")

    @property
    def decided(self) -> datetime | None:
        return when(self.notes.get(DECIDED))

    @property
    def claimed(self) -> datetime | None:
        return when(self.notes.get(CLAIM, "").partition(" ")[0])

    @property
    def timetable(self) -> object:
        return (self.spec["schedules"], self.spec.get("suspend", False))

    def has(self, slot: datetime) -> bool:
        """Whether one of its schedules has this slot: ``*/n`` or ``*`` in the minutes, or ``@every <n>s``."""
        steps = [int(re.match(r"\*(?:/(\d+))?", text)[1] or 1) for text in self.minutes]
        seconds = [int(text[7:-1]) for text in self.spec["schedules"] if text.startswith("@every ")]
        return any(slot.second == 0 and slot.minute % step == 0 for step in steps) or any(
            int(slot.timestamp()) % step == 0 for step in seconds
        )

    @property
    def minutes(self) -> list[str]:
        return [text for text in self.spec["schedules"] if not text.startswith("@every ")]

    @property
    def step(self) -> timedelta:
        """How close two slots may be."""
        return MINUTE if len(self.minutes) == len(self.spec["schedules"]) else timedelta(seconds=1)


@dataclass(slots=True)
class Life:
    """A Workflow from its creation: ``slot`` is None when it was submitted by hand."""

    name: str
    uid: str
    cron: str
    slot: datetime | None
    user: str
    born: int
    born_at: datetime
    created: str
    ended: int | None = None
    ended_at: datetime | None = None
    finished: str = ""
    phase: str = ""
    gone: int | None = None
    gone_by: str = ""
    shut: bool = False

    def runs_at(self, index: int) -> bool:
        """Whether it is there and unfinished after that entry."""
        end = min(self.ended or 10**9, self.gone or 10**9)
        return self.born <= index < end


@dataclass(slots=True)
class Story:
    """The history, sorted by object."""

    entries: list[Entry]
    versions: dict[str, list[Version]] = field(default_factory=lambda: defaultdict(list))
    lives: dict[str, Life] = field(default_factory=dict)
    reads: dict[str, list[tuple[int, str | None]]] = field(default_factory=lambda: defaultdict(list))
    lists: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    troubled: set[str] = field(default_factory=set)
    shutdowns: list[tuple[int, Life, str]] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, history: History) -> "Story":
        story = cls(history.entries)
        for index, entry in enumerate(history.entries):
            story._read(index, entry)
        return story

    def _read(self, index: int, entry: Entry) -> None:
        call = entry.call
        if entry.fault:
            self.troubled.add(call.user)
        if call.resource is CRON_WORKFLOWS:
            if call.verb in ("list", "get"):
                self.reads[call.user].append((index, call.name))
            elif entry.wrote and entry.after:
                uid = entry.after["metadata"]["uid"]
                self.names[uid] = entry.after["metadata"]["name"]
                self.versions[uid].append(Version(index, call.at, call.user, entry.after))
        elif call.resource is WORKFLOWS:
            if call.verb == "list":
                selector = dict(call.request.query).get("labelSelector", "")
                self.lists[call.user].append((index, selector))
            elif entry.wrote:
                self._workflow(index, entry)
            elif call.verb == "create" and entry.answer in (403, 409, 422):
                self.refusals[(call.request.body or {}).get("metadata", {}).get("name", "")] += 1

    def _workflow(self, index: int, entry: Entry) -> None:
        before, after, user = entry.before, entry.after, entry.call.user
        if before is None:
            metadata = after["metadata"]
            owner = next((o["uid"] for o in metadata.get("ownerReferences") or ()), "")
            life = Life(
                metadata["name"],
                metadata["uid"],
                owner,
                slot_of(metadata["name"]),
                user,
                index,
                entry.call.at,
                metadata["creationTimestamp"],
            )
            self.lives[metadata["uid"]] = life
            return
        life = self.lives[before["metadata"]["uid"]]
        if after is None or "deletionTimestamp" in after["metadata"]:
            # Who took the finalizer off did not delete it.
            life.gone_by = life.gone_by or user
        if after is None:
            life.gone = index
            return
        labels = after["metadata"].get("labels") or {}
        if labels.get(COMPLETED) == "true" and life.ended is None:
            life.ended, life.ended_at, life.phase = index, entry.call.at, labels[PHASE]
            life.finished = after["status"]["finishedAt"]
        if after["spec"].get("shutdown") and not life.shut:
            life.shut = True
            self.shutdowns.append((index, life, user))

    # -- looking things up --------------------------------------------------------------------------

    def version(self, uid: str, index: int) -> Version | None:
        """The CronWorkflow as it stood after that entry."""
        versions = self.versions[uid]
        place = bisect_right([version.index for version in versions], index)
        return versions[place - 1] if place else None

    def seen_by(self, user: str, uid: str, index: int) -> Version:
        """The CronWorkflow as that user had read it before that entry."""
        name = self.names[uid]
        reads = [each for each, read in self.reads[user] if each < index and read in (None, name)]
        return self.version(uid, reads[-1])

    def listed_by(self, user: str, uid: str, index: int) -> int:
        """When that user had last listed its children before that entry."""
        every = (
            "workflows.argoproj.io/cron-workflow",
            f"workflows.argoproj.io/cron-workflow={self.names[uid]}",
        )
        return [each for each, selector in self.lists[user] if each < index and selector in every][-1]

    def children(self, uid: str) -> list[Life]:
        return [life for life in self.lives.values() if life.cron == uid]

    def during(self, uid: str, start: datetime, end: datetime) -> list[Version]:
        """The versions in force at some time from ``start`` to ``end``."""
        versions = self.versions[uid]
        first = max((i for i, each in enumerate(versions) if each.at <= start), default=0)
        return [each for i, each in enumerate(versions) if i >= first and each.at <= end]

    def edited(self, uid: str, version: Version) -> datetime:
        """When the timetable of that version became what it is, as far as a tick wrote under another."""
        since = version
        for earlier in reversed([each for each in self.versions[uid] if each.index < version.index]):
            if earlier.timetable == version.timetable:
                since = earlier
            elif earlier.user.startswith("tick"):
                break
        return since.at


def judge(history: History, *, last: str, exact_counts: bool = True) -> list[str]:
    """All that is wrong, in words. ``last`` is the tick that ended the story, after the faults had stopped.

    ``exact_counts``: nobody else writes statuses, so the counters must be the truth.
    """
    story = Story.of(history)
    found = []
    for uid in story.versions:
        for check in (twice, unjustified, lost, forbid, replaced, pruned, settled):
            found += [f"{story.names[uid]}: {wrong}" for wrong in check(story, uid, last)]
        if exact_counts:
            found += [f"{story.names[uid]}: {wrong}" for wrong in counted(story, uid, last)]
    return found


def twice(story: Story, uid: str, last: str):
    """No slot twice; again only what was deleted before it was recorded, and never an exact one."""
    slots = defaultdict(list)
    for life in story.children(uid):
        if life.slot and life.user.startswith("tick"):
            slots[life.slot].append(life)
    for slot, lives in slots.items():
        for again in lives[1:]:
            seen = story.seen_by(again.user, uid, again.born)
            if seen.decided and seen.decided >= slot and seen.claimed != slot:
                yield f"{slot:%H:%M} ran again though {again.user} had read that it was decided"
            if seen.notes.get("triggerfish.dev/exact") == "true":
                yield f"{slot:%H:%M} ran again, though exact, by {again.user}"
            if any(life.gone_by.startswith("tick") for life in lives[:-1]):
                yield f"{slot:%H:%M} ran again after a tick had deleted its child"


def unjustified(story: Story, uid: str, last: str):
    """Nothing runs that the CronWorkflow, as its tick had read it, does not ask for."""
    for life in story.children(uid):
        if not life.slot or not life.user.startswith("tick"):
            continue
        seen = story.seen_by(life.user, uid, life.born)
        claimed = any(
            version.claimed == life.slot for version in story.versions[uid] if version.index < life.born
        )
        if seen.spec.get("suspend") or seen.status.get("phase") == "Stopped":
            yield f"{life.slot:%H:%M} ran though suspended or stopped"
        elif claimed:
            continue
        elif not seen.has(life.slot) or life.slot <= story.edited(uid, seen).replace(microsecond=0):
            yield f"{life.slot:%H:%M} ran, no slot of {seen.spec['schedules']}, or before its edit"
        elif seen.decided and seen.decided >= life.slot:
            yield f"{life.slot:%H:%M} ran though it had been decided"


def lost(story: Story, uid: str, last: str):
    """Every slot ran, or there is a reason why not."""
    versions = story.versions[uid]
    horizon = story.entries[story.reads[last][0][0]].call.at
    ran = {life.slot for life in story.children(uid)}
    step = min(version.step for version in versions)
    slot = versions[0].at.replace(second=0, microsecond=0) + step
    while slot <= versions[0].at:
        slot += step
    while slot <= horizon:
        at = story.during(uid, slot, slot)[0]
        if slot > versions[0].at and at.has(slot) and slot not in ran:
            decision = next((each for each in versions if each.decided and each.decided >= slot), None)
            if not excused(story, uid, slot, decision):
                yield f"{slot:%H:%M} was lost; decided {decision and decision.at}"
        slot += step


def excused(story, uid, slot, decision) -> bool:
    """Whether a policy, or an edit, or nobody's being there in time explains that a slot did not run."""
    until = decision.at if decision else story.entries[-1].call.at
    claims = [version for version in story.versions[uid] if version.claimed == slot]
    taken_over = False
    if claims:
        after = next((v for v in story.versions[uid] if v.index > claims[-1].index), None)
        taken_over = bool(after and after.claimed and after.claimed > slot)
        until = max(until, after.at if after else until)
    window = story.during(uid, slot, until)
    if any(each.spec.get("suspend") or each.status.get("phase") == "Stopped" for each in window):
        return True
    if any(each.policy == "Maybe" for each in window):
        return True
    if any(v.status.get("phase") == "Stopped" and v.at <= until for v in story.versions[uid]):
        # Argo's own sync, which writes what it remembers, set it going again.
        return True
    others = [
        life
        for life in story.children(uid)
        if life.born_at <= until and (life.ended_at is None or life.ended_at >= slot) and life.slot != slot
    ]
    if any(each.policy == "Forbid" for each in window) and others:
        return True
    if taken_over and any(each.policy == "Replace" for each in window):
        return True
    if decision is None:
        return False
    if (
        any(each.policy in ("Forbid", "Replace") for each in window)
        and decision.decided > slot
        and not claims
    ):
        return True
    if story.refusals.get(f"{story.names[uid]}-{int(slot.timestamp())}"):
        return True
    if claims:
        return False
    if any(version.timetable != window[0].timetable for version in window):
        return True
    since = when(decision.notes.get(SEEN, "").partition(" ")[0])
    if since and since >= slot and any(v.at.replace(microsecond=0) == since for v in window[1:]):
        # An edit of a timetable that nobody had seen yet: managedFields have one time for all that its
        # author writes, so a later edit of his passes for it.
        return True
    if "when" in window[0].spec and any(
        (each.body["metadata"].get("labels") or {}).get("go") != "yes" for each in window
    ):
        return True
    pause = int(window[0].notes.get("triggerfish.dev/pause-after-failures", 10**9))
    if any(int(each.notes.get(FAILURES, 0)) >= pause for each in window):
        return True
    return missed(story, uid, slot, decision, window[0])


def missed(story, uid, slot, decision, version) -> bool:
    """Nobody came in time who could have run it, and it may not be caught up with."""
    if decision.at - slot <= GRACE:
        return False
    for user, reads in story.reads.items():
        at = story.entries[reads[0][0]].call.at.replace(microsecond=0)
        if user.startswith("tick") and user not in story.troubled and slot <= at <= slot + GRACE:
            return False
    deadline = timedelta(seconds=version.spec.get("startingDeadlineSeconds") or 0)
    before = story.version(uid, decision.index - 1)
    if decision.at - slot >= deadline or not before.status.get("lastScheduledTime"):
        return True
    if before.notes.get("cronworkflows.argoproj.io/last-used-schedule") != ",".join(
        version.spec["schedules"]
    ):
        return True
    catch_up = version.notes.get("triggerfish.dev/catch-up", "latest")
    return catch_up == "none" or (catch_up == "latest" and decision.decided > slot)


def forbid(story: Story, uid: str, last: str):
    """Under Forbid nothing starts beside what runs."""
    children = story.children(uid)
    for life in children:
        if not life.slot or not life.user.startswith("tick"):
            continue
        if story.seen_by(life.user, uid, life.born).policy != "Forbid":
            continue
        listed = story.listed_by(life.user, uid, life.born)
        for other in children:
            if other is life or not other.runs_at(life.born):
                continue
            by_hand = not other.user.startswith("tick")
            allowed = by_hand or story.seen_by(other.user, uid, other.born).policy == "Allow"
            if other.born > listed and allowed:
                continue
            yield f"{life.name} started under Forbid while {other.name} ran"


def replaced(story: Story, uid: str, last: str):
    """Under Replace one is left, and it is the newest."""
    for index, life, user in story.shutdowns:
        if life.cron != uid or life.slot is None or not user.startswith("tick"):
            continue
        newer = any(o.slot and o.slot > life.slot and o.born < index for o in story.children(uid))
        claims = any(v.claimed and v.claimed > life.slot for v in story.versions[uid] if v.index < index)
        if not newer and not claims:
            yield f"{life.name} was terminated though nothing newer runs"
    final = story.versions[uid][-1]
    left = [life for life in story.children(uid) if life.slot and life.runs_at(10**8) and not life.shut]
    if final.policy == "Replace" and len(left) > 1:
        yield f"{len(left)} are left under Replace: {[life.name for life in left]}"


def pruned(story: Story, uid: str, last: str):
    """Of finished children a tick deletes the oldest, and only over the limit."""
    children = story.children(uid)
    for life in children:
        if life.gone is None or not life.gone_by.startswith("tick"):
            continue
        seen = story.seen_by(life.gone_by, uid, life.gone)
        good = life.phase == "Succeeded"
        name, default = ("successfulJobsHistoryLimit", 3) if good else ("failedJobsHistoryLimit", 1)
        kept = seen.spec.get(name, default)
        newer = [
            o
            for o in children
            if o is not life
            and o.ended is not None
            and o.ended < life.gone
            and (o.phase == "Succeeded") == good
            and o.finished >= life.finished
        ]
        if life.ended is None:
            yield f"{life.name} was deleted unfinished"
        elif len(newer) < kept:
            yield f"{life.name} was deleted though only {len(newer)} newer of {kept} are there"


def settled(story: Story, uid: str, last: str):
    """At the end the status is the truth: decided, active, last scheduled, conditions."""
    final = story.versions[uid][-1]
    listed = story.lists[last][0][0]
    horizon = story.entries[story.reads[last][0][0]].call.at.replace(microsecond=0)
    if final.claimed:
        yield "a claim is left"
    running = {life.uid for life in story.children(uid) if life.runs_at(listed)}
    active = {ref["uid"] for ref in final.status.get("active") or ()}
    started = {life.uid for life in story.children(uid) if life.user == last}
    if active - started != running - started:
        yield f"active says {sorted(active)}, {sorted(running)} run"
    invalid = final.policy == "Maybe"
    conditions = {each["type"]: each["message"] for each in final.status.get("conditions") or ()}
    if invalid != conditions.get("SpecError", "").startswith("spec.concurrencyPolicy"):
        yield f"policy {final.policy}, conditions {conditions}"
    stopped = final.status.get("phase") == "Stopped"
    label = (final.body["metadata"].get("labels") or {}).get("cronworkflows.argoproj.io/completed")
    if stopped != (label == "true"):
        yield f"stopped {stopped}, completed label {label}"
    resting = stopped or final.spec.get("suspend")
    undecided = [
        slot
        for life in story.children(uid)
        if (slot := life.slot) and slot <= horizon and not (final.decided and final.decided >= slot)
    ]
    if undecided and not resting:
        yield f"{undecided[0]:%H:%M} ran and is not recorded"


def counted(story: Story, uid: str, last: str):
    """Every child is counted once. In doubt are only those deleted by others, and short ones by hand."""
    listed = story.lists[last][0][0]
    status = story.versions[uid][-1].status
    for counter, phases in (("succeeded", ("Succeeded",)), ("failed", ("Failed", "Error"))):
        ended = [
            life
            for life in story.children(uid)
            if life.phase in phases and life.ended is not None and life.ended < listed
        ]
        certain = [
            life for life in ended if life.slot and (life.gone is None or life.gone_by.startswith("tick"))
        ]
        found = status.get(counter) or 0
        if not len(certain) <= found <= len(ended):
            yield f"{counter} is {found}, the truth is {len(certain)} to {len(ended)}"


def slot_of(name: str) -> datetime | None:
    """The slot in ``<cron>-<unix>``."""
    digits = name.rpartition("-")[2]
    return datetime.fromtimestamp(int(digits), UTC) if digits.isdigit() and len(digits) >= 9 else None


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
