"""One event on its way through the dispatcher: what each of its steps works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from triggerfish.events.answer import EventOutcome, Skipped
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Event
from triggerfish.events.match import EventBudget
from triggerfish.events.plan import BindingFailure, EventPlan
from triggerfish.expressions import Budget
from triggerfish.hosts.facts import Facts
from triggerfish.kube.client import Client
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.events_function.facts import Inquiry


@dataclass(slots=True)
class EventCase:
    """``client`` acts; ``budget`` and ``explaining`` are what all events of the delivery may cost together.

    ``inquire`` begins the questions to the event's host; they are asked by one ``inquiry``.
    """

    client: Client
    event: Event
    budget: EventBudget
    explaining: Budget
    inquire: Callable[[Event], Inquiry] | None
    _inquiry: Inquiry | None = None

    @property
    def inquiry(self) -> Inquiry | None:
        """The questions about the event; None where nobody can be asked."""
        if self._inquiry is None and self.inquire is not None:
            self._inquiry = self.inquire(self.event)
        return self._inquiry


@dataclass(frozen=True, slots=True)
class Waiting:
    """A matching binding that does not run: ``waits`` says for what, ``refused`` who was refused what."""

    binding: Binding
    waits: str
    refused: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """The matching bindings that run now, and why others do not; ``mark`` completes what is created."""

    bindings: Sequence[Binding]
    skipped: tuple[Skipped, ...]
    failures: tuple[BindingFailure, ...]
    mark: Callable[[EventPlan], EventPlan]
    waiting: tuple[Waiting, ...] = ()


class Gate(Protocol):
    """Lets matching bindings through, by more than their selectors; ``git`` is what these have read."""

    async def __call__(self, matched: Sequence[Binding], git: Json) -> Admitted:
        """Which of them run."""


Judge = Callable[[Sequence[Binding], dict[str, Any], Facts | None, Gate | None], Awaitable[EventOutcome]]
"""What becomes of bindings over names, whose ``git`` has these facts (None: the payload's)."""
