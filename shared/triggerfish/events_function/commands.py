"""Bindings with the annotation ``commands``: comments that command them, and forks that wait."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, KubeError
from triggerfish.events import commands
from triggerfish.events.answer import EventOutcome, Skipped, merged
from triggerfish.events.binding import Binding
from triggerfish.events.commands import Head, Rights, Ruling, Turn
from triggerfish.events.environment import environment
from triggerfish.events.needs import Asked, HostQuestion, Learned, Withheld
from triggerfish.events.orders import CommentCommand, Order, order_of
from triggerfish.events.plan import BindingFailure, EventPlan
from triggerfish.events_function.case import Admitted, EventCase, Judge, Waiting
from triggerfish.events_function.execution import Applier
from triggerfish.hosts import facts_of
from triggerfish.hosts.facts import Facts, Person
from triggerfish.workflows.objects import Json

log = logging.getLogger("triggerfish.events")

T = TypeVar("T")

_nobody = Withheld("nobody may ask the host")
# Letters of a commit's whole name; with SHA-256 it has more.
_whole_name = 40


class Commands:
    """What becomes of one event's bindings when some obey commands."""

    def __init__(self, case: EventCase, applier: Applier, judge: Judge) -> None:
        self._case, self._applier, self._judge = case, applier, judge
        event = case.event
        self._found = facts_of(event.payload, event.metadata, event.origin.sender)
        self._came: dict[str, str] = {}

    async def outcome(self, bindings: Sequence[Binding], names: dict[str, Any]) -> EventOutcome:
        """Of those that a comment commands, what the command does; of the others, what the event does."""
        outcome = await self._outcome(bindings, names)
        return replace(outcome, learned=outcome.learned.joined(Learned(besides=self._came)))

    async def _outcome(self, bindings: Sequence[Binding], names: dict[str, Any]) -> EventOutcome:
        ordered = {id(each): order for each in bindings if (order := order_of(self._found, each.commands))}
        rest = [each for each in bindings if id(each) not in ordered]
        found = self._found
        if not ordered or found is None:
            return await self._judge(rest, names, found, _Gate(self, found, None, None))
        order = next(iter(ordered.values()))
        obeying = [each for each in bindings if id(each) in ordered]
        outcomes = [await self._obeyed(obeying, order, found)]
        if rest:
            outcomes.append(await self._judge(rest, names, found, _Gate(self, found, None, None)))
        return merged(outcomes)

    async def _obeyed(self, bindings: Sequence[Binding], order: Order, found: Facts) -> EventOutcome:
        """The command's outcome: of the pull request as it is now, not as the comment tells it."""
        [pull] = await self.answers(HostQuestion(Asked.PULL_REQUEST, number=found.number))
        if isinstance(pull, Withheld):
            why = f"{order}: the pull request is not known: {pull.reason}"
            return _ended(Skipped(each, why) for each in bindings)
        facts = commands.fetched(found, pull)
        names = environment(replace(self._case.event, payload=None))
        names["git"] = facts.as_json()
        gate = _Gate(self, facts, order, Head.of(pull))
        # Whatever a selector says of the head by now: what runs for the pull request is ended.
        obeying = commands.any_head if order.command is CommentCommand.CANCEL else commands.afresh
        return await self._judge([obeying(each) for each in bindings], names, facts, gate)

    async def answers(self, *questions: HostQuestion | Withheld) -> list[Any]:
        """The host's answers; none where nobody may be asked."""
        inquiry = self._case.inquiry
        if inquiry is None:
            return [_nobody] * len(questions)
        found = await inquiry.answers(questions)
        for question, came in zip(questions, found, strict=True):
            if not isinstance(question, Withheld):
                self._came |= commands.told(question, came)
        return found

    async def runs(self, label: str, read: Callable[[Json], T]) -> list[T]:
        """What ``read`` makes of the metadata of a pull request's runs, of one binding."""
        selector = f"{keys.PULL_REQUEST}={label}"
        return await self._applier.runs(selector, self._case.event.namespace, read)

    async def cancelled(self, label: str) -> list[str]:
        """End those that the comment means; their names."""
        found = self._found
        assert found is not None  # noqa: S101  a comment has facts

        def meant(run: Json) -> str:
            return str(run["metadata"]["name"]) if commands.is_cancelled(run, found) else ""

        names = filter(None, await self.runs(label, meant))
        return [await self._applier.ended(name, self._case.event.namespace) for name in names]

    @property
    def host(self) -> str:
        """The word of the event's host."""
        return self._case.event.origin.sender


