"""The shape of a setting: one field, with its meaning for people, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

# Who reads a setting: the two functions, the console (which the events function serves), the command line.
CRON, EVENTS, CONSOLE, CLI = "cron", "events", "console", "command line"


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together, and who reads them."""

    title: str
    readers: tuple[str, ...]

    def __call__(
        self,
        default: str | int,
        meaning: str,
        *,
        choices: Any = None,
        unset: str = "none",
        secret: bool = False,
        file: bool = False,
        least: int = 0,
        most: int = 0,
        placeholders: tuple[str, ...] = (),
        also: tuple[str, ...] = (),
    ) -> Any:
        """A field of ``Settings``: its default, and its meaning for people.

        ``choices`` is the ``Literal`` of the values it takes, ``unset`` what an empty default means, ``also``
        who else reads it; a ``secret`` one is left out of the repr, and a header can carry it. ``file``: the
        text is an object, or the name of a file with one; the field has it as JSON. A number is from
        ``least`` to ``most``. With ``placeholders`` it is a URL that has each of them in braces.
        """
        about: dict[str, Any] = {"group": self.title, "meaning": meaning, "readers": (*self.readers, *also)}
        about |= {"choices": get_args(choices), "unset": unset}
        about |= {"file": file, "secret": secret, "least": least, "most": most}
        about |= {"placeholders": placeholders}
        return field(default=default, repr=not secret, metadata=about)
