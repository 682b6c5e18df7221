"""Stretches: slots that came one after the other to the same outcome, as the record of outcomes has them.

Times are whole unix seconds, durations whole seconds: a record is read and written for each due CronWorkflow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

# How the run of a slot ended where Argo's phase does not say it: it was deleted before a tick saw its end.
DELETED = "Deleted"
UNTIMED = -1
# Stands for the name of the slot's Workflow in messages, so that the same message is the same each time.
NAME = "{workflow}"
_first, _last = attrgetter("first"), attrgetter("last")


class Kind(NamedTuple):
    """An outcome: ``word`` is ``ran`` or a SkipReason's value, ``result`` the phase in which the run ended.

    ``message`` is the detail of the reason, or that of Argo. Nobody has seen a run without a ``result`` end.
    """

    word: str
    result: str = ""
    message: str = ""

    @property
    def bare(self) -> Kind:
        """The same without its message."""
        return Kind(self.word, self.result)


class Stretch(NamedTuple):
    """``number`` slots from ``first`` to ``last``, ``step`` seconds apart.

    ``step`` 0 with more than one second between the ends: all the slots there were, at unequal distances or
    not counted (``number`` 0). ``late``: at most that long after it was due, each was decided, or its run was
    created. ``took`` is how long the last of the runs took, ``UNTIMED`` where that is not known.
    """

    first: int
    last: int
    step: int
    number: int
    kind: Kind
    late: int = 0
    took: int = UNTIMED

    @classmethod
    def single(cls, slot: int, kind: Kind, late: int = 0, took: int = UNTIMED) -> Stretch:
        """One slot."""
        return cls(slot, slot, 0, 1, kind, late, took)

    @classmethod
    def span(cls, first: int, last: int, kind: Kind, late: int = 0) -> Stretch:
        """All slots from one to another, however many those are."""
        return cls(first, last, 0, 0 if first < last else 1, kind, late)

    @property
    def is_exact(self) -> bool:
        """Its slots are known one by one."""
        return self.step > 0 or self.first == self.last

    def has(self, slot: int) -> bool:
        """Return whether it is about that slot, which is one of the timetable's."""
        if not self.first <= slot <= self.last:
            return False
        return self.step == 0 or (slot - self.first) % self.step == 0

    def slots(self) -> Iterator[int]:
        """Its slots, oldest first; of one that is not exact, its ends."""
        return iter(range(self.first, self.last + 1, self.step or max(self.last - self.first, 1)))

    def before(self, second: int) -> Stretch | None:
        """The part of it before that second, if there is any."""
        if self.first >= second:
            return None
        if self.last < second:
            return self
        if not self.step:
            return self._replace(last=second - 1, number=0)
        count = -(-(second - self.first) // self.step)
        return self._part(self.first, count)

    def after(self, second: int) -> Stretch | None:
        """The part of it after that second, if there is any."""
        if self.last <= second:
            return None
        if self.first > second:
            return self
        if not self.step:
            return self._replace(first=second + 1, number=0)
        skipped = (second - self.first) // self.step + 1
        return self._part(self.first + skipped * self.step, self.number - skipped)

    def _part(self, first: int, count: int) -> Stretch:
        step = self.step if count > 1 else 0
        return self._replace(first=first, last=first + step * (count - 1), step=step, number=count)


def put(known: list[Stretch], new: Stretch) -> None:
    """Add one to ``known``, which is in order. A slot wins over what was known of it, a span fills gaps."""
    place = _between(known, new.first, new.last)
    found = known[place]
    known[place] = _cleared(found, new) if new.first == new.last else _filled(found, new)


def having(known: Sequence[Stretch], slot: int) -> list[Stretch]:
    """Those of ``known``, which is in order, that have that slot."""
    return [each for each in known[_between(known, slot, slot)] if each.has(slot)]


def _between(known: Sequence[Stretch], first: int, last: int) -> slice:
    """Where those are that reach into that time, or would be: all of them may be very many."""
    return slice(bisect_left(known, first, key=_last), bisect_right(known, last, key=_first))


def _cleared(found: Iterable[Stretch], slot: Stretch) -> list[Stretch]:
    before = [part for each in found if (part := each.before(slot.first))]
    return [*before, slot, *(part for each in found if (part := each.after(slot.first)))]


def _filled(found: Iterable[Stretch], span: Stretch) -> list[Stretch]:
    filled: list[Stretch] = []
    rest: Stretch | None = span
    for each in found:
        if rest and (piece := rest.before(each.first)):
            filled.append(piece)
        filled.append(each)
        rest = rest and rest.after(each.last)
    return [*filled, rest] if rest else filled


def joined(stretches: Iterable[Stretch], grace: int, *, coarsely: bool = False) -> list[Stretch]:
    """The same, neighbours of one kind made one. Runs that were late (by more than ``grace``) stay apart.

    ``coarsely``: also what is not at equal distances, and runs that were late.
    """
    found: list[Stretch] = []
    for each in stretches:
        one = _both(found[-1], each, grace, coarsely) if found and found[-1].kind == each.kind else None
        if one:
            found[-1] = one
        else:
            found.append(each)
    return found


def _both(one: Stretch, other: Stretch, grace: int, coarsely: bool) -> Stretch | None:  # noqa: FBT001  as `joined`
    late = max(one.late, other.late)
    if late > grace and (not coarsely or min(one.late, other.late) <= grace) and one.kind.word == "ran":
        return None
    gap = other.first - one.last
    even = one.is_exact and other.is_exact and {one.step or gap, other.step or gap} == {gap}
    if not even and not coarsely:
        return None
    count = one.number + other.number if one.number and other.number else 0
    return one._replace(
        last=other.last, step=gap if even else 0, number=count, late=late, took=max(other.took, UNTIMED)
    )
