"""What an event makes: for each binding that matches, one Workflow or the reason why not."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from triggerfish import annotations as keys
from triggerfish.errors import ExpressionError, SpecError, again
from triggerfish.events import concurrency, reporting
from triggerfish.events.binding import Binding, Concurrency, NameTaken, Programs, Submit
from triggerfish.events.concurrency import KeyPolicy
from triggerfish.events.environment import Environment, Event
from triggerfish.events.match import EventBudget, completed, event_budget
from triggerfish.events.reporting import NoReport
from triggerfish.expressions import Budget, Program, metadata_environment, to_json
from triggerfish.hosts import facts_of
from triggerfish.hosts.times import seconds
from triggerfish.webhooks.credentials import names_credential, spared_expression
from triggerfish.workflows import labels, submitted
from triggerfish.workflows.names import Naming, digest
from triggerfish.workflows.objects import Json
from triggerfish.workflows.submitted import Metadata, TemplateRef

if TYPE_CHECKING:
    # Not imported where nothing is reported.
    from triggerfish.hosts.reports.intent import Intent
    from triggerfish.hosts.reports.target import ReportTarget


@dataclass(frozen=True, slots=True)
class WorkflowCreate:
    """Create ``workflow``, whose ``metadata.name`` is set. ``group`` is empty where runs may meet.

    ``name_taken`` says what it means that another delivery has its fixed name. Its states are reported as
    ``report`` says, or ``unreported`` says why not.
    """

    binding: Binding
    workflow: Json
    delivery: str
    naming: Naming
    policy: KeyPolicy = KeyPolicy.ALLOW
    group: str = ""
    name_taken: NameTaken = NameTaken.FAILS
    report: Intent | None = None
    unreported: str = ""

    @property
    def name(self) -> str:
        """The Workflow's name."""
        return str(self.workflow["metadata"]["name"])

    @property
    def told(self) -> str:
        """Where its states are reported, or why nowhere; empty where nobody asked for that."""
        return f"not reported: {self.unreported}" if self.unreported else str(self.report or "")


_NO_METADATA = Metadata()
# Of these, JSON makes itself with a quote at each end. A long text has its price, paid where it is written.
_plain = re.compile(r"[ !#-\[\]-~]{0,200}").fullmatch


