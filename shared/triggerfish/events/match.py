"""Which bindings an event matches, and why the others do not."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from triggerfish.errors import ExpressionError, SpecError
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Environment
from triggerfish.expressions import Budget, Explanation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Faulty:
    """A binding whose selector could not say whether it matches."""

    binding: Binding
    error: SpecError | ExpressionError


@dataclass(frozen=True, slots=True)
class Matches:
    """The bindings that match, those that do not, and those that cannot say; each in the order given."""

    matched: tuple[Binding, ...]
    others: tuple[Binding, ...]
    faulty: tuple[Faulty, ...]


# All that the expressions of one event's bindings may do together: a step is about 100 ns.
EVENT_STEPS = 3_000_000
# And what taking selectors apart may do after that, to say why they do not match.
EXPLANATION_STEPS = 300_000


def match(bindings: Iterable[Binding], environment: Environment, now: datetime, seed: bytes) -> Matches:
    """Evaluate each selector. ``now`` and ``seed`` are the expressions' clock and randomness."""
    return completed(matching(bindings, environment, now, seed, event_budget()))


class EventBudget(Budget):
    """What the bindings of one event may cost together; it knows which of them has taken most."""

    __slots__ = ("_dearest", "_most", "_noted")

    def __init__(self) -> None:
        super().__init__(EVENT_STEPS, "all bindings of an event together")
        self._noted, self._most = self.left, 0
        self._dearest: Binding | None = None

    def note(self, binding: Binding) -> None:
        """What was spent since the last one was noted, this one has taken."""
        spent, self._noted = self._noted - self.left, self.left
        if spent > self._most:
            self._most, self._dearest = spent, binding

    @property
    def costly(self) -> Binding | None:
        """The binding that has taken most, if the budget is used up."""
        return self._dearest if self.left <= 0 else None


def event_budget() -> EventBudget:
    """Return what the bindings of one event may cost together."""
    return EventBudget()


def explanation_budget() -> Budget:
    """Return what may be spent on saying why."""
    return Budget(EXPLANATION_STEPS, "the explanations of an event together")


def completed(work: Generator[None, None, T]) -> T:
    """Return what the work returns, all of its parts done at once."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            done: T = end.value
            return done


def matching(
    bindings: Iterable[Binding], environment: Environment, now: datetime, seed: bytes, budget: EventBudget
) -> Generator[None, None, Matches]:
    """As ``match``, within the budget; yields after each binding, so that the caller may serve others."""
    matched: list[Binding] = []
    others: list[Binding] = []
    faulty: list[Faulty] = []
    for binding in bindings:
        selector = binding.selector
        if isinstance(selector, SpecError):
            faulty.append(Faulty(binding, selector))
            continue
        try:
            result = selector.evaluate(environment, now=now, seed=seed, budget=budget)
        except ExpressionError as error:
            faulty.append(Faulty(binding, _alone(error)))
            continue
        finally:
            budget.note(binding)
            yield
        # By far the most do not match: nothing is made for them.
        if result is False:
            others.append(binding)
        elif result is True:
            matched.append(binding)
        else:
            faulty.append(Faulty(binding, ExpressionError("the selector gives neither true nor false")))
    return Matches(tuple(matched), tuple(others), tuple(faulty))


def _alone(error: ExpressionError) -> ExpressionError:
    """The error without the frames that it passed, which hold this very list, and values of megabytes."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


@dataclass(frozen=True, slots=True)
class Explainer:
    """Takes selectors apart over one event, each once: both an answer and a record may ask."""

    environment: Environment
    now: datetime
    seed: bytes
    budget: Budget = field(default_factory=explanation_budget)
    _told: dict[int, Explanation] = field(default_factory=dict)

    def __call__(self, binding: Binding) -> Explanation | None:
        """The selector's conditions with their values; None of a selector that cannot be read."""
        if isinstance(binding.selector, SpecError):
            return None
        found = self._told.get(id(binding))
        if found is None:
            found = binding.selector.explain(
                self.environment, now=self.now, seed=self.seed, budget=self.budget
            )
            self._told[id(binding)] = found
        return found


def reason(told: Explanation | None) -> str:
    """Return why it does not match, for people: the part of its selector that is false."""
    return told.deciding().sentence if told else "the selector is false"


def fault(faulty: Faulty) -> str:
    """Return why it cannot say, for people."""
    error = faulty.error
    return str(error) if isinstance(error, SpecError) else f"the selector failed: {error}"
