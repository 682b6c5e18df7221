"""`explain` says what became of a slot; the judge says it from the history of the API calls alone.

`explain` sees what is left at the end: the CronWorkflow, its record of decisions and the Workflows that still
exist. The judge has seen everything. They must agree; where nothing is left, `unknown` is the honest answer.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import pairwise

import pytest
from tests.simulation import cron_story
from tests.simulation.cron_episode import episode
from tests.simulation.cron_story import GRACE, Life, Version

from triggerfish.cron.explaining.audit import AuditedSlot, Verdict, audit
from triggerfish.cron.explaining.explain import INVALID, Outcome, Story, stories
from triggerfish.cron.explaining.runs import Run
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.outcomes import Outcomes
from triggerfish.cron.planning.reasons import SkipReason
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.workflows.endings import FAILURES
from triggerfish.workflows.objects import Json

SLOTS_PER_STORY = 120


@dataclass(frozen=True, slots=True)
class Case:
    """A slot as `explain` tells it, and the history in which it lies."""

    told: Story
    cron: Json
    names: frozenset[str]
    truth: cron_story.Story
    audited: AuditedSlot

    @property
    def uid(self) -> str:
        return self.cron["metadata"]["uid"]

    @property
    def name(self) -> str:
        """Of the slot's child."""
        return f"{self.cron['metadata']['name']}-{int(self.told.slot.timestamp())}"

    @property
    def lives(self) -> list[Life]:
        """The Workflows that ran this slot."""
        return [life for life in self.truth.children(self.uid) if life.slot == self.told.slot]

    @property
    def decision(self) -> Version | None:
        """The first version that says that the slot is decided."""
        return self.truth.decision(self.uid, self.told.slot)

    @property
    def until(self) -> datetime:
        return self.decision.at if self.decision else self.truth.entries[-1].call.at

    @property
    def window(self) -> list[Version]:
        """The CronWorkflow as it stood from the slot to its decision."""
        return self.truth.during(self.uid, self.told.slot, self.until)

    @property
    def recorded(self) -> bool:
        """Whether the record has a line for this very slot."""
        record = Outcomes.of(self.cron["metadata"]["annotations"].get("triggerfish.dev/outcomes", ""))
        return record.of_slot(self.told.slot) is not None

    @property
    def left_no_trace(self) -> bool:
        """Its tick died before it recorded the run, which was over and deleted before another looked.

        The window that the finalizer closes, and nothing else does.
        """
        deleted = all(life.gone is not None and life.gone < self._first_record for life in self.lives)
        return deleted and self.cron["metadata"]["annotations"].get("triggerfish.dev/exact") != "true"

    @property
    def _first_record(self) -> int:
        return self.decision.index if self.decision else len(self.truth.entries)


def label(version: Version) -> str:
    return (version.body["metadata"].get("labels") or {}).get("go", "")


def stopped(version: Version) -> bool:
    labels = version.body["metadata"].get("labels") or {}
    return (
        version.status.get("phase") == "Stopped"
        or labels.get("cronworkflows.argoproj.io/completed") == "true"
    )


def beside(case: Case) -> bool:
    """Whether another run was unfinished at some time from the slot to its decision, or was claimed."""
    others = [
        life
        for life in case.truth.children(case.uid)
        if life.slot != case.told.slot
        and life.born_at <= case.until
        and (life.ended_at is None or life.ended_at >= case.told.slot)
    ]
    claims = [each for each in case.window if each.claimed and each.claimed != case.told.slot]
    return bool(others or claims)


def given_up(case: Case) -> datetime:
    """When it was too late: a claim keeps a slot open, also when an edit has decided all slots before it."""
    versions = case.truth.versions[case.uid]
    claims = [each.index for each in versions if each.claimed == case.told.slot]
    after = next((each.at for each in versions if claims and each.index > claims[-1]), case.until)
    return max(after, case.until)


def edited(versions: list[Version]) -> bool:
    """Whether anybody changed the spec meanwhile."""
    return any(one.spec != other.spec for one, other in pairwise(versions))


