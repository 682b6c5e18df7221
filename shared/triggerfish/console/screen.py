"""The shape of a screen, as the files of ``screens/`` define it and ``registry`` lists it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triggerfish.events_function.routes import ServiceRoute


@dataclass(frozen=True, slots=True)
class Screen:
    """``static/NAME.js`` exports a function ``NAME`` that draws it; ``static/NAME.html`` has what it stamps.

    ``title`` is what the link to it says; ``routes`` makes those of its data, once for each process.
    """

    name: str
    title: str
    routes: Callable[[], tuple[ServiceRoute, ...]]
