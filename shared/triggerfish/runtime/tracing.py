"""Spans of what is done, for who wants them. Without a setting there are none: no import, and no work.

The root of a trace is a request; what it starts in its course finds the trace by its context.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import TracebackType
from typing import Protocol

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json

Fact = str | int | float | bool
Headers = Mapping[str, str]


class TraceSpan(Protocol):
    """One piece of work."""

    def note(self, **facts: Fact) -> None:
        """Say more of it, while it goes on."""

    def rename(self, name: str) -> None:
        """Call it by another name, now that more is known."""

    def fail(self, why: str) -> None:
        """Say that it did not do what was asked."""


class Tracer(Protocol):
    """Makes spans and sends them on, in a thread of its own: who is traced waits for nothing."""

    def root(self, name: str, headers: Headers) -> AbstractContextManager[TraceSpan]:
        """The span of a request, below that of its sender, where ``traceparent`` names one."""

    def span(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[TraceSpan]:
        """A span within the one that is open."""

    def current(self) -> TraceSpan:
        """The span that is open."""

    def trace_id(self) -> str:
        """The id of the trace that is open, in 32 hexadecimal digits."""

    def traceparent(self) -> str:
        """What hands the trace on to another process."""

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""


class _Nothing:
    """A span that is none, and its own context."""

    __slots__ = ()

    def __enter__(self) -> TraceSpan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def note(self, **facts: Fact) -> None:
        """Nobody listens."""

    def rename(self, name: str) -> None:
        """Nobody listens."""

    def fail(self, why: str) -> None:
        """Nobody listens."""


_NOTHING = _Nothing()
# The tracer of the request that is served. Set by a root, and only there.
ACTIVE: ContextVar[Tracer | None] = ContextVar("tracer", default=None)


def span(name: str, **facts: Fact) -> AbstractContextManager[TraceSpan]:
    """A span within the request that is traced, or nothing."""
    tracer = ACTIVE.get()
    return _NOTHING if tracer is None else tracer.span(name, facts)


def current() -> TraceSpan:
    """The span that is open, or one that nobody listens to."""
    tracer = ACTIVE.get()
    return _NOTHING if tracer is None else tracer.current()


def trace_id() -> str:
    """The id of the trace, empty where nothing is traced."""
    tracer = ACTIVE.get()
    return "" if tracer is None else tracer.trace_id()


def traceparent() -> str:
    """What hands the trace on, empty where nothing is traced."""
    tracer = ACTIVE.get()
    return "" if tracer is None else tracer.traceparent()


def marked(workflow: Json) -> Json:
    """The Workflow with the trace's id as an annotation; the same object where nothing is traced."""
    found = trace_id()
    if not found:
        return workflow
    metadata = workflow["metadata"]
    notes = {**(metadata.get("annotations") or {}), keys.TRACE: found}
    return {**workflow, "metadata": {**metadata, "annotations": notes}}
