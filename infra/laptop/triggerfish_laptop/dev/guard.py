"""No orphans: when a session dies without a word (kill -9), a second process ends what it had started.

The session holds the one end of a pipe. Its guard reads the other, where the process group of each child is
announced; when the pipe ends, the guard stops the groups that are left. This works wherever pipes do; a death
signal (``prctl``) would on Linux only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from types import TracebackType
from typing import BinaryIO, Self

_PATIENCE = 5.0


class Guard:
    """A context: the guard lives from its start until the session's end, however that comes."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C in the terminal is not for the guard.
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
        )

    def watch(self, group: int) -> None:
        """End this process group too, should the session die."""
        self._write(f"+{group}\n")

    def forget(self, group: int) -> None:
        """It has ended: its number may be somebody else's soon."""
        self._write(f"-{group}\n")

    def _write(self, line: str) -> None:
        if self._process.stdin is not None:
            # A guard that somebody killed must not stop the session.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()


def keep(announced: BinaryIO) -> None:
    """Read announcements to their end, then stop the groups that are left: SIGTERM, and SIGKILL after 5 s."""
    groups: set[int] = set()
    for line in announced:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        _signal(group, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while any(_signal(group, 0) for group in groups) and time.monotonic() < until:
        time.sleep(0.1)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Signal the group; False when nobody of it is left."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    keep(sys.stdin.buffer)