class _Gate:
    """``head`` is that of a fetched pull request, None where ``git`` tells it."""

    def __init__(self, desk: Commands, found: Facts | None, order: Order | None, head: Head | None) -> None:
        self._desk, self._found, self._order, self._head = desk, found, order, head
        self._labels: dict[str, tuple[str, str]] = {}

    async def __call__(self, matched: Sequence[Binding], git: Json) -> Admitted:
        through: list[Binding] = []
        skipped: list[Skipped] = []
        failures: list[BindingFailure] = []
        waiting: list[Waiting] = []
        for binding in matched:
            if not binding.commands:
                through.append(binding)
                continue
            ruling = await self._ruling(binding, git)
            if ruling.turn is Turn.RUN:
                through.append(binding)
            elif ruling.turn is Turn.CANCEL:
                ended = await self._cancelled(binding)
                if isinstance(ended, Skipped):
                    skipped.append(ended)
                else:
                    failures.append(ended)
            else:
                skipped.append(Skipped(binding, ruling.reason))
                waiting.append(self._waiting(binding, ruling, git))
            if self._found is not None and self._found.pull:
                self._labels[binding.uid] = self._label(binding), ruling.approved
        return Admitted(through, tuple(skipped), tuple(failures), self._marked, tuple(waiting))

    async def _ruling(self, binding: Binding, git: Mapping[str, Any]) -> Ruling:
        found, order = self._found, self._order
        if found is None or (order is None and not found.pull):
            return commands.of_no_pull_request(found)
        head = self._head or Head(git["sha"], git["fork"])
        if order is None and head.fork is False:
            return Ruling(Turn.RUN)
        if self._head is None:
            head = self._head = await self._in_full(head, found)
        sender = await self._rights(found.sender)
        opener = Rights(None, _nobody)
        if commands.needs_opener(order, head):
            opener = await self._rights(await self._opener(found))
        ruling = commands.ruled(order, head, sender, opener)
        if ruling.turn is Turn.HOLD and order is not None and await self._approved(binding, head):
            return commands.ruled(order, head, sender, opener, approved=True)
        return ruling

    async def _in_full(self, head: Head, found: Facts) -> Head:
        """``head`` with its commit's whole name, which people copy: Bitbucket sends the beginning."""
        if not head.sha or len(head.sha) >= _whole_name or found.number is None:
            return head
        [pull] = await self._desk.answers(HostQuestion(Asked.PULL_REQUEST, number=found.number))
        if isinstance(pull, Withheld) or not pull["sha"].startswith(head.sha):
            return head
        return replace(head, sha=pull["sha"])

    async def _rights(self, person: Person | None) -> Rights:
        [permission] = await self._desk.answers(commands.asked_about(person))
        return Rights(person, permission)

    async def _opener(self, found: Facts) -> Person | None:
        if found.opener is not None or found.number is None:
            return found.opener
        [pull] = await self._desk.answers(HostQuestion(Asked.PULL_REQUEST, number=found.number))
        return None if isinstance(pull, Withheld) else Person(pull["author"], pull["author_id"])

    async def _approved(self, binding: Binding, head: Head) -> bool:
        """Return whether a run for this very commit was let through by /ok-to-test before."""
        try:
            # One answer for each run: its annotation may be long.
            let_through = await self._desk.runs(
                self._label(binding), lambda run: commands.approved_of(run) == head.sha
            )
        except ApiError as error:
            log.warning("binding %s/%s: its runs cannot be read: %s", binding.namespace, binding.name, error)
            return False
        return any(let_through)

    async def _cancelled(self, binding: Binding) -> Skipped | BindingFailure:
        try:
            names = await self._desk.cancelled(self._label(binding))
        except KubeError as error:
            return BindingFailure(binding, f"{self._order}: failed to end workflows: {error.told}")
        told = f"{self._order} ended {', '.join(names)}" if names else f"{self._order}: no run is unfinished"
        return Skipped(binding, told)

    def _waiting(self, binding: Binding, ruling: Ruling, git: Mapping[str, Any]) -> Waiting:
        held = git["fork"] is not False and self._found is not None and self._found.pull
        refused = ruling.reason if ruling.turn is Turn.REFUSE else ""
        sha = self._head.sha if self._head else git["sha"]
        return Waiting(binding, commands.waiting(sha) if held and sha else "", refused)

    def _label(self, binding: Binding) -> str:
        assert self._found is not None  # noqa: S101  there is a pull request where this is asked
        return commands.label_of(binding.uid, self._desk.host, self._found)

    def _marked(self, plan: EventPlan) -> EventPlan:
        creates = []
        occurred = None if self._found is None else self._found.occurred
        for create in plan.creates:
            label, approved = self._labels.get(create.binding.uid, ("", ""))
            workflow = create.workflow
            if label:
                workflow = commands.marked(workflow, label, approved, occurred)
            creates.append(replace(create, workflow=workflow))
        return replace(plan, creates=tuple(creates))


def _ended(skipped: Iterable[Skipped]) -> EventOutcome:
    return EventOutcome((), tuple(skipped), (), (), (), (), lambda _: None)
