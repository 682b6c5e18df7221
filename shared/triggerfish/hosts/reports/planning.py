"""What a pass over all open reports does: which states it posts, reads back, and lays to rest. Pure.

The runs of one place (a commit and the name of its status) share one status: the newest run's counts. The
older ones are reported no more; but another process may still be about to post for one of them what it read
before. So nothing is laid to rest before such a process has run out of time, and until then the status is
read back, and set right if it is another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from triggerfish.hosts.api.values import State
from triggerfish.hosts.reports.intent import ReportPlace
from triggerfish.hosts.reports.progress import FINAL, ReportedRun
from triggerfish.workflows.names import digest

# Posts, and statuses read back, with one credential in a pass.
MOST_POSTS = MOST_CHECKS = 60
_minute = 60
FIRST_POST_SECONDS = 30.0
"""The first state of a run is posted within so many seconds of its creation, or by a pass."""

# A request that is on its way when its time ends may still arrive.
_travel_seconds = 5.0


@dataclass(frozen=True, slots=True)
class PostState:
    """Post the state of ``run``, and note that on its Workflow."""

    run: ReportedRun


@dataclass(frozen=True, slots=True)
class Check:
    """Read the status of ``run`` back, and post it again if it is another.

    ``resting`` are laid to rest once it agrees: the run itself, or older ones of its place; none while
    another process may still be about to post.
    """

    run: ReportedRun
    resting: tuple[ReportedRun, ...]


@dataclass(frozen=True, slots=True)
class Supersede:
    """Note on ``run`` that ``by`` is reported in its stead."""

    run: ReportedRun
    by: str


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """The steps of one pass, the most urgent first. ``left`` are posts and checks that had no room in it.

    ``resting`` are to be laid to rest without a word to the host.
    """

    posts: tuple[PostState, ...] = ()
    checks: tuple[Check, ...] = ()
    superseded: tuple[Supersede, ...] = ()
    resting: tuple[ReportedRun, ...] = ()
    left: int = 0


def settle_seconds(deadline: float) -> float:
    """How long after a decision somebody may still post by it; a pass has ``deadline`` seconds."""
    return max(deadline, FIRST_POST_SECONDS) + _travel_seconds


def places(runs: Iterable[ReportedRun]) -> dict[ReportPlace, list[ReportedRun]]:
    """The runs by their places, the newest last. What is not ours has no place."""
    found: dict[ReportPlace, list[ReportedRun]] = defaultdict(list)
    for run in runs:
        if run.sealed is not None:
            found[run.sealed.intent.place(run.namespace)].append(run)
    for group in found.values():
        group.sort(key=_age)
    return found


def is_quiet(runs: Sequence[ReportedRun]) -> bool:
    """Return whether a place with these runs needs nothing: its only run goes on, as was reported."""
    return len(runs) == 1 and runs[0].reported and runs[0].state not in FINAL


def plan(groups: Iterable[Sequence[ReportedRun]], now: float, settle: float) -> ReportPlan:
    """The steps for the runs of each place, which are believed and in order (``places``).

    ``now`` is in seconds since 1970, ``settle`` the seconds after which nobody is still about to post what
    was decided before.
    """
    posts: list[PostState] = []
    checks: list[Check] = []
    superseded: list[Supersede] = []
    resting: list[ReportedRun] = []
    for runs in groups:
        newest, older = runs[-1], runs[:-1]
        superseded += (Supersede(run, newest.name) for run in older if not run.is_superseded)
        settled = [run for run in runs if run.mark is not None and now - run.mark.at >= settle]
        if newest.is_superseded:
            # By a run that is gone: what that one came to stays.
            resting += (run for run in settled if run.is_superseded)
        elif not newest.reported:
            posts.append(PostState(newest))
        elif older:
            checks.append(Check(newest, tuple(run for run in settled if run.is_superseded)))
        elif newest.state in FINAL:
            checks.append(Check(newest, tuple(settled)))
    turn = str(int(now // _minute))
    # Nothing comes after a final state. Beyond that chance decides: what fails is not first every time.
    posts.sort(key=lambda post: (_rank(post.run.state), digest(post.run.uid, turn)))
    checks.sort(key=lambda check: digest(check.run.uid, turn))
    urgent, seen = _bounded(posts, MOST_POSTS), _bounded(checks, MOST_CHECKS)
    left = len(posts) + len(checks) - len(urgent) - len(seen)
    return ReportPlan(urgent, seen, tuple(superseded), tuple(resting), left)


def _age(run: ReportedRun) -> tuple[float, float, str]:
    # By its creation: what is created once another's report is done comes after that.
    return run.created, run.sealed.intent.at if run.sealed else 0.0, run.name


def _rank(state: State) -> int:
    return 0 if state in FINAL else 1 if state is State.RUNNING else 2


_Step = TypeVar("_Step", PostState, Check)


def _bounded(steps: Sequence[_Step], most: int) -> tuple[_Step, ...]:
    """The first steps with each credential."""
    used: Counter[tuple[str, str]] = Counter()
    kept = []
    for step in steps:
        credential = step.run.namespace, step.run.intent.credential
        used[credential] += 1
        if used[credential] <= most:
            kept.append(step)
    return tuple(kept)
