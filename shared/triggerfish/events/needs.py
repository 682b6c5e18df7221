"""PURE. Facts that a payload lacks and its host knows: which of them an event's bindings need, and what came.

A host is asked only where a binding that could still match reads such a fact. ``git.files`` of a pull request
and ``git.permission`` are in few payloads or none; a comment on GitHub does not say which commit it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from triggerfish.errors import SpecError
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Environment
from triggerfish.events.match import EventBudget
from triggerfish.expressions import Explanation
from triggerfish.hosts.facts import PULL_REQUEST_FACTS, Facts
from triggerfish.workflows.objects import Json

_most_shown = 80
# A fact as an expression writes it: git.files, event.git.files, git?.files, git["files"].
_WRITTEN = re.compile(r"""(?:(?:event|\$env)\.)?git\??(?:\.(\w+)|\[["'](\w+)["']\])""")


class Asked(Enum):
    """What a host is asked; each is one question, whatever facts its answer holds."""

    PERMISSION = "permission"
    FILES = "files"
    PULL_REQUEST = "pull_request"

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that its answer holds."""
        return PULL_REQUEST_FACTS if self is Asked.PULL_REQUEST else (self.value,)


@dataclass(frozen=True, slots=True)
class Withheld:
    """No answer, and why, for people: ``GitHub answered 403``."""

    reason: str


@dataclass(frozen=True, slots=True)
class HostQuestion:
    """One question to a host, about the event's repository; equal ones are asked once.

    For a permission ``login`` and ``login_id`` say whose; files are those of the pull request ``number``, or
    ``between`` two commits. The answer is a word, the paths, or the pull request's facts by name (``author``,
    ``author_id`` and ``open`` too); or ``Withheld``.
    """

    asked: Asked
    login: str = ""
    login_id: str | int | None = None
    number: int | None = None
    between: tuple[str, str] | None = None


def question_of(asked: Asked, found: Facts) -> HostQuestion | Withheld:
    """The question whose answer these facts lack."""
    if asked is Asked.PERMISSION:
        return HostQuestion(asked, found.author or "", found.author_id)
    if found.pull:
        return HostQuestion(asked, number=found.number)
    if found.previous is None or found.sha is None:
        return Withheld("a push that creates or deletes a branch is compared with nothing")
    return HostQuestion(asked, between=(found.previous, found.sha))


def written(name: str) -> str:
    """The name of what a host was asked for, as people read it: what is no fact has one of several words."""
    return name if " " in name else f"git.{name}"


@dataclass(frozen=True, slots=True)
class Learned:
    """What a host was asked for: facts by name, and why others are nil.

    ``besides`` is what decided without being a fact, such as ``permission of mona``, and what came.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    nil: Mapping[str, str] = field(default_factory=dict)
    besides: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, str]:
        """Each fact that was asked for, and what came, in a few words."""
        told = {name: Explanation("", 0, value).shown for name, value in self.values.items()}
        told |= {name: f"nil: {reason}" for name, reason in self.nil.items()} | dict(self.besides)
        return {name: told[name][:_most_shown] for name in sorted(told)}

    def because(self, binding: Binding, text: str) -> str:
        """Return the text, and why facts that the binding reads are nil, where the text does not say so."""
        for name in sorted(binding.facts.intersection(self.nil)):
            sentence = f"git.{name} is nil: {self.nil[name]}"
            if sentence not in text:
                text = f"{text}; {sentence}" if text else sentence
        return text

    def noted(
        self, explain: Callable[[Binding], Explanation | None]
    ) -> Callable[[Binding], Explanation | None]:
        """The same explanations, in which a nil fact says why it is nil."""
        if not self.nil:
            return explain
        return lambda binding: None if (told := explain(binding)) is None else _noted(told, self.nil)

    def joined(self, other: Learned) -> Learned:
        """What both were told; of a fact that both have, what this one was told."""
        besides = {**other.besides, **self.besides}
        return Learned({**other.values, **self.values}, {**other.nil, **self.nil}, besides)

    def completed(self, git: Mapping[str, Json]) -> dict[str, Json]:
        """What expressions see as ``git``, with these facts."""
        return {**git, **self.values}


NOTHING = Learned()


def lacking(found: Facts | None) -> frozenset[str]:
    """Return the facts that the payload does not tell and its host may know."""
    if found is None or not found.repository:
        return frozenset()
    lacks = {Asked.PERMISSION.value} if found.author else set()
    about_pull = found.pull and found.number is not None
    if about_pull and not (found.sha and found.branch and found.base):
        # A payload that has these tells all that the host knows.
        lacks.update(name for name in PULL_REQUEST_FACTS if getattr(found, name) is None)
    if found.files is None and (about_pull or found.event == "push"):
        lacks.add(Asked.FILES.value)
    return frozenset(lacks)


def needed(
    bindings: Iterable[Binding],
    environment: Environment,
    unknown: frozenset[str],
    now: datetime,
    seed: bytes,
    budget: EventBudget,
) -> Generator[None, None, frozenset[str]]:
    """The unknown facts that bindings need: those that decide whether one matches, and those it then reads.

    A binding that cannot match, whatever the facts are, needs none. Yields after each.
    """
    needs: set[str] = set()
    for binding in bindings:
        selector = binding.selector
        if isinstance(selector, SpecError) or not binding.facts & unknown:
            continue
        found = selector.prospect(environment, "git", unknown, now=now, seed=seed, budget=budget)
        if found.may:
            needs |= found.needs | (binding.submit_facts & unknown)
        budget.note(binding)
        yield
    return frozenset(needs)


def asked_of(needs: frozenset[str]) -> tuple[Asked, ...]:
    """The questions whose answers hold these facts."""
    return tuple(asked for asked in Asked if needs.intersection(asked.facts))


def learned(needs: frozenset[str], answers: Mapping[Asked, Any]) -> Learned:
    """What the answers say of the facts that are needed."""
    values: dict[str, Any] = {}
    nil: dict[str, str] = {}
    for asked, answer in answers.items():
        for name in needs.intersection(asked.facts):
            if isinstance(answer, Withheld):
                nil[name] = answer.reason
            else:
                values[name] = answer[name] if asked is Asked.PULL_REQUEST else answer
    return Learned(values, nil)


def _noted(told: Explanation, nil: Mapping[str, str]) -> Explanation:
    parts = tuple(_noted(part, nil) for part in told.parts)
    written = _WRITTEN.fullmatch(told.text) if told.value is None and told.error is None else None
    note = nil.get(written[1] or written[2], "") if written else ""
    return replace(told, parts=parts, note=note)
