"""What anybody may make large: a megabyte of JSON in an object, which is thirty as Python's values."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from weakref import WeakValueDictionary

from triggerfish.runtime.parsing_room import ParsingRoom

short_bytes, large_bytes = 128 << 10, 32 << 20
"""An answer that is longer is read in its turn; an object weighs no more than the second."""

_long_seconds, _namespaces_kept = 10.0, 1024


class LargeAnswers:
    """The room for those of a worker, whatever identity asks. It belongs to one event loop.

    ``room``: two at once, or as many as weigh as much; namespaces take turns.
    """

    def __init__(self) -> None:
        self.room = ParsingRoom(2 * large_bytes)
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._long: OrderedDict[str, float] = OrderedDict()

    def lane(self, namespace: str) -> asyncio.Lock:
        """For lists of a namespace that are long: one at a time, so that the API server serves others too."""
        return self._lanes.setdefault(namespace, asyncio.Lock())

    def has_long_lists(self, namespace: str) -> bool:
        """Return whether one of the namespace was long in the last ten seconds."""
        return self._long.get(namespace, 0.0) > asyncio.get_running_loop().time()

    def note_long_list(self, namespace: str) -> None:
        """Note that one is."""
        self._long[namespace] = asyncio.get_running_loop().time() + _long_seconds
        self._long.move_to_end(namespace)
        while len(self._long) > _namespaces_kept:
            self._long.popitem(last=False)
