"""PURE. Commands in comments: which a binding obeys, and which one a comment gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from triggerfish.errors import SpecError
from triggerfish.hosts.facts import Facts

_SEPARATORS = re.compile(r"[,\s]+")


class CommentCommand(Enum):
    """What a comment may ask for: its first line is ``/retest`` and so on."""

    RETEST = "retest"
    CANCEL = "cancel"
    OK_TO_TEST = "ok-to-test"


@dataclass(frozen=True, slots=True)
class Order:
    """A command in a comment, and what stands behind it."""

    command: CommentCommand
    arguments: str | None

    def __str__(self) -> str:
        return f"/{self.command.value}"


def commands_of(text: object, field: str) -> frozenset[CommentCommand]:
    """The commands that an annotation names, with commas between them; ``SpecError`` for another word."""
    if text in (None, ""):
        return frozenset()
    words = _SEPARATORS.split(text.strip()) if isinstance(text, str) else [""]
    known = {command.value: command for command in CommentCommand}
    for word in words:
        if word not in known:
            raise SpecError(field, f"there is no command {word[:40]!r}", f"write some of {', '.join(known)}")
    return frozenset(known[word] for word in words)


def order_of(found: Facts | None, commands: frozenset[CommentCommand]) -> Order | None:
    """The command that a new comment on a pull request gives, if it is one of these."""
    if found is None or found.event != "comment" or not found.pull or found.number is None:
        return None
    command = next((each for each in commands if each.value == found.command), None)
    return None if command is None else Order(command, found.arguments)