def as_last_seen(case: Case) -> Version | None:
    """The CronWorkflow as a tick last wrote it before the slot.

    The API server says of a field that was removed neither when nor by whom: a tick that sees it gone takes
    it for removed a minute before, and what lies between counts as before the edit (docs/cron.md).
    """
    before = [each for each in case.truth.versions[case.uid] if each.at <= case.told.slot]
    by_ticks = [each for each in before if case.truth.entries[each.index].call.user.startswith("tick")]
    return by_ticks[-1] if by_ticks else None


def suspended(case: Case) -> bool:
    """Whether it was, or a tick had seen it so and could not tell since when it no longer is."""
    seen = as_last_seen(case)
    return any(each.spec.get("suspend") for each in (*case.window, *([seen] if seen else ())))


def unserved(case: Case) -> bool:
    """Whether the template that it refers to was missing, or wrong, at some time up to the decision."""
    served = case.truth.served_all(case.told.slot, case.until)
    return "workflowTemplateRef" in case.cron["spec"]["workflowSpec"] and not served


def failures(version: Version) -> int:
    return int(version.notes.get(cron_story.FAILURES, 0))


# What must have been so, by the history, for a reason to be true.
HOLDS = {
    SkipReason.SUSPENDED: suspended,
    SkipReason.STOPPED: lambda case: any(
        stopped(each) for each in case.truth.versions[case.uid] if each.at <= case.until
    ),
    SkipReason.SPEC_ERROR: lambda case: any(each.policy == "Maybe" for each in case.window) or unserved(case),
    SkipReason.CONDITION_FALSE: lambda case: any(label(each) != "yes" for each in case.window),
    SkipReason.CONDITION_ERROR: lambda case: any(label(each) == "what" for each in case.window),
    SkipReason.PAUSED: lambda case: any(failures(each) >= 3 for each in case.window),
    SkipReason.MISSED: lambda case: given_up(case) - case.told.slot > GRACE,
    SkipReason.SUPERSEDED: lambda case: case.decision is not None and case.decision.decided > case.told.slot,
    SkipReason.FORBID: lambda case: any(each.policy == "Forbid" for each in case.window) and beside(case),
    SkipReason.EDITED: lambda case: edited(case.window),
    SkipReason.REFUSED: lambda case: case.truth.refused(case.uid, case.told.slot),
}


def wrong(case: Case) -> str:
    """How the answer differs from the truth; empty when they agree."""
    outcome = case.told.outcome
    if outcome is Outcome.UNKNOWN:
        kept = case.recorded or case.name in case.names
        return "said to be unknown though it is kept" if kept else ""
    if outcome is Outcome.RAN:
        return "" if case.lives else "said to have run, and did not"
    if outcome not in (Outcome.SKIPPED, Outcome.MISSED):
        return f"said to be {outcome.value} though it is past"
    if case.lives:
        return "" if case.left_no_trace else f"said to be {outcome.value}, and ran"
    reason = next((each for each in SkipReason if case.told.reason.startswith(each.sentence)), None)
    if reason is None:
        return f"no reason that there is: {case.told.reason}"
    return "" if HOLDS[reason](case) else f"said to be {reason.value}, which was not so"


def audited_wrong(case: Case) -> str:
    """How the audit's verdict differs from the truth; empty when they agree."""
    verdict, outcome = case.audited.verdict, case.told.outcome
    failed = [life.phase in FAILURES for life in case.lives]
    if outcome is Outcome.RAN:
        if verdict not in (Verdict.ON_TIME, Verdict.LATE, Verdict.FAILING):
            return f"it ran, and the audit says {verdict}"
        if verdict is Verdict.FAILING and not any(failed):
            return "the audit says failing, and it did not fail"
        if verdict is not Verdict.FAILING and all(failed) and case.name in case.names:
            return f"its Workflow failed, and the audit says {verdict}"
    if outcome is Outcome.SKIPPED and (verdict is Verdict.INVALID) != (case.told.why in INVALID):
        return f"skipped for {case.told.why}, and the audit says {verdict}"
    if outcome is Outcome.UNKNOWN and verdict is Verdict.MISSED and case.lives and not case.left_no_trace:
        return "the audit says missed, and it ran"
    return ""


