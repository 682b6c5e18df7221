"""PURE. Commands in comments on pull requests, and what a fork's pull request waits for.

The annotation ``commands`` of a binding names those that it obeys. With it, nothing of a fork runs before its
opener and whoever caused the event may both write, or somebody who may write has named the commit in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Self

from triggerfish import annotations as keys
from triggerfish import expressions
from triggerfish.events.binding import Binding, Submit
from triggerfish.events.concurrency import run_of
from triggerfish.events.needs import Asked, HostQuestion, Withheld
from triggerfish.events.orders import CommentCommand, Order
from triggerfish.hosts.facts import PULL_REQUEST_FACTS, Facts, Person
from triggerfish.hosts.times import seconds
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json

_always = expressions.compile("true")
_MAY_WRITE = frozenset(("admin", "write"))
# A comment is anybody's text, and a name may be.
_most_shown = 80
# In seconds: a comment takes some of them to get here, and the host's clock is not the cluster's.
_longest_way = 60.0


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
class Head:
    """A pull request's head: ``fork`` None is not known, ``open`` False is closed or merged."""

    sha: str | None
    fork: bool | None
    open: bool = True

    @classmethod
    def of(cls, pull: Mapping[str, Any]) -> Self:
        """As the host says it now."""
        return cls(pull["sha"], pull["fork"], pull["open"])


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
        name = (self.person.login[:_most_shown] if self.person else "") or "its author"
        if isinstance(self.permission, Withheld):
            return f"the rights of {name} are not known: {self.permission.reason}"
        return f"{name} has {self.permission}"


def asked_about(person: Person | None) -> HostQuestion | Withheld:
    """The question for somebody's permission."""
    if person is None or not (person.login or person.id):
        return Withheld("the event does not say who")
    return HostQuestion(Asked.PERMISSION, person.login, person.id)


def told(question: HostQuestion, came: Any) -> dict[str, str]:
    """A question and what came, in a few words."""
    pull = question.asked is Asked.PULL_REQUEST
    what = f"pull request {question.number}" if pull else f"permission of {question.login[:_most_shown]}"
    if isinstance(came, Withheld):
        return {what: f"nil: {came.reason}"}
    return {what: str(came["sha"] if pull else came)}


def needs_opener(order: Order | None, head: Head) -> bool:
    """Return whether the opener's rights decide anything."""
    return head.fork is not False and (order is None or order.command is CommentCommand.RETEST)


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
    if order.command is CommentCommand.CANCEL:
        return Ruling(Turn.CANCEL)
    if not head.open:
        return Ruling(Turn.REFUSE, f"{order} is for open pull requests")
    if head.sha is None:
        return Ruling(Turn.REFUSE, f"{order}: the head of the pull request is not known")
    if order.command is CommentCommand.OK_TO_TEST:
        if order.arguments != head.sha:
            given = (order.arguments or "no commit")[:_most_shown]
            return Ruling(Turn.REFUSE, f"{order} names {given}, and the head is {head.sha}")
        return Ruling(Turn.RUN, approved=head.sha)
    if head.fork is False or opener.may_write:
        return Ruling(Turn.RUN)
    return Ruling(Turn.RUN, approved=head.sha) if approved else _held(head, sender, opener)


def waiting(sha: str | None) -> str:
    """What a held pull request waits for, in full: to be copied into a comment."""
    return f"waiting for /{CommentCommand.OK_TO_TEST.value} {sha or 'its commit'}"


def _held(head: Head, sender: Rights, opener: Rights) -> Ruling:
    whose = opener if not opener.may_write else sender
    where = "it comes from a fork" if head.fork else "whether it comes from a fork is not known"
    return Ruling(Turn.HOLD, f"{waiting(head.sha)}: {where}, and {whose}")


def label_of(binding_uid: str, host: str, found: Facts) -> str:
    """The value of the label that all runs of a binding for one pull request have."""
    repository = (found.repository or "").casefold()
    return digest("pull request", binding_uid, host, repository, str(found.number)).hex()[:32]


def fetched(found: Facts, pull: Mapping[str, Any]) -> Facts:
    """The facts of a pull request as it is now, as if its head had just been pushed.

    ``found`` are those of the comment, ``pull`` what the host says.
    """
    opener = Person(pull["author"], pull["author_id"]) if pull["author"] else None
    return Facts(
        event="pull_request",
        action="updated",
        repository=found.repository,
        url=found.url,
        number=found.number,
        author=pull["author"],
        author_id=pull["author_id"],
        sender=found.sender,
        opener=opener,
        pull=True,
        installation=found.installation,
        occurred=found.occurred,
        **{name: pull[name] for name in PULL_REQUEST_FACTS},
    )


def afresh(binding: Binding) -> Binding:
    """The binding without its deduplication key: who commands a run wants one more."""
    submit = binding.submit
    if not isinstance(submit, Submit) or submit.deduplication is None:
        return binding
    return replace(binding, submit=replace(submit, deduplication=None))


def any_head(binding: Binding) -> Binding:
    """The binding as it matches whatever the head of the pull request is."""
    return replace(binding, selector=_always, facts=frozenset(), submit_facts=frozenset())


def of_no_pull_request(found: Facts | None) -> Ruling:
    """What becomes of a binding that another event matches: nobody could say whose commits those are."""
    if found is not None and (found.fork is False or found.event in ("push", "tag")):
        return Ruling(Turn.RUN)
    return Ruling(Turn.REFUSE, "a binding with commands runs pull requests and pushes alone")


def marked(workflow: Json, label: str, approved: str, occurred: float | None) -> Json:
    """``workflow`` as a run for a pull request; ``approved`` is the commit that /ok-to-test has named.

    ``occurred`` is when its event did, in seconds since 1970 by the host's clock; None: it does not say.
    """
    metadata = workflow["metadata"]
    annotations = metadata.get("annotations") or {}
    if approved:
        annotations = {**annotations, keys.APPROVED: approved}
    if occurred is not None:
        annotations = {**annotations, keys.EVENT_TIME: repr(occurred)}
    found = {**(metadata.get("labels") or {}), keys.PULL_REQUEST: label}
    return {**workflow, "metadata": {**metadata, "labels": found, "annotations": annotations}}


def is_cancelled(run: Json, found: Facts) -> bool:
    """Return whether a /cancel ends that run: it goes on, and is not of a later event than the comment.

    Comments may arrive in another order than they were written, and one that was lost may come again much
    later: it means none of the runs that were started since. Where the host tells no time of the run's event,
    what counts is when it was created, by another clock.
    """
    if run_of(run).finished:
        return False
    metadata = run["metadata"]
    event = seconds((metadata.get("annotations") or {}).get(keys.EVENT_TIME))
    if event is not None and found.occurred is not None:
        # A host may write parts of a second into one payload and not into another.
        return math.floor(event) <= found.occurred
    created = seconds(metadata.get("creationTimestamp"))
    return found.occurred is None or created is None or created - found.occurred <= _longest_way


def approved_of(run: Json) -> str | None:
    """The commit of a run that /ok-to-test has named."""
    return (run["metadata"].get("annotations") or {}).get(keys.APPROVED)
