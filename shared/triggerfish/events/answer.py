"""The answer to the sender of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from triggerfish.errors import SpecError
from triggerfish.events.binding import Binding
from triggerfish.events.match import Faulty, fault, reason
from triggerfish.events.needs import NOTHING, Learned
from triggerfish.events.plan import BindingFailure
from triggerfish.expressions import Explanation
from triggerfish.webhooks.credentials import spared_expression
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.hosts.reports.announcement import Announcement

Detail = Literal["none", "summary", "full"]

most_reasons = 20
# Reasons that no binding gives.
EXISTING = "an earlier delivery made it"
NO_BINDING = "the namespace has no event binding"


@dataclass(frozen=True, slots=True)
class Made:
    """A binding's Workflow exists; ``created`` is False when an earlier delivery made it.

    ``reason`` says why it counts although it was made for another event, or nobody could look for which.
    ``report`` says where its states are reported, or why nowhere; empty where nobody asked for that.
    ``unclear``: it was created, or it was there before.
    """

    binding: Binding
    workflow: str
    created: bool
    reason: str = ""
    report: str = ""
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """A binding that matches and was kept from running, by its own rule."""

    binding: Binding
    reason: str


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one event, binding by binding. ``explain`` takes a selector apart, redacted.

    ``decided`` gives of that the part which decides, and costs less; None: it is looked for in the whole.
    ``costly`` is the binding that has taken most, where all of them took more than they may. ``learned`` is
    what the host was asked for, ``announcement`` what it is told now.
    """

    made: tuple[Made, ...]
    skipped: tuple[Skipped, ...]
    failures: tuple[BindingFailure, ...]
    idle: tuple[Binding, ...]
    others: tuple[Binding, ...]
    faulty: tuple[Faulty, ...]
    explain: Callable[[Binding], Explanation | None]
    costly: Binding | None = None
    learned: Learned = NOTHING
    announcement: Announcement | None = None
    decided: Callable[[Binding], Explanation | None] | None = None

    def decide(self, binding: Binding) -> Explanation | None:
        """Return why a binding does not match, redacted: an explanation that ends where it is decided."""
        return (self.decided or self.explain)(binding)

    @property
    def result(self) -> str:
        """In a word: ``created``, ``existing``, ``skipped``, ``nothing`` (no match) or ``failed``."""
        if self.failures:
            return "failed"
        if self.made:
            return "created" if any(made.created for made in self.made) else "existing"
        return "skipped" if self.skipped else "nothing"

    @property
    def bindings(self) -> Iterator[Binding]:
        """All that it speaks of."""
        yield from (made.binding for made in self.made)
        yield from (skipped.binding for skipped in self.skipped)
        yield from (failure.binding for failure in self.failures)
        yield from (faulty.binding for faulty in self.faulty)
        yield from self.idle
        yield from self.others

    @property
    def problems(self) -> Iterator[tuple[Binding, str]]:
        """What a binding's author must hear of: failures, and selectors that can never match."""
        yield from ((failure.binding, failure.message) for failure in self.failures)
        for faulty in self.faulty:
            if isinstance(faulty.error, SpecError):
                yield faulty.binding, spared_expression(str(faulty.error))


def merged(outcomes: Sequence[EventOutcome]) -> EventOutcome:
    """The outcomes of an event's bindings, which were judged in parts, as one."""
    first, *more = outcomes
    for one in more:
        first = _joined(first, one)
    return first


def _joined(one: EventOutcome, other: EventOutcome) -> EventOutcome:
    own = {id(binding) for binding in one.bindings}

    def explain(binding: Binding) -> Explanation | None:
        return (one if id(binding) in own else other).explain(binding)

    return EventOutcome(
        one.made + other.made,
        one.skipped + other.skipped,
        one.failures + other.failures,
        one.idle + other.idle,
        one.others + other.others,
        one.faulty + other.faulty,
        explain,
        one.costly or other.costly,
        one.learned.joined(other.learned),
        other.announcement if one.announcement is None else one.announcement.joined(other.announcement),
    )


