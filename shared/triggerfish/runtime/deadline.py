"""A bound in time for what a request does, for a fraction of the cost of ``asyncio.timeout``."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Deadline:
    """``with`` it: what goes on after ``until``, by the event loop's clock, ends with ``TimeoutError``.

    It is put off by setting ``until``, for nothing: the one timer looks again. A cancellation from elsewhere
    stays one. The block is within one task.
    """

    __slots__ = ("_before", "_expired", "_loop", "_task", "_timer", "until")

    def __init__(self, until: float) -> None:
        self.until = until
        self._expired = False

    def __enter__(self) -> Deadline:
        """Begin."""
        self._loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no task to end")
        self._task, self._before = task, task.cancelling()
        self._timer = self._loop.call_at(self.until, self._look)
        return self

    def _look(self) -> None:
        if self._loop.time() < self.until:
            self._timer = self._loop.call_at(self.until, self._look)
        else:
            self._expired = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; ``TimeoutError`` if that was because of the time."""
        self._timer.cancel()
        if self._expired and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error
