"""A delivery: read, plan, apply, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from triggerfish.errors import KubeError, Unanswered
from triggerfish.events import answer
from triggerfish.events.answer import EventOutcome
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Environment, Event, environment
from triggerfish.events.match import EventBudget, Explainer, event_budget, explanation_budget, matching
from triggerfish.events.needs import NOTHING, Learned, lacking, needed
from triggerfish.events.plan import BindingFailure, planning, templates_of
from triggerfish.events.reporting import NoReport
from triggerfish.events.trees import deciding, redacting
from triggerfish.events_function.bindings import Bindings
from triggerfish.events_function.case import EventCase, Gate
from triggerfish.events_function.execution import Applier, record
from triggerfish.events_function.identity import Api
from triggerfish.expressions import Budget
from triggerfish.hosts import facts_of
from triggerfish.hosts.facts import Facts
from triggerfish.http.messages import Remarks
from triggerfish.http.router import deadline_seconds
from triggerfish.kube.cache import bytes_of
from triggerfish.kube.client import Client
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    WORKFLOW_TEMPLATES,
)
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.turns import Turns
from triggerfish.settings import Settings
from triggerfish.webhooks.credentials import spared_expression
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import TemplateRef, referenced

if TYPE_CHECKING:
    from triggerfish.events_function.facts import Inquiry
    from triggerfish.events_function.reporting import Reporter
    from triggerfish.hosts.reports.target import ReportTarget

log = logging.getLogger("triggerfish.events")

# Bytes of JSON that the templates of one event may have of what a Workflow takes from them.
most_template_bytes = 2 << 20
# Of the time that a request has: for its body before, and for the answer.
_spare_seconds = 1.5
_too_large = (
    "too costly: the templates of an event may have no more than"
    f" {most_template_bytes >> 20} MiB of labels, annotations and parameters together"
)

# Hears what became of an event, and must not be in its way.
Witness = Callable[[Event, EventOutcome], None]


class Dispatcher:
    """Turns events into Workflows, as the identity that may do so. It belongs to one event loop.

    ``inquire`` begins the questions to an event's Git host.
    """

    def __init__(
        self,
        api: Api,
        settings: Settings,
        clock: Clock,
        patience: Retry,
        *,
        witnesses: Sequence[Witness] = (),
        inquire: Callable[[Event], Inquiry] | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self._reporter = reporter
        self._api, self._settings, self._clock, self._patience = api, settings, clock, patience
        self._inquire = inquire
        self._witnesses: list[Witness] = [*witnesses, *([reporter] if reporter else [])]
        self._turns = Turns(clock)
        self._bindings = Bindings(api, settings, clock, patience, self._turns)

    async def dispatch(
        self,
        client: Client,
        events: Sequence[Event],
        remarks: Remarks | None = None,
    ) -> tuple[int, Json]:
        """The status and body of the answer; ``remarks`` get the result.

        200 means that the Workflows of all bindings that match exist, 500 that some do not: the body names
        them, and the same events sent again make the rest and repeat nothing.
        """
        # What the events of a batch may do together is what one may.
        budget, explaining = event_budget(), explanation_budget()
        until = self._clock.monotonic() + deadline_seconds - _spare_seconds
        outcomes = [await self._outcome(client, event, budget, explaining) for event in events]
        detail = self._settings.response_detail
        if any(outcome.failures or outcome.faulty for outcome in outcomes):
            await record(self._api.own, self._clock, outcomes)
        if self._reporter is not None:
            outcomes = await self._reporter.told(events, outcomes, until)
        for witness in self._witnesses:
            for event, outcome in zip(events, outcomes, strict=True):
                witness(event, outcome)
        if detail != "none" and any(outcome.others for outcome in outcomes):
            most = None if detail == "full" else answer.most_reasons
            work = _explaining(outcomes, most)
            size = max(event.size for event in events)
            await self._turns.complete(work, events[0].namespace, "explaining", size=size)
        body = answer.body(outcomes, detail)
        if remarks is not None:
            remarks.result, remarks.reason = answer.summary(outcomes, body)
            remarks.workflows = tuple(made.workflow for outcome in outcomes for made in outcome.made)
        if any(outcome.failures for outcome in outcomes):
            return 500, answer.failed(outcomes, body)
        return 200, body

    async def _outcome(
        self, client: Client, event: Event, budget: EventBudget, explaining: Budget
    ) -> EventOutcome:
        case, names = EventCase(client, event, budget, explaining, self._inquire), environment(event)
        bindings = await self.bindings(client, event.namespace)
        if any(binding.commands for binding in bindings):
            from triggerfish.events_function.commands import Commands  # few namespaces have one

            applier = Applier(client, self._clock, self._patience)
            commands = Commands(case, applier, partial(self._judged, case))
            outcome = await commands.outcome(bindings, names)
        else:
            outcome = await self._judged(case, bindings, names)
        return self._strict(outcome) if self._settings.selector_errors == "fail" else outcome

    async def _judged(
        self,
        case: EventCase,
        bindings: Sequence[Binding],
        names: dict[str, Any],
        found: Facts | None = None,
        gate: Gate | None = None,
    ) -> EventOutcome:
        client, event, namespace, now = case.client, case.event, case.event.namespace, case.event.received
        learned = NOTHING
        if case.inquire is not None and any(binding.facts for binding in bindings):
            learned = await self._learned(case, bindings, names, found)
        work = matching(bindings, names, now, event.key, case.budget)
        matches = await self._turns.complete(work, namespace, "matching", size=event.size)
        admitted = None if gate is None else await gate(matches.matched, names["git"])
        running = matches.matched if admitted is None else admitted.bindings
        templates = await self._templates(client, namespace, running)
        instance = self._settings.instance_id
        target = await self._target(event, names, matches.matched)
        plans = planning(
            running, templates, event, names, case.budget, now=now, instance_id=instance, target=target
        )
        planned = await self._turns.complete(plans, namespace, "planning", size=event.size)
        if admitted is not None:
            planned = admitted.mark(planned)
        decided = now if self._reporter is None else self._clock.now()
        made, skipped, failures = await Applier(client, self._clock, self._patience).apply(planned, namespace)
        announcement = None
        if self._reporter is not None and target is not None:
            results = made, failures
            waiting = () if admitted is None else admitted.waiting
            announcement = self._reporter.announcement(
                event, names, planned, results, target, case.budget, decided, waiting
            )
        explain = learned.noted(Explainer(names, now, event.key, case.explaining))
        return EventOutcome(
            made,
            skipped if admitted is None else skipped + admitted.skipped,
            failures if admitted is None else failures + admitted.failures,
            planned.idle,
            matches.others,
            matches.faulty,
            redacting(explain),
            case.budget.costly,
            learned,
            announcement,
            deciding(explain),
        )

    async def _learned(
        self, case: EventCase, bindings: Sequence[Binding], names: dict[str, Any], found: Facts | None
    ) -> Learned:
        """Ask the host for the facts that decide and are not known, and put them into ``names``.

        ``found`` are those that are known, None for the payload's.
        """
        event = case.event
        found = found or facts_of(event.payload, event.metadata, event.origin.sender)
        names["git"] = (found or Facts()).as_json()
        unknown = lacking(found)
        if found is None or not any(binding.facts & unknown for binding in bindings):
            return NOTHING
        work = needed(bindings, names, unknown, event.received, event.key, case.budget)
        needs = await self._turns.complete(work, event.namespace, "needs", size=event.size)
        if not needs or case.inquiry is None:
            return NOTHING
        learned = await case.inquiry.learned(found, needs)
        names["git"] = learned.completed(names["git"])
        return learned

    async def _target(
        self, event: Event, names: Environment, matched: Sequence[Binding]
    ) -> ReportTarget | NoReport | None:
        """Where runs are reported; None where nobody wants that."""
        if self._reporter is None or all(binding.report is None for binding in matched):
            return None
        return await self._reporter.target(event, names)

    async def bindings(self, client: Client, namespace: str) -> tuple[Binding, ...]:
        """The namespace's bindings as that identity may see them; ``KubeError`` when it may not.

        They are what the API server has, or had less than ``fresh_seconds`` ago: a binding that was just
        applied is among them.
        """
        return await self._bindings.of(client, namespace)

    async def _templates(
        self, client: Client, namespace: str, bindings: Sequence[Binding]
    ) -> dict[TemplateRef, Json | str]:
        found: dict[TemplateRef, Json | str] = {}
        left = most_template_bytes
        for ref in templates_of(bindings):
            # Once there is no room for one, those after it are not even asked for.
            template = await self._template(client, namespace, ref) if left >= 0 else _too_large
            left -= 0 if isinstance(template, str) else bytes_of(template)
            found[ref] = template if left >= 0 else _too_large
        return found

    async def _template(self, client: Client, namespace: str, ref: TemplateRef) -> Json | str:
        resource = CLUSTER_WORKFLOW_TEMPLATES if ref.cluster_scope else WORKFLOW_TEMPLATES
        scope = None if ref.cluster_scope else namespace

        async def load() -> Json:
            return await self._api.reads.get(client, resource, scope, ref.name, part=referenced)

        try:
            return await eagerly(self._clock, self._patience, load)
        except KubeError as error:
            if isinstance(error, Unanswered):
                # The answer does not say which request that was.
                log.warning("%s %s/%s: %s", ref.kind, namespace, ref.name, error)
            return error.told

    def _strict(self, outcome: EventOutcome) -> EventOutcome:
        """As Argo answers: a selector that fails is a failure of its binding."""
        failed = tuple(
            BindingFailure(
                faulty.binding,
                f"failed to evaluate workflow template expression: {spared_expression(str(faulty.error))}",
            )
            for faulty in outcome.faulty
        )
        return replace(outcome, failures=outcome.failures + failed, faulty=())


def _explaining(outcomes: Sequence[EventOutcome], most: int | None) -> Generator[None, None, None]:
    """Take apart the selectors whose reasons the answer is going to have: they are kept."""
    others = ((outcome, other) for outcome in outcomes for other in outcome.others)
    for outcome, other in islice(others, most):
        outcome.decide(other)
        yield
