"""Names of Workflows: those that follow from a delivery let a redelivery meet its own Workflow."""

from __future__ import annotations

import hashlib
from enum import Enum

# The letters of Kubernetes' own generated names: no vowels, so no words.
_letters = "bcdfghjklmnpqrstvwxz2456789"
_pairs = tuple(first + second for second in _letters for first in _letters)
# Argo writes a Workflow's name into labels, which take no more.
longest = 63
# 57 bits: no two deliveries of one binding meet by chance.
_delivery_letters = 12
_random_letters = 5


class Naming(Enum):
    """Where a Workflow's name comes from, and so what it means that the name is taken."""

    FIXED = "the manifest or the caller says it: taken by this delivery, or by another"
    DERIVED = "it follows from the delivery: taken by this delivery"
    RANDOM = "by chance: taken by another"


def digest(*parts: str | bytes) -> bytes:
    """32 bytes over the parts; which part ends where counts, so ("a", "bc") and ("ab", "c") differ.

    BLAKE2b: a body is hashed for each delivery, and this takes a third of SHA-256's time where the processor
    does not help.
    """
    hashed = hashlib.blake2b(digest_size=32)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big"))
        hashed.update(data)
    return hashed.digest()


def delivery_suffix(key: bytes) -> str:
    """Twelve letters that follow from the 32 bytes of ``key``."""
    return _spell(key, _delivery_letters)


def random_suffix(noise: bytes) -> str:
    """Five letters, as Kubernetes generates them, from at least 8 random bytes."""
    return _spell(noise, _random_letters)


def with_suffix(stem: str, suffix: str) -> str:
    """``stem`` and ``suffix`` as one name; the stem gives way where both are longer than 63 characters."""
    return stem[: longest - len(suffix)] + suffix


def _spell(data: bytes, count: int) -> str:
    number = int.from_bytes(data[:8], "big")
    pairs = []
    for _ in range((count + 1) // 2):
        number, index = divmod(number, len(_pairs))
        pairs.append(_pairs[index])
    return "".join(pairs)[:count]