@lru_cache(maxsize=1)
def cases(seed: int, minutes: int = 25, drawn: int = SLOTS_PER_STORY) -> tuple[Case, ...]:
    """Some of the slots of one story, drawn by its seed."""
    outcome = asyncio.run(episode(seed, minutes=minutes, crowd=0.7 if seed % 2 else 0.4))
    assert not outcome.wrong, f"seed {seed}: {outcome.wrong}"
    model = outcome.world.model
    truth = cron_story.Story.of(model.history)
    workflows = model.objects(WORKFLOWS)
    # Somebody else's Workflow of such a name is no trace of a run.
    names = frozenset(
        body["metadata"]["name"] for body in workflows if body["metadata"].get("ownerReferences")
    )
    runs = [run for body in workflows if (run := Run.of(body))]
    found = []
    for body in model.objects(CRON_WORKFLOWS):
        cron = CronWorkflow.of(body, Rules())
        mine = [run for run in runs if run.cron == cron.name]
        told = stories(cron, mine, cron.created - timedelta(days=1), model.now, model.now)
        audited = audit(cron, mine, cron.created - timedelta(days=1), model.now, GRACE)
        found += [Case(each, body, names, truth, seen) for each, seen in zip(told, audited, strict=True)]
    return tuple(random.Random(seed).sample(found, min(len(found), drawn)))


def agree(seeds, *, slots: int) -> None:
    counts: Counter[str] = Counter()
    for seed in seeds:
        for case in cases(seed):
            problem = wrong(case) or audited_wrong(case)
            assert not problem, f"seed {seed}: {case.name} at {case.told.slot:%H:%M}: {problem}"
            counts[case.told.outcome.value] += 1
            counts["no trace"] += bool(case.lives) and case.told.outcome in (Outcome.SKIPPED, Outcome.MISSED)
        if counts.total() - counts["no trace"] >= slots:
            break
    total = counts.total() - counts["no trace"]
    assert total >= slots
    # The stories are hard: faults in one call of 25, and an edit of each schedule every quarter of an hour.
    assert counts["unknown"] <= 0.02 * total, counts
    assert counts["no trace"] <= 0.01 * total
    assert all(counts[each] >= 0.003 * total for each in ("ran", "skipped", "missed")), counts


def test_explain_agrees_with_the_judge_on_a_thousand_slots():
    agree(range(1_000), slots=1_000)


@pytest.mark.soak
def test_explain_agrees_with_the_judge_on_ten_thousand_slots():
    agree(range(1_000, 10_000), slots=10_000)


@pytest.mark.soak
def test_they_agree_over_the_whole_of_the_last_24_hours():
    drawn = cases(1, minutes=24 * 60, drawn=1_000)
    problems = [
        f"{case.name}: {problem}" for case in drawn if (problem := wrong(case) or audited_wrong(case))
    ]
    assert not problems
    counts = Counter(case.told.outcome for case in drawn)
    assert counts[Outcome.UNKNOWN] <= 0.02 * len(drawn), counts


def explained_wrongly(change) -> list[str]:
    """What the judge says of the answers about one story when they are changed so."""
    return [problem for case in cases(1) if (problem := wrong(change(case)))]


def told(case: Case, **changed) -> Case:
    fields = {name: getattr(case.told, name) for name in ("slot", "due", "schedule", "outcome", "reason")}
    return Case(Story(**fields | changed), case.cron, case.names, case.truth, case.audited)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(partial(told, outcome=Outcome.RAN), id="all ran"),
        pytest.param(partial(told, outcome=Outcome.UNKNOWN), id="nothing is known"),
        pytest.param(partial(told, outcome=Outcome.OPEN), id="nothing is decided"),
        pytest.param(
            partial(told, outcome=Outcome.SKIPPED, reason="It rained."), id="no reason that there is"
        ),
        *(
            pytest.param(partial(told, outcome=Outcome.SKIPPED, reason=reason.sentence), id=reason.value)
            for reason in HOLDS
        ),
    ],
)
def test_the_judge_sees_wrong_answers(change):
    assert explained_wrongly(change)
