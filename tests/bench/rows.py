"""What `make bench` prints: a figure, its target, its processor time, and the same row of the run before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Row:
    """One figure: ``value`` in ``unit`` (``x`` for a ratio) and the most it should be (or the least).

    ``cpu`` are milliseconds of processor time of what is measured, for each delivery, tick or call: it holds
    on a machine that others use too.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    detail: str = ""
    cpu: float | None = None

    @property
    def verdict(self) -> str:
        if self.at_most is not None:
            return f"{'met' if self.value <= self.at_most else 'MISSED'} (≤ {self.at_most:g})"
        if self.at_least is not None:
            return f"{'met' if self.value >= self.at_least else 'MISSED'} (≥ {self.at_least:g})"
        return ""


Recorded = dict[str, Any]
"""A row as `build/bench.json` has it, with its ``date``."""


def lines(rows: Sequence[Row], before: Iterable[Recorded]) -> list[str]:
    """The table, each row with its change since the run before, where there was one."""
    known = {each["name"]: each for each in before}
    width = max((len(row.name) for row in rows), default=0)
    return [_line(row, known.get(row.name), width) for row in rows]


def _line(row: Row, before: Recorded | None, width: int) -> str:
    cpu = "" if row.cpu is None else f"{row.cpu:.3f} ms CPU"
    return (
        f"{row.name:<{width}}  {row.value:>12.3f} {row.unit:<6} {cpu:>15}  {row.verdict:<18}"
        f" {_change(row, before):<32} {row.detail}"
    ).rstrip()


def _change(row: Row, before: Recorded | None) -> str:
    if before is None:
        return ""
    told = f"{before['value']:.3f} on {before['date']}"
    if before["value"]:
        told += f", {row.value / before['value'] - 1:+.0%}"
    if row.cpu and before.get("cpu"):
        told += f", CPU {row.cpu / before['cpu'] - 1:+.0%}"
    return told


def merged(rows: Sequence[Row], before: Iterable[Recorded], date: str) -> list[Recorded]:
    """The record after a run: the rows of this one, and those of earlier ones that it did not measure."""
    measured = {row.name for row in rows}
    kept = [each for each in before if each["name"] not in measured]
    return [*kept, *({**asdict(row), "verdict": row.verdict, "date": date} for row in rows)]


@dataclass(frozen=True)
class Rounds:
    """Two things, timed one after the other in each round: the speed of a machine drifts within a run."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(our / their for our, their in zip(self.ours, self.theirs, strict=True))

    def detail(self, unit: str, theirs: str) -> str:
        """The median of each."""
        return f"{median(self.ours):.4g} {unit}, {theirs} {median(self.theirs):.4g} {unit}"