def body(outcomes: Sequence[EventOutcome], detail: Detail) -> Json:
    """``workflows``: the names that exist now; ``bindings``: each with whether it matched, and why not.

    ``summary`` gives the reasons of the first 20 that did not match and counts the rest in ``more``;
    ``none`` gives ``{}``. ``facts``: those that the host was asked for, and what came.
    """
    if detail == "none":
        return {}
    bindings: list[Json] = []
    for outcome in outcomes:
        bindings += _matched(outcome)
    most = None if detail == "full" else most_reasons
    every = ((outcome, faulty) for outcome in outcomes for faulty in outcome.faulty)
    told = [
        _not_matched(outcome, faulty.binding, spared_expression(fault(faulty)))
        for outcome, faulty in islice(every, most)
    ]
    for outcome in outcomes:
        left = None if most is None else max(0, most - len(told))
        others = outcome.others[:left]
        told += [_not_matched(outcome, other, reason(outcome.decide(other))) for other in others]
    bindings += told[:most]
    more = sum(len(outcome.others) + len(outcome.faulty) for outcome in outcomes) - len(told[:most])
    answer: Json = {
        "workflows": [made.workflow for outcome in outcomes for made in outcome.made],
        "bindings": bindings,
    }
    if more:
        answer["more"] = more
    if facts := {name: came for outcome in outcomes for name, came in outcome.learned.shown.items()}:
        answer["facts"] = facts
    return answer


def _matched(outcome: EventOutcome) -> list[Json]:
    entries: list[Json] = []

    def add(binding: Binding, **more: Any) -> None:
        entries.append({"name": binding.name, "matched": True, **more})

    because = outcome.learned.because
    for made in outcome.made:
        why = because(made.binding, made.reason)
        told = {"reason": why} if why else {}
        reported = {"report": made.report} if made.report else {}
        add(made.binding, workflow=made.workflow, created=made.created, **told, **reported)
    for skipped in outcome.skipped:
        add(skipped.binding, reason=because(skipped.binding, skipped.reason))
    for failure in outcome.failures:
        add(failure.binding, error=because(failure.binding, failure.message))
    for idle in outcome.idle:
        add(idle, reason="the binding submits nothing")
    return entries


# From the worst to what no person needs to look at.
_results = ("failed", "created", "existing", "skipped", "nothing")


def summary(outcomes: Sequence[EventOutcome], answered: Json) -> tuple[str, str]:
    """Return the result of all events of a delivery in a word, and the reason for it, which may be empty.

    ``answered`` is the ``body`` of them, whose reasons are not worked out again.
    """
    found = [outcome.result for outcome in outcomes]
    if found == ["created"] and not outcomes[0].faulty:
        # What nearly every delivery is.
        return "created", ""
    result = next((each for each in _results if each in found), "nothing")
    problems = [f"{binding.name}: {message}" for outcome in outcomes for binding, message in outcome.problems]
    if problems:
        return result, "; ".join(problems)
    if result == "existing":
        said = (made.reason for outcome in outcomes for made in outcome.made)
        return result, next(filter(None, said), EXISTING)
    if result == "skipped":
        skipped = next(skip for outcome in outcomes for skip in outcome.skipped)
        return result, f"{skipped.binding.name}: {skipped.reason}"
    return result, _why_nothing(outcomes, answered) if result == "nothing" else ""


def _why_nothing(outcomes: Sequence[EventOutcome], answered: Json) -> str:
    idle = [binding.name for outcome in outcomes for binding in outcome.idle]
    if idle:
        return f"{idle[0]}: the binding submits nothing"
    if not outcomes:
        return "it holds no event"
    count = max(len(outcome.others) + len(outcome.faulty) for outcome in outcomes)
    if not count:
        return NO_BINDING
    reasons = "; ".join(f"{each['name']}: {each['reason']}" for each in answered.get("bindings", ())[:3])
    whole = "the binding does not match" if count == 1 else f"none of {count} bindings matches"
    return f"{whole}: {reasons}" if reasons else whole


def _not_matched(outcome: EventOutcome, binding: Binding, why: str) -> Json:
    return {"name": binding.name, "matched": False, "reason": outcome.learned.because(binding, why)}


def failed(outcomes: Sequence[EventOutcome], answered: Json) -> Json:
    """The body of a 500: the bindings that failed, by name, beside ``answered``, the ``body`` of all."""
    reasons = [
        f"{failure.binding.name}: {outcome.learned.because(failure.binding, failure.message)}"
        for outcome in outcomes
        for failure in outcome.failures
    ]
    message = f"failed to dispatch event: {'; '.join(reasons)}"
    return {"code": 13, "message": message, **answered}
