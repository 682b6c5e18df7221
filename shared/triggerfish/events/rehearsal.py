"""PURE. What an event would do to a binding, with a host's answers from a file in place of the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from triggerfish.events.binding import Binding
from triggerfish.events.commands import (
    Head,
    Rights,
    Ruling,
    Turn,
    any_head,
    asked_about,
    fetched,
    needs_opener,
    of_no_pull_request,
    ruled,
)
from triggerfish.events.environment import Event, environment
from triggerfish.events.given import Given
from triggerfish.events.needs import NOTHING, Asked, HostQuestion, Learned, Withheld
from triggerfish.events.orders import CommentCommand, Order, order_of
from triggerfish.hosts import facts_of
from triggerfish.hosts.facts import Facts, Person


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``binding`` is judged over ``names``; if it matches, ``ruling`` says whether it runs."""

    binding: Binding
    names: dict[str, Any]
    learned: Learned
    ruling: Ruling

    @property
    def waits(self) -> bool:
        """Return whether a match runs nothing."""
        return self.ruling.turn is not Turn.RUN


def rehearsed(binding: Binding, event: Event, given: Given) -> Rehearsal:
    """The binding, and what its expressions would see. Nobody knows what ran before."""
    found = facts_of(event.payload, event.metadata, event.origin.sender)
    order = order_of(found, binding.commands)
    names = environment(event)
    if order is None or found is None:
        learned = given.learned([binding], event, names)
        ruling = _ruling(found, given, names["git"]) if binding.commands else Ruling(Turn.RUN)
        return Rehearsal(binding, names, learned, ruling)
    pull = given.of(HostQuestion(Asked.PULL_REQUEST, number=found.number))
    if isinstance(pull, Withheld):
        why = f"{order}: the pull request is not known: {pull.reason}"
        return Rehearsal(any_head(binding), names, NOTHING, Ruling(Turn.REFUSE, why))
    return _commanded(binding, event, given, order, fetched(found, pull), Head.of(pull))


def _commanded(
    binding: Binding, event: Event, given: Given, order: Order, facts: Facts, head: Head
) -> Rehearsal:
    names = environment(replace(event, payload=None))
    names["git"] = facts.as_json()
    ruling = _ruled(order, head, facts, given)
    if order.command is CommentCommand.CANCEL:
        binding = any_head(binding)
    if ruling.turn is Turn.CANCEL:
        ruling = replace(ruling, reason=f"{order} ends its unfinished runs for the pull request")
    return Rehearsal(binding, names, given.learned([binding], event, names, facts), ruling)


def _ruling(found: Facts | None, given: Given, git: Mapping[str, Any]) -> Ruling:
    if found is None or not found.pull:
        return of_no_pull_request(found)
    head = Head(git["sha"], git["fork"])
    return Ruling(Turn.RUN) if head.fork is False else _ruled(None, head, found, given)


def _ruled(order: Order | None, head: Head, found: Facts, given: Given) -> Ruling:
    opener = _rights(found.opener, given) if needs_opener(order, head) else Rights(None, Withheld(""))
    return ruled(order, head, _rights(found.sender, given), opener)


def _rights(person: Person | None, given: Given) -> Rights:
    return Rights(person, given.of(asked_about(person)))
