"""What is new, merged into the record of outcomes, which stays within its bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triggerfish.cron.manifest import stretches
from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.outcomes import Table, with_older
from triggerfish.cron.manifest.stretches import UNTIMED, Kind, Stretch

LONGEST_MESSAGE = 160
# A full record frees one part in this many of its bytes at once, so that not each patch has to.
_free = 8


@dataclass(frozen=True, slots=True)
class RecordBounds:
    """At most ``slots`` slots, in ``size`` bytes. A run is late after ``grace`` seconds."""

    slots: int
    size: int
    grace: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run: Argo's phase and message, and how many seconds it took."""

    result: str
    message: str = ""
    took: int = UNTIMED


def merged(
    text: str, older: str, fresh: Sequence[Stretch], ends: Mapping[int, End], bounds: RecordBounds
) -> str:
    """The annotation ``text`` with ``fresh`` decisions and the ``ends`` of runs, by their slots.

    A later decision on a slot wins, and a run that has ended stays so. ``older`` is the annotation of earlier
    releases, which this one takes the place of.
    """
    if not bounds.slots:
        return ""
    table = Table.of(text)
    since = 0 if older else min([*(each.first for each in fresh), *ends], default=table.last)
    known = table.cut(since)
    if older:
        with_older(known, older)
    for each in fresh:
        if each.kind != Kind(RAN) or not any(it.kind.result for it in stretches.having(known, each.first)):
            stretches.put(known, _cut(each))
    for slot, end in ends.items():
        _end(known, slot, end)
    for each in stretches.joined(known, bounds.grace):
        table.add(each)
    if table.slots > bounds.slots:
        table = _newest(table, bounds)
    found = table.text()
    return (found if len(found) <= bounds.size else _fitting(table, bounds)).decode()


def _cut(new: Stretch) -> Stretch:
    if len(new.kind.message) <= LONGEST_MESSAGE:
        return new
    return new._replace(kind=new.kind._replace(message=new.kind.message[: LONGEST_MESSAGE - 1] + "…"))


def _end(known: list[Stretch], slot: int, end: End) -> None:
    """Note the end of that run, if it is among those that nobody has seen to end."""
    for pending in stretches.having(known, slot):
        if pending.kind == Kind(RAN):
            kind = Kind(RAN, end.result, end.message)
            stretches.put(known, _cut(Stretch.single(slot, kind, pending.late, end.took)))
            break


def _newest(table: Table, bounds: RecordBounds) -> Table:
    """Its newest slots."""
    found: list[Stretch] = []
    left = bounds.slots
    for each in reversed(table.cut(0)):
        if left <= 0:
            break
        if each.number > left and each.step:
            each = each.after(each.last - left * each.step) or each
        found.append(each)
        left -= max(each.number, 1)
    return _table(found[::-1])


def _fitting(table: Table, bounds: RecordBounds) -> bytes:
    """Fewer bytes than the bound: old messages go first, then what tells like slots apart, then slots."""
    enough = bounds.size - bounds.size // _free
    known = table.cut(0)
    for share in (4, 2, 1):
        older = len(known) // share
        shorter = [each._replace(kind=each.kind.bare, took=UNTIMED) for each in known[:older]]
        known = [*stretches.joined(shorter, bounds.grace, coarsely=True), *known[older:]]
        if len(found := _table(known).text()) <= enough:
            return found
    while len(found) > enough and known:
        known = known[max(len(known) // _free, 1) :]
        found = _table(known).text()
    return found


def _table(known: Sequence[Stretch]) -> Table:
    table = Table()
    for each in known:
        table.add(each)
    return table
