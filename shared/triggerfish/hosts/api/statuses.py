"""A status in the words of a host: its states, and texts as long as the host takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from triggerfish.hosts.api.conversation import clipped, unreadable
from triggerfish.hosts.api.values import State, Status


class Statuses:
    """What differs is in the fields of the class: a word for each state, and a state for each word."""

    title: ClassVar[str]
    words: ClassVar[Mapping[State, str]]
    states: ClassVar[Mapping[str, State]]
    longest_context: ClassVar[int] = 255
    longest_description: ClassVar[int] = 255

    def as_read(self, status: Status) -> Status:
        """How that status reads back: some states have one word there, and texts are shorter."""
        told = self.told(status)
        return Status(self.states[self.words[told.state]], told.context, told.description, told.url)

    def told(self, status: Status) -> Status:
        """The status with texts that the host takes."""
        description = clipped(status.description, self.longest_description)
        return Status(status.state, self.context(status.context), description, status.url)

    def context(self, name: str) -> str:
        """The name of a status as the host takes it."""
        return clipped(name, self.longest_context)

    def read(self, word: str | None, context: str | None, description: str | None, url: str | None) -> Status:
        """The status that an answer says; ``HostRefused`` for an unknown state."""
        state = self.states.get(word or "")
        if state is None:
            raise unreadable(self.title)
        return Status(state, context or "", description or "", url or "")
