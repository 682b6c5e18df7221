"""Processor time of a program that is another process."""

from __future__ import annotations

import contextlib
from pathlib import Path

_PROC = Path("/proc")


def seconds(pid: int) -> float:
    """Processor seconds that a process and its children have taken so far, with all of their threads."""
    return sum(_of(each) for each in (pid, *_children(pid)))


def _children(pid: int) -> list[int]:
    found = []
    for status in _PROC.glob("[0-9]*/stat"):
        # It may have ended meanwhile.
        with contextlib.suppress(OSError):
            # After the name, which may have blanks: the state and the parent.
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found.append(int(status.parent.name))
    return found


def _of(pid: int) -> float:
    nanoseconds = 0
    for thread in (_PROC / str(pid) / "task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            nanoseconds += int(thread.read_text().split()[0])
    return nanoseconds / 1e9
