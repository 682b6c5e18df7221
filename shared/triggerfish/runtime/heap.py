"""Memory that is free goes back to the system, where the C library is glibc.

glibc maps a block of 128 KiB or more by itself, and unmaps it when it is free. But each such block that is
freed raises that bound to its own size, up to 32 MiB: soon the pages of lists and the bodies of requests lie
between small ones, and what they took stays with the process for as long as one of those lives. A bound that
is set stays. This one is above the 256 KiB that each read of a TLS connection asks for: mapping those would
cost each answer of the API server.
"""

from __future__ import annotations

import ctypes

# mallopt(3): M_MMAP_THRESHOLD.
_mmap_threshold = -3
_least_mapped_bytes = 512 << 10


def give_back() -> None:
    """Let large blocks be mapped and unmapped, always; nothing where the C library has no such bound."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_mmap_threshold, _least_mapped_bytes)
