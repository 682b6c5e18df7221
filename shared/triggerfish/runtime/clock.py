"""The shell's clock, as a value that tests replace: the core is handed times and never asks."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The real one. A test's subclass answers from its own timeline and sleeps in no time."""

    chance: random.Random = field(default_factory=random.Random)

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, for deadlines and ages."""
        return time.monotonic()

    def worked(self) -> float:
        """Seconds of processor time that this thread has taken: others on the machine add nothing to it."""
        return time.thread_time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)

    def jitter(self) -> float:
        """A number in [0, 1), to spread retries."""
        return self.chance.random()
