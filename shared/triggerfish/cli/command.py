"""The shape of a command, as the files of ``commands/`` define it and ``registry`` lists it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Panel(StrEnum):
    """The groups of the help: by what somebody wants to do."""

    CHECK = "Before it is applied"
    LOOK = "Look and explain"
    ACT = "Run and suspend"
    LOCAL = "On this machine"


@dataclass(frozen=True, slots=True)
class Command:
    """``words`` as people type them (``next``, ``explain cron``), and the function that typer calls."""

    words: str
    run: Callable[..., None]
    panel: Panel
