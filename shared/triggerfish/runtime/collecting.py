"""How often Python searches for cycles: after so many new objects, of which a start makes tens of thousands.

All of them stay, and to search them took a third of the processor time between the start of a process and its
first answer.
"""

from __future__ import annotations

import gc

_starting = (200_000, 50, 50)
# Python's own are (700, 10, 10), with which the search takes a fifth of a delivery's time.
_serving = (20_000, 20, 50)
_usual = (700, 10, 10)


def start() -> None:
    """Search rarely while things are imported; the first call of a function's file."""
    gc.set_threshold(*_starting)


def serve() -> None:
    """Search for what many short requests leave behind, which is little; what there is by now stays."""
    gc.freeze()
    gc.set_threshold(*_serving)


def usual() -> None:
    """Search as often as Python does by itself; what there is by now stays."""
    gc.freeze()
    gc.set_threshold(*_usual)
