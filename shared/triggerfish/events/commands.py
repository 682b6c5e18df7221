"""PURE. Commands in comments on pull requests, and what a fork's pull request waits for.

The annotation ``commands`` of a binding names those that it obeys. With it, nothing of a fork runs before its
opener and whoever caused the event may both write, or somebody who may write has named the commit in full.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from triggerfish.errors import SpecError
from triggerfish.events.needs import Asked, Question, Withheld
from triggerfish.hosts.facts import Facts, Person
from triggerfish.workflows.names import digest

_SEPARATORS = re.compile(r"[,\s]+")
_MAY_WRITE = frozenset(("admin", "write"))
# A comment is anybody's text.
_most_shown = 80


class Command(Enum):
    """What a comment may ask for: its first line is ``/retest`` and so on."""

    RETEST = "retest"
    CANCEL = "cancel"
    OK_TO_TEST = "ok-to-test"


class Turn(Enum):
    """What becomes of a binding that a pull request matches."""

    RUN = "run"
    HOLD = "hold"
    REFUSE = "refuse"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The turn, and why, for people. ``approved`` is the commit that /ok-to-test has named."""

    turn: Turn
    reason: str = ""
    approved: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A command in a comment, and what stands behind it."""

    command: Command
    arguments: str | None

    def __str__(self) -> str:
        return f"/{self.command.value}"


@dataclass(frozen=True, slots=True)
class Head:
    """A pull request's head: ``fork`` None is not known, ``open`` False is closed or merged."""

    sha: str | None
    fork: bool | None
    open: bool = True


@dataclass(frozen=True, slots=True)
class Rights:
    """A person's permission as the host says it, ``Withheld`` where it does not."""

    person: Person | None
    permission: str | Withheld

    @property
    def may_write(self) -> bool:
        """What is not known is no right."""
        return self.person is not None and self.permission in _MAY_WRITE

    def __str__(self) -> str:
        name = (self.person.login if self.person else "") or "its author"
        if isinstance(self.permission, Withheld):
            return f"the rights of {name} are not known: {self.permission.reason}"
        return f"{name} has {self.permission}"


def commands_of(text: object, field: str) -> frozenset[Command]:
    """The commands that an annotation names, with commas between them; ``SpecError`` for another word."""
    if text in (None, ""):
        return frozenset()
    words = _SEPARATORS.split(text.strip()) if isinstance(text, str) else [""]
    known = {command.value: command for command in Command}
    for word in words:
        if word not in known:
            raise SpecError(field, f"there is no command {word[:40]!r}", f"write some of {', '.join(known)}")
    return frozenset(known[word] for word in words)


def order_of(found: Facts | None, commands: frozenset[Command]) -> Order | None:
    """The command that a new comment on a pull request gives, if it is one of these."""
    if found is None or found.event != "comment" or not found.pull or found.number is None:
        return None
    command = next((each for each in commands if each.value == found.command), None)
    return None if command is None else Order(command, found.arguments)


def asked_about(person: Person | None) -> Question | Withheld:
    """The question for somebody's permission."""
    if person is None or not (person.login or person.id):
        return Withheld("the event does not say who")
    return Question(Asked.PERMISSION, person.login, person.id)


def needs_opener(order: Order | None, head: Head) -> bool:
    """Return whether the opener's rights decide anything."""
    return head.fork is not False and (order is None or order.command is Command.RETEST)


def ruled(
    order: Order | None, head: Head, sender: Rights, opener: Rights, *, approved: bool = False
) -> Ruling:
    """What becomes of a matching binding. ``approved``: an earlier /ok-to-test named this very commit.

    ``order`` is None for the pull request's own events. ``opener`` counts where ``needs_opener`` says so.
    """
    if order is None:
        if head.fork is False or (sender.may_write and opener.may_write):
            return Ruling(Turn.RUN)
        return _held(head, sender, opener)
    if not sender.may_write:
        return Ruling(Turn.REFUSE, f"{order} is for those who may write: {sender}")
    if order.command is Command.CANCEL:
        return Ruling(Turn.CANCEL)
    if not head.open:
        return Ruling(Turn.REFUSE, f"{order} is for open pull requests")
    if head.sha is None:
        return Ruling(Turn.REFUSE, f"{order}: the head of the pull request is not known")
    if order.command is Command.OK_TO_TEST:
        if order.arguments != head.sha:
            given = (order.arguments or "no commit")[:_most_shown]
            return Ruling(Turn.REFUSE, f"{order} names {given}, and the head is {head.sha}")
        return Ruling(Turn.RUN, approved=head.sha)
    if head.fork is False or opener.may_write:
        return Ruling(Turn.RUN)
    return Ruling(Turn.RUN, approved=head.sha) if approved else _held(head, sender, opener)


def waiting(sha: str | None) -> str:
    """What a held pull request waits for, in full: to be copied into a comment."""
    return f"waiting for /{Command.OK_TO_TEST.value} {sha or 'its commit'}"


def _held(head: Head, sender: Rights, opener: Rights) -> Ruling:
    whose = opener if not opener.may_write else sender
    where = "it comes from a fork" if head.fork else "whether it comes from a fork is not known"
    return Ruling(Turn.HOLD, f"{waiting(head.sha)}: {where}, and {whose}")


def label_of(binding_uid: str, host: str, found: Facts) -> str:
    """The value of the label that all runs of a binding for one pull request have."""
    repository = (found.repository or "").casefold()
    return digest("pull request", binding_uid, host, repository, str(found.number)).hex()[:32]
