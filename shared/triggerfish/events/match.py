"""Which bindings an event matches, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from triggerfish.errors import ExpressionError, SpecError
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Environment


class _Explanation(Protocol):
    @property
    def sentence(self) -> str: ...

    def deciding(self) -> _Explanation: ...


@runtime_checkable
class Explained(Protocol):
    """A program that can say why it gives what it gives; expr's can."""

    def explain(
        self, environment: Environment, *, now: datetime | None = None, seed: bytes = b""
    ) -> _Explanation:
        """Its conditions, each with its value."""


@dataclass(frozen=True, slots=True)
class NonMatch:
    """A binding that does not match; ``error`` when its selector could not say so itself."""

    binding: Binding
    error: SpecError | ExpressionError | None


@dataclass(frozen=True, slots=True)
class Matches:
    """The bindings that match and those that do not, each in the order given."""

    matched: tuple[Binding, ...]
    others: tuple[NonMatch, ...]


def match(bindings: Iterable[Binding], environment: Environment, now: datetime, seed: bytes) -> Matches:
    """Evaluate each selector. ``now`` and ``seed`` are the expressions' clock and randomness."""
    matched: list[Binding] = []
    others: list[NonMatch] = []
    for binding in bindings:
        selector = binding.selector
        if isinstance(selector, SpecError):
            others.append(NonMatch(binding, selector))
            continue
        try:
            result = selector.evaluate(environment, now=now, seed=seed)
        except ExpressionError as error:
            others.append(NonMatch(binding, error))
            continue
        if result is True:
            matched.append(binding)
        elif result is False:
            others.append(NonMatch(binding, None))
        else:
            others.append(NonMatch(binding, ExpressionError("the selector gives neither true nor false")))
    return Matches(tuple(matched), tuple(others))


def reason(non_match: NonMatch, environment: Environment, now: datetime, seed: bytes) -> str:
    """A sentence that says why, for people."""
    error = non_match.error
    if isinstance(error, SpecError):
        return str(error)
    if error is not None:
        return f"the selector failed: {error}"
    selector = non_match.binding.selector
    if not isinstance(selector, Explained):
        return "the selector is false"
    # Once more, part by part: told are the first 20 of an answer, and only in its own words.
    return selector.explain(environment, now=now, seed=seed).deciding().sentence
