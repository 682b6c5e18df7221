"""May a condition still be true while a part of what it reads is not known? Three-valued, in both dialects.

An expression is taken apart at ``&&``, ``||``, ``!`` and ``?:``, outside of closures. A part that reads
something unknown may be anything; every other one is evaluated. So an operand that is false decides without
asking, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.budget import Budget
from triggerfish.expressions.explanation import Evaluates

# What may come of a condition: an error is neither true nor false.
_TRUE, _FALSE, _FAILS = 1, 2, 4
_ANYTHING = _TRUE | _FALSE | _FAILS
_NOT = {_TRUE: _FALSE, _FALSE: _TRUE, _FAILS: _FAILS}

Members = frozenset[str] | None
"""The members of a name that an expression reads; None: any of them, as it takes the name as a whole."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether an expression ``may`` be true, and ``needs``: the unknown members that decide it."""

    may: bool
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Found:
    """The outcomes that are possible, and what decides among them."""

    outcomes: int
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """An expression taken apart; ``operator`` is ``&&``, ``||``, ``!``, ``?``, or empty: evaluate it.

    ``members`` are those that it reads of the name in question. ``total``: it is true or false whatever they
    are, as a comparison with a text is. ``in_order``: an operand that fails hides what stands behind it, as
    in expr; in CEL one that decides does so wherever it stands.
    """

    operator: str
    parts: tuple[Condition, ...]
    program: Evaluates
    members: Members
    total: bool
    in_order: bool

    def prospect(
        self,
        environment: Mapping[str, Any],
        unknown: frozenset[str],
        now: datetime | None,
        seed: bytes,
        budget: Budget | None,
    ) -> Prospect:
        """Over an environment in which the ``unknown`` members stand for nothing yet."""
        found = _Outlook(environment, unknown, now, seed, budget).of(self)
        may = bool(found.outcomes & _TRUE)
        return Prospect(may, found.needs if may else frozenset())


@dataclass(frozen=True, slots=True)
class _Outlook:
    environment: Mapping[str, Any]
    unknown: frozenset[str]
    now: datetime | None
    seed: bytes
    budget: Budget | None

    def of(self, condition: Condition) -> _Found:
        needs = touched(condition.members, self.unknown)
        if not needs:
            return _Found(self.value(condition.program))
        found = self.taken_apart(condition, needs)
        # Where one outcome alone is left, it is the same whatever the unknown members are.
        return _Found(found.outcomes) if found.outcomes in _NOT else found

    def taken_apart(self, condition: Condition, needs: frozenset[str]) -> _Found:
        if condition.operator == "!":
            inner = self.of(condition.parts[0])
            return _Found(sum(_NOT[one] for one in _NOT if inner.outcomes & one), inner.needs)
        if condition.operator == "?":
            return self.choice(*condition.parts)
        if condition.operator:
            return self.chain(condition)
        return _Found(_TRUE | _FALSE if condition.total else _ANYTHING, needs)

    def choice(self, condition: Condition, then: Condition, otherwise: Condition) -> _Found:
        asked = self.of(condition)
        outcomes, needs = asked.outcomes & _FAILS, asked.needs
        for outcome, branch in ((_TRUE, then), (_FALSE, otherwise)):
            if asked.outcomes & outcome:
                taken = self.of(branch)
                outcomes, needs = outcomes | taken.outcomes, needs | taken.needs
        return _Found(outcomes, needs)

    def chain(self, condition: Condition) -> _Found:
        """Go on through the operands while none decides: false decides ``&&``, true decides ``||``."""
        deciding, going = (_FALSE, _TRUE) if condition.operator == "&&" else (_TRUE, _FALSE)
        outcomes, through, needs = 0, going, frozenset[str]()
        for part in condition.parts:
            found = self.of(part)
            if found.outcomes == deciding and not condition.in_order:
                return found
            outcomes, needs = outcomes | found.outcomes & ~going, needs | found.needs
            through &= found.outcomes
            if condition.in_order and not through:
                break
        return _Found(outcomes | through, needs)

    def value(self, program: Evaluates) -> int:
        try:
            value = program.evaluate(self.environment, now=self.now, seed=self.seed, budget=self.budget)
        except ExpressionError:
            return _FAILS
        return _TRUE if value is True else _FALSE if value is False else _FAILS


def touched(members: Members, unknown: Collection[str]) -> frozenset[str]:
    """Return which of the unknown members are among those that are read."""
    return frozenset(unknown) if members is None else members.intersection(unknown)
