"""What happened to each CronWorkflow and each Workflow, read from the history of API calls alone.

Nothing of the planner is used here: slots are counted by hand, marks are read as text.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.history import Entry, History

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOW_TEMPLATES, WORKFLOWS
from triggerfish.workflows.objects import Json

MINUTE = timedelta(minutes=1)
GRACE = timedelta(seconds=120)
# A tick has 50 s. Its time is the API server's, cut to seconds.
HURRIED = timedelta(seconds=40)
# So long a claim has an owner, at the most.
LIFE = timedelta(seconds=57)
CUT = timedelta(seconds=1)
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
    def claimed_at(self) -> datetime | None:
        """When the tick that claimed began."""
        return when(self.notes.get(CLAIM, "").partition(" ")[2])

    @property
    def timetable(self) -> object:
        return (self.spec["schedules"], self.spec.get("suspend", False), self.spec.get("timezone"))

    @property
    def deadline(self) -> timedelta:
        return timedelta(seconds=self.spec.get("startingDeadlineSeconds") or 0)

    @property
    def last_used(self) -> str:
        """What Argo notes of its schedules."""
        zone = self.spec.get("timezone")
        return ",".join(f"CRON_TZ={zone} {text}" if zone else text for text in self.spec["schedules"])

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.body["metadata"]

    @property
    def templated(self) -> bool:
        """It refers to the template that comes and goes."""
        return "workflowTemplateRef" in self.spec["workflowSpec"]

    @property
    def short(self) -> bool:
        """Its Workflows are deleted seconds after their end."""
        return "ttlStrategy" in self.spec["workflowSpec"]

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
    dead: set[str] = field(default_factory=set)
    calls: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    shutdowns: list[tuple[int, Life, str]] = field(default_factory=list)
    refusals: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, datetime] = field(default_factory=dict)
    templates: list[tuple[int, datetime, bool]] = field(default_factory=list)
    template_reads: dict[str, list[tuple[int, bool]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, history: History) -> "Story":
        story = cls(history.entries)
        for index, entry in enumerate(history.entries):
            story._read(index, entry)
        return story

    def _read(self, index: int, entry: Entry) -> None:
        call = entry.call
        self.calls[call.user].append(entry)
        if entry.fault.startswith("crash"):
            self.dead.add(call.user)
        if call.resource is CRON_WORKFLOWS:
            if call.verb in ("list", "get"):
                self.reads[call.user].append((index, call.name))
            elif entry.wrote and entry.after:
                uid = entry.after["metadata"]["uid"]
                self.names[uid] = entry.after["metadata"]["name"]
                self.versions[uid].append(Version(index, call.at, call.user, entry.after))
                if "deletionTimestamp" in entry.after["metadata"]:
                    self.deleted.setdefault(uid, call.at)
            elif entry.wrote and entry.before:
                self.deleted.setdefault(entry.before["metadata"]["uid"], call.at)
        elif call.resource is WORKFLOW_TEMPLATES:
            if entry.wrote:
                serves = bool(entry.after and entry.after["spec"]["entrypoint"] == "main")
                self.templates.append((index, call.at, serves))
            elif call.verb == "get":
                known = entry.answer in (200, 404) and not entry.fault
                self.template_reads[call.user].append((index, known))
        elif call.resource is WORKFLOWS:
            if call.verb == "list":
                selector = dict(call.request.query).get("labelSelector", "")
                self.lists[call.user].append((index, selector))
            elif entry.wrote:
                self._workflow(index, entry)
            elif call.verb == "create" and entry.answer in (403, 409, 422) and not entry.fault:
                self.refusals[call.request.body["metadata"]["name"]].append(index)

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

    def begun(self, user: str) -> datetime:
        """When that user first read CronWorkflows."""
        return self.entries[self.reads[user][0][0]].call.at

    def listed_by(self, user: str, uid: str, index: int) -> int:
        """When that user had last listed its children before that entry."""
        every = (
            "workflows.argoproj.io/cron-workflow",
            f"workflows.argoproj.io/cron-workflow={self.names[uid]}",
        )
        return [each for each, selector in self.lists[user] if each < index and selector in every][-1]

    def last_listed(self, index: int) -> datetime | None:
        """When a tick last listed anything before that entry."""
        lists = [each for found in self.lists.values() for each, _ in found if each < index]
        return self.entries[max(lists)].call.at if lists else None

    def decision(self, uid: str, slot: datetime) -> Version | None:
        """The first version that says that the slot is decided."""
        return next((each for each in self.versions[uid] if each.decided and each.decided >= slot), None)

    def came(self, user: str, uid: str) -> datetime | None:
        """When that tick had listed what it needs, if it then could have run a slot of that CronWorkflow.

        None when it died, may have run out of time, failed in the end, or met another tick's claim. What
        helps is tried again, so a fault that was overcome is no reason to leave a slot.
        """
        calls = self.calls[user]
        lists = [each for each in calls if each.call.verb == "list" and each.answer == 200][:2]
        if (
            user in self.dead
            or len(lists) < 2
            or not self.lists[user]
            or calls[-1].call.at - calls[0].call.at > HURRIED
        ):
            return None
        about = [each for each in calls if self._is_about(each, self.names[uid])]
        if about and (about[-1].answer is None or about[-1].answer >= 400):
            return None
        if self._could_not_create(about):
            return None
        return None if self._met_a_claim(user, uid) else lists[0].call.at

    def _could_not_create(self, about: list[Entry]) -> bool:
        """Whether it was told that a Workflow is there already, and could not find out whose it is.

        Or the last that it heard was that it is there, and that it is not.
        """
        creates = [each for each in about if each.call.verb == "create"]
        asked = [each.call.request.body["metadata"]["name"] for each in creates]
        after = [each for each in about if each.call.name in asked and each.call.verb == "get"]
        if not after or after[-1].answer == 200:
            return False
        return after[-1].answer != 404 or creates[-1].answer == 409

    def _met_a_claim(self, user: str, uid: str) -> bool:
        """Whether it read, at any time, that another tick was about to start a run."""
        for index, name in self.reads[user]:
            version = self.version(uid, index) if name in (None, self.names[uid]) else None
            if version is None or version.claimed_at is None:
                continue
            first = next(each for each in self.versions[uid] if each.notes.get(CLAIM) == version.notes[CLAIM])
            if first.user != user and self.entries[index].call.at - version.claimed_at <= LIFE:
                return True
        return False

    def _is_about(self, entry: Entry, name: str) -> bool:
        request = entry.call.request
        named = entry.call.name or (request.body or {}).get("metadata", {}).get("name", "")
        return named.startswith(name) or f"={name}" in dict(request.query).get("labelSelector", "")

    def refused(self, uid: str, slot: datetime) -> bool:
        """Whether the API server refused that child, or its name was somebody else's."""
        name = f"{self.names[uid]}-{int(slot.timestamp())}"
        taken = any(life.name == name and life.cron != uid for life in self.lives.values())
        return taken or bool(self.refusals.get(name))

    def refused_since(self, uid: str, index: int) -> bool:
        """Whether a child was refused after that entry, or its name was somebody else's at any time."""
        stem = self.names[uid] + "-"
        foreign = any(life.name.startswith(stem) and life.cron != uid for life in self.lives.values())
        return foreign or any(
            name.startswith(stem) and entries[-1] > index for name, entries in self.refusals.items()
        )

    def overtaken(self, life: Life) -> bool:
        """Whether another tick decided its slot without having seen it, and nobody noted it while it ran.

        The tick that made it died: alive, it would have been refused its own record, and have read again.
        """
        decision = self.decision(life.cron, life.slot)
        if decision is None or decision.user in (life.user, "") or life.user not in self.dead:
            return False
        if any(
            reference["uid"] == life.uid
            for version in self.versions[life.cron]
            for reference in version.status.get("active") or ()
        ):
            return False
        return self.listed_by(decision.user, life.cron, decision.index) < life.born

    def unseen(self, life: Life) -> bool:
        """Whether it was gone before the tick that decided its slot listed; the one that made it died."""
        decision = self.decision(life.cron, life.slot)
        if life.gone is None or decision is None or life.user not in self.dead:
            return False
        other = decision.user not in (life.user, "")
        return other and self.listed_by(decision.user, life.cron, decision.index) > life.gone

    def beside(self, uid: str, slot: datetime, decision: Version | None) -> list[Life]:
        """Other runs that were unfinished for the tick that decided, as it had listed them."""
        if decision is None or not decision.user.startswith("tick"):
            return []
        listed = self.listed_by(decision.user, uid, decision.index)
        return [life for life in self.children(uid) if life.slot != slot and life.runs_at(listed)]

    def served(self, index: int) -> bool:
        """Whether the template could be run after that entry."""
        return next((serves for each, _, serves in reversed(self.templates) if each <= index), False)

    def served_all(self, start: datetime, end: datetime) -> bool:
        """Whether it could at all times from ``start`` to ``end``."""
        before = [serves for _, at, serves in self.templates if at <= start][-1:] or [False]
        return all([*before, *(serves for _, at, serves in self.templates if start < at <= end)])

    def children(self, uid: str) -> list[Life]:
        return [life for life in self.lives.values() if life.cron == uid]

    def during(self, uid: str, start: datetime, end: datetime) -> list[Version]:
        """The versions in force at some time from ``start`` to ``end``."""
        versions = self.versions[uid]
        first = max((i for i, each in enumerate(versions) if each.at <= start), default=0)
        return [each for i, each in enumerate(versions) if i >= first and each.at <= end]

    def edited(self, uid: str, version: Version) -> datetime:
        """When the timetable of that version became what it is, as far as a tick noted another."""
        return self.edit(uid, version).at

    def is_undated(self, uid: str, edit: Version) -> bool:
        """Whether it only took a field away, so that nothing says when."""
        earlier = [each for each in self.versions[uid] if each.index < edit.index]
        gone = ("suspend", "timezone")
        return bool(earlier) and any(key in earlier[-1].spec and key not in edit.spec for key in gone)

    def noted_by(self, uid: str, edit: Version, version: Version) -> str:
        """The tick that had noted the edit as that version has it; empty when none had."""
        later = (each for each in self.versions[uid] if edit.index < each.index <= version.index)
        noted = version.notes.get(SEEN)
        first = next((each for each in later if each.notes.get(SEEN) == noted), None)
        return first.user if first and first.user.startswith("tick") else ""

    def edit(self, uid: str, version: Version) -> Version:
        """The one that made the timetable of that version what it is.

        An edit that was taken back before a tick had noted it is none, though a tick may have claimed a slot.
        """
        since = version
        earlier = [each for each in self.versions[uid] if each.index < version.index]
        for before, each in reversed([*zip([None, *earlier[:-1]], earlier, strict=True)]):
            if each.timetable == version.timetable:
                since = each
            elif before and each.notes.get(SEEN) != before.notes.get(SEEN):
                break
        return since


def slot_of(name: str) -> datetime | None:
    """The slot in ``<cron>-<unix>``."""
    digits = name.rpartition("-")[2]
    return datetime.fromtimestamp(int(digits), UTC) if digits.isdigit() and len(digits) >= 9 else None


def when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
