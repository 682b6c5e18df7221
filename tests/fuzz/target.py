"""What a target of the fuzzer is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """``run`` takes any bytes and raises only when a promise is broken; ``seeds`` are where to begin."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
