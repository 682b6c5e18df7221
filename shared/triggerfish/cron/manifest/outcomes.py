"""The record of outcomes: what became of the slots of a day and more, in an annotation of a CronWorkflow.

Whoever may read the CronWorkflow may read it. It is written with the patches that are made anyway, so it
costs no call. Slots of the same outcome, one after the other, are one row, so that an every-minute schedule
that is well needs a handful of rows for a week. The annotation is compact JSON::

    {"last": 1764288000, "kinds": [["ran", "Succeeded"], ["ran", "Failed", 0]], "messages": ["exit code 1"],
     "rows": [[0, 0, 3, 60, 1440], [60, 1, 2, 0, 1, 12]]}

A row is ``[gap, kind, late, step, count, took]``, oldest first; the end may be left out. These are seconds
from the slot before to its first one, its place in ``kinds``, the greatest delay, seconds between its slots
(negative: from the first to the last of unequal ones), how many there are (0: not counted), and how long
the last run took, plus one. ``last`` is the last slot of all. A kind is ``[word, result, message's place]``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import orjson

from triggerfish.cron.manifest import decisions
from triggerfish.cron.manifest.decisions import RAN
from triggerfish.cron.manifest.stretches import UNTIMED, Kind, Stretch, put

# Ends of the times that Python can tell: 1970 and 9999.
_latest = 253_402_300_799
# Somebody may have written a record of any number of slots.
_most_later = 1000
_start = '{"last":'


class Table:
    """The annotation, decoded as far as it is needed: mostly only its end changes."""

    __slots__ = ("_places", "kinds", "last", "rows")

    def __init__(self) -> None:
        self.last = 0
        self.kinds: list[Kind] = []
        self.rows: list[list[int]] = []
        self._places: dict[Kind, int] = {}

    @classmethod
    def of(cls, text: str) -> Table:
        """Read the annotation; one that somebody has broken is as good as none."""
        table = cls()
        if text:
            try:
                table._read(orjson.loads(text))
            except (ValueError, TypeError, KeyError, IndexError, AttributeError):
                return cls()
        return table

    def _read(self, found: dict[str, Any]) -> None:
        messages, rows, last = found["messages"], found["rows"], found["last"]
        for word, result, *place in (each if len(each) > 1 else (*each, "") for each in found["kinds"]):
            message = messages[place[0]] if place else ""
            kind = Kind(word, result, message)
            if not all(isinstance(part, str) for part in kind):
                raise TypeError("a kind is made of texts")
            self.kinds.append(kind)
            self._places.setdefault(kind, len(self.kinds) - 1)
        if {*map(type, chain.from_iterable(rows)), type(last)} - {int}:
            raise TypeError("a row is made of whole numbers")
        if rows and not 0 <= min(row[1] for row in rows) <= max(row[1] for row in rows) < len(self.kinds):
            raise ValueError("a row has no kind")
        if not sum(map(_length, rows)) <= last <= _latest:
            raise ValueError("a slot lies where no time is")
        self.rows, self.last = rows, last

    def cut(self, since: int) -> list[Stretch]:
        """Take off the rows from ``since`` on, and the one before them; oldest first."""
        found: list[Stretch] = []
        while self.rows:
            row = self.rows.pop()
            stretch = self._stretch(row, self.last)
            self.last = stretch.first - row[0]
            found.append(stretch)
            if stretch.last < since:
                break
        return found[::-1]

    def add(self, stretch: Stretch) -> None:
        """Add one after all others."""
        gap = stretch.first - self.last if self.rows else 0
        row = [gap, self._place(stretch.kind)]
        step = stretch.step or stretch.first - stretch.last
        took = stretch.took + 1
        if took or step:
            row += [stretch.late, step, stretch.number]
            if took:
                row.append(took)
        elif stretch.late:
            row.append(stretch.late)
        self.rows.append(row)
        self.last = stretch.last

    def _stretch(self, row: list[int], last: int) -> Stretch:
        _, kind, late, step, count, took = (row + _defaults[len(row) :])[:6]
        first = last + step if step < 0 else last - step * (count - 1)
        took = took - 1 if took > 0 else UNTIMED
        return Stretch(first, last, max(step, 0), count, self.kinds[kind], late, took)

    def _place(self, kind: Kind) -> int:
        if kind not in self._places:
            self._places[kind] = len(self.kinds)
            self.kinds.append(kind)
        return self._places[kind]

    def pending(self) -> list[Stretch]:
        """The stretches of runs that nobody has seen to end."""
        place = self._places.get(Kind(RAN))
        oldest = next((index for index, row in enumerate(self.rows) if row[1] == place), None)
        if oldest is None:
            return []
        last, found = self.last, []
        for row in reversed(self.rows[oldest:]):
            stretch = self._stretch(row, last)
            last = stretch.first - row[0]
            if row[1] == place:
                found.append(stretch)
        return found

    @property
    def slots(self) -> int:
        """Return how many slots there are, a span of unknown ones counted once."""
        return sum(max(row[4], 1) if len(row) > 4 else 1 for row in self.rows)

    def text(self) -> bytes:
        """The annotation."""
        kinds: list[list[str | int]] = []
        messages: dict[str, int] = {}
        for word, result, message in self.kinds:
            if message:
                kinds.append([word, result, messages.setdefault(message, len(messages))])
            else:
                kinds.append([word, result] if result else [word])
        found = {"last": self.last, "kinds": kinds, "messages": list(messages), "rows": self.rows}
        return orjson.dumps(found)


_defaults = [0, 0, 0, 0, 1, 0]


def _length(row: list[int]) -> int:
    """Seconds from the slot before a row to its last one. Raises ``ValueError`` for what is no row."""
    if row[0] < 0 or (len(row) > 2 and row[2] < 0):
        raise ValueError("a row goes back in time")
    if len(row) < 5:
        return row[0]
    step, count = row[3], row[4]
    if count < (step >= 0):
        raise ValueError("a row has no slots")
    return row[0] + (-step if step < 0 else step * (count - 1))


class Outcomes:
    """The record as people ask it: by slot."""

    __slots__ = ("_firsts", "stretches")

    def __init__(self, stretches: Sequence[Stretch] = ()) -> None:
        self.stretches = tuple(stretches)
        self._firsts = [each.first for each in self.stretches]

    @classmethod
    def of(cls, text: str, older: str = "") -> Outcomes:
        """Read the annotation, and the one that earlier releases wrote, ``older``."""
        found = Table.of(text).cut(0)
        with_older(found, older)
        return cls(found)

    def __iter__(self) -> Iterator[Stretch]:
        return iter(self.stretches)

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def of_slot(self, slot: datetime) -> Stretch | None:
        """The stretch that a slot belongs to."""
        second = int(slot.timestamp())
        place = bisect_right(self._firsts, second) - 1
        if place < 0 or not self.stretches[place].has(second):
            return None
        return self.stretches[place]

    def has_run(self, slot: datetime) -> bool:
        """Return whether the record says that it ran."""
        found = self.of_slot(slot)
        return found is not None and found.kind.word == RAN

    def has_skipped(self, slot: datetime) -> bool:
        """Return whether the record says that it did not run."""
        found = self.of_slot(slot)
        return found is not None and found.kind.word != RAN

    @property
    def start(self) -> datetime:
        """The oldest slot that there is; the end of time where nothing is recorded."""
        return time(self._firsts[0] if self._firsts else _latest)

    def last_before(self, moment: datetime) -> datetime:
        """The last slot up to that time, whenever it was decided; the beginning of time without any."""
        second = int(moment.timestamp()) + 1
        return time(max((part.last for each in self.stretches if (part := each.before(second))), default=0))

    def until(self, now: datetime) -> datetime:
        """The last slot that is recorded up to ``now``; the beginning of time without any."""
        return max(self.slots_until(now), default=time(0))

    def slots_until(self, now: datetime, *, ran: bool = False) -> list[datetime]:
        """The last slot of each stretch up to ``now``; ``ran``: only of those that ran.

        A skip that was decided later than that was so by a clock that was ahead: it does not count.
        """
        latest = int(now.timestamp()) + 1
        parts = [
            each.before(latest if each.kind.word == RAN else latest - each.late)
            for each in self.stretches
            if each.kind.word == RAN or not ran
        ]
        return [time(part.last) for part in parts if part]


def with_older(known: list[Stretch], older: str) -> None:
    """Add what the annotation of earlier releases has beyond that."""
    found = Outcomes(known)
    for decision in decisions.parse(older):
        if found.of_slot(decision.slot) is None:
            slot, late = int(decision.slot.timestamp()), int((decision.at - decision.slot).total_seconds())
            last = decision.last
            kind = Kind(decision.word, "", "" if last or decision.word == RAN else decision.detail)
            many = last and int(last.timestamp()) > slot
            new = Stretch.span(slot, int(last.timestamp()), kind) if last and many else None
            put(known, new or Stretch.single(slot, kind, max(late, 0)))


def ran_later(text: str, older: str, than: datetime) -> frozenset[datetime]:
    """The slots after that one which have run all the same: a clock was ahead when they did.

    There are none as a rule, which the last slot of all tells.
    """
    since = int(than.timestamp())
    found = decisions.ran_later(older, than) if older else frozenset()
    digits = text[len(_start) :].partition(",")[0] if text.startswith(_start) else ""
    if not digits.isdigit() or int(digits[:12]) <= since:
        return found
    later = (each.after(since) for each in Table.of(text).cut(since) if each.kind.word == RAN)
    slots = (slot for each in later if each for slot in each.slots())
    return found | {time(slot) for slot in islice(slots, _most_later)}


def time(second: int) -> datetime:
    """A second of the record as a time."""
    return datetime.fromtimestamp(second, UTC)
