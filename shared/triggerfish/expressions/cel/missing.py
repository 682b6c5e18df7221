"""A name or a key that is not there, and the one that may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from triggerfish.expressions.limits import Failure


def nearest(name: str, known: Collection[Any]) -> str:
    """The end of a message about a name there is not: the known one that looks most like it, if any does."""
    if not name or not known:
        return ""
    close = difflib.get_close_matches(name[:60], [str(key)[:60] for key in list(known)[:200]], 1)
    return f', did you mean "{close[0]}"?' if close else ""


class Missing(Failure):
    """A name or a key that is not there. What it may have meant is looked up only where people are told."""

    def __init__(self, message: str, name: str, known: Collection[Any]) -> None:
        super().__init__(message)
        self._name, self._known = name, known

    def in_full(self) -> Missing:
        """The same with the suggestion."""
        return Missing(self.message + nearest(self._name, self._known), "", ())