@dataclass(frozen=True, slots=True)
class BindingFailure:
    """A binding that matches and of which nothing came; the message says why."""

    binding: Binding
    message: str


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What to do for the bindings that match; ``idle`` are those that submit nothing."""

    creates: tuple[WorkflowCreate, ...]
    failures: tuple[BindingFailure, ...]
    idle: tuple[Binding, ...]


def templates_of(bindings: Iterable[Binding]) -> tuple[TemplateRef, ...]:
    """The templates these bindings run, each once."""
    refs = (binding.submit.template for binding in bindings if isinstance(binding.submit, Submit))
    return tuple(dict.fromkeys(refs))


def plan(
    matched: Sequence[Binding],
    templates: Mapping[TemplateRef, Json | str],
    event: Event,
    environment: Environment,
    *,
    now: datetime,
    instance_id: str = "",
    target: ReportTarget | NoReport | None = None,
) -> EventPlan:
    """Return what the event makes of the bindings that it matches.

    ``templates`` has each of ``templates_of``: the object, or a sentence that says why it was not found.
    ``now`` is the expressions' clock; their randomness follows from the delivery, so that a redelivery gives
    the same. One binding's failure is its own. ``target`` is where runs are reported; None: nothing is.
    """
    budget = event_budget()
    return completed(
        planning(
            matched, templates, event, environment, budget, now=now, instance_id=instance_id, target=target
        )
    )


def planning(
    matched: Sequence[Binding],
    templates: Mapping[TemplateRef, Json | str],
    event: Event,
    environment: Environment,
    budget: EventBudget,
    *,
    now: datetime,
    instance_id: str = "",
    target: ReportTarget | NoReport | None = None,
) -> Generator[None, None, EventPlan]:
    """As ``plan``, within the budget; yields after each binding, so that the caller may serve others."""
    creates: list[WorkflowCreate] = []
    failures: list[BindingFailure] = []
    idle: list[Binding] = []
    for binding in matched:
        if binding.submit is None:
            idle.append(binding)
            continue
        try:
            if isinstance(binding.submit, SpecError):
                raise again(binding.submit)
            template = _template(templates[binding.submit.template], binding.submit.template, instance_id)
            evaluation = _Evaluation(event, environment, now, budget).deduplicated(binding.submit)
            create = evaluation.create(binding, template, instance_id)
            creates.append(create if target is None else evaluation.reported(create, target))
        except (SpecError, ExpressionError, _Refused) as error:
            failures.append(BindingFailure(binding, spared_expression(str(error))))
        budget.note(binding)
        yield
    return EventPlan(tuple(creates), tuple(failures), tuple(idle))


class _Refused(Exception):  # noqa: N818  a decision that ends one binding's plan, and never leaves this file
    """Why nothing comes of a binding, as a sentence."""


def _template(template: Json | str, ref: TemplateRef, instance_id: str) -> Json:
    if isinstance(template, str):
        raise _Refused(f"failed to get workflow template: {template}")
    if not labels.belongs((template.get("metadata") or {}).get("labels") or {}, instance_id):
        raise _Refused(f"{ref.kind} {ref.name!r} belongs to another instance: its label {keys.INSTANCE_ID}")
    return template


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """The evaluation of one binding's expressions; errors name the field."""

    event: Event
    environment: Environment
    now: datetime
    budget: Budget

    def deduplicated(self, submit: Submit) -> _Evaluation:
        """The same of an event that is one with all those of its deduplication key, whoever sends them."""
        if submit.deduplication is None:
            return self
        key = self.value(submit.deduplication, "annotation deduplication-key", self.environment)
        if key is None or key == "":
            # No key, as a commit of a comment: this event is told from others by its delivery.
            return self
        shared = digest("deduplication key", key if isinstance(key, str) else to_json(key))
        return replace(self, event=replace(self.event, key=shared, repeatable=True))

    def create(self, binding: Binding, template: Json, instance_id: str) -> WorkflowCreate:
        submit = binding.submit
        assert isinstance(submit, Submit)  # noqa: S101  the caller looked; this tells the type checker
        metadata = self.metadata(submit)
        parameters = [(name, self.parameter(name, program)) for name, program in submit.parameters]
        workflow = submitted.from_template(submit.template, template, instance_id)
        workflow = submitted.for_event(workflow, metadata, parameters, self.event.creator, binding.name)
        if missing := submitted.missing_parameters(template, workflow):
            kind = f"{submit.template.kind} {submit.template.name!r}"
            raise _Refused(f"{kind} needs a value for {', '.join(missing)}: add it to spec.submit.arguments")
        identity = digest(self.event.key, binding.uid)
        workflow, naming = submitted.named(
            workflow, identity, repeatable=self.event.repeatable, delivery_id=self.event.origin.id
        )
        delivery = workflow["metadata"]["annotations"][keys.DELIVERY]
        create = WorkflowCreate(binding, workflow, delivery, naming, name_taken=submit.name_taken)
        return self.grouped(create, submit.concurrency)

    def grouped(self, create: WorkflowCreate, rule: Concurrency | None) -> WorkflowCreate:
        if rule is None:
            return create
        key = "" if rule.key is None else self.value(rule.key, "annotation concurrency-key", self.environment)
        if key is None:
            # No key, as of a push among pull requests: this run meets nobody.
            return create
        label = concurrency.key_label(create.binding.uid, key if isinstance(key, str) else to_json(key))
        stamped = concurrency.stamp(create.workflow, label, self.event.received, *self.place(rule))
        return replace(create, workflow=stamped, policy=rule.policy, group=label)

    def place(self, rule: Concurrency) -> tuple[float | None, tuple[str, str] | None]:
        """When the event occurred, and the commits that it led from and to: what orders it among others."""
        if rule.order is not None:
            return self.ordered(rule.order), None
        event = self.event
        found = facts_of(event.payload, event.metadata, event.origin.sender)
        moment = event.occurred or concurrency.occurred(event.payload, found)
        # A comment names the commit that it is about, and leads nowhere.
        if found is None or found.sha is None or found.event not in ("push", "tag", "pull_request"):
            return moment, None
        return moment, (found.previous or "", found.sha)

    def ordered(self, order: Program) -> float | None:
        value = self.value(order, "annotation concurrency-order", self.environment)
        moment = seconds(value)
        if moment is None and value is not None:
            raise _Refused("annotation concurrency-order must give a number or a time")
        return moment

    def reported(self, create: WorkflowCreate, target: ReportTarget | NoReport) -> WorkflowCreate:
        """The same with its report. What is wrong with that keeps nothing from running."""
        event = self.event
        try:
            name = reporting.context(create.binding.report, event, self.environment, self.now, self.budget)
        except (SpecError, ExpressionError) as error:
            return replace(create, unreported=spared_expression(str(error)))
        if name is None:
            return create
        if isinstance(target, NoReport):
            return replace(create, unreported=target.reason)
        workflow, report = target.marked(create.workflow, event.namespace, name, event.received)
        return replace(create, workflow=workflow, report=report)

    def metadata(self, submit: Submit) -> Metadata:
        if not submit.has_metadata:
            return _NO_METADATA
        environment = metadata_environment(self.environment)

        def text(program: Program | None, what: str) -> str:
            return "" if program is None else self.text(program, what, environment)

        def texts(programs: Programs, what: str) -> dict[str, str]:
            return {key: self.text(program, f'{what} "{key}"', environment) for key, program in programs}

        return Metadata(
            text(submit.name, "name"),
            text(submit.generate_name, "generateName"),
            texts(submit.labels, "label"),
            texts(submit.annotations, "annotation"),
        )

    def text(self, program: Program, what: str, environment: Environment) -> str:
        value = self.value(program, what, environment)
        if not isinstance(value, str):
            shown = "that" if names_credential(program.source) else to_json(value)[:40]
            raise _Refused(f"workflow {what} expression must evaluate to a string, not {shown}")
        return value

    def parameter(self, name: str, program: Program) -> str:
        what = f'parameter "{name}"'
        value = self.value(program, what, self.environment)
        if type(value) is str and _plain(value):
            return value
        try:
            # Argo writes the value as Go does, and then undoes Go's escaping of <, > and &.
            text = to_json(value, html=False)
        except ExpressionError as error:
            raise _Refused(f"failed to convert workflow {what} to JSON: {error}") from None
        return text[1:-1] if text.startswith('"') else text

    def value(self, program: Program, what: str, environment: Environment) -> Any:
        try:
            return program.evaluate(environment, now=self.now, seed=self.event.key, budget=self.budget)
        except ExpressionError as error:
            raise _Refused(f"failed to evaluate workflow {what} expression: {error}") from None
