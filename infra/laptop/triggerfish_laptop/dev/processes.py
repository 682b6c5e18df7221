"""Child processes that end when we do, and whose lines are read as they come."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from triggerfish_laptop.dev.guard import Guard

Lines = Callable[[str], None]


@dataclass(slots=True)
class Process:
    """One running child: a process group of its own, so that Ctrl-C reaches us alone and we stop it."""

    name: str
    process: asyncio.subprocess.Process
    reading: asyncio.Task[None]
    guard: Guard

    @classmethod
    async def start(
        cls,
        name: str,
        command: list[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        lines: Lines,
        guard: Guard,
    ) -> Process:
        """Start ``command``; each line of its stdout and stderr goes to ``lines``."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
            limit=1 << 20,
        )
        guard.watch(process.pid)
        return cls(name, process, asyncio.create_task(_read(process, lines)), guard)

    async def stop(self, *, patience: float = 5.0) -> None:
        """SIGTERM to the whole group, SIGKILL after ``patience`` seconds; nothing when it is gone already."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), patience)
        except TimeoutError:
            pass
        finally:
            # Also when the leader has left: a worker of its group may have outlived it.
            self._signal(signal.SIGKILL)
        await self.process.wait()
        self.guard.forget(self.process.pid)
        await self.reading

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


async def _read(process: asyncio.subprocess.Process, lines: Lines) -> None:
    if process.stdout is None:
        return
    while True:
        try:
            raw = await process.stdout.readline()
        except ValueError:  # a line longer than the limit: dropped by asyncio, the next ones still come
            lines("(a line of more than 1 MiB was left out)")
            continue
        if not raw:
            return
        lines(raw.decode("utf-8", "replace").rstrip("\n"))
