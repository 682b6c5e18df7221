"""Which CronWorkflows a tick is for, when several share them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_form = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``index``-th of ``count`` parts, from 1."""

    index: int = 1
    count: int = 1

    @classmethod
    def of(cls, text: str) -> Shard:
        """Read ``2/8``; ``ValueError`` says what it should be."""
        match = _form.fullmatch(text)
        if not match or int(match[1]) > int(match[2]):
            raise ValueError("shard is i/n with 1 ≤ i ≤ n, for example 2/8")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        """As it is asked for: ``2/8``."""
        return f"{self.index}/{self.count}"

    def holds(self, namespace: str, name: str) -> bool:
        """Return whether that CronWorkflow belongs to this part: by the SHA-256 of ``namespace/name``."""
        if self.count == 1:
            return True
        digest = hashlib.sha256(f"{namespace}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count + 1 == self.index


ALL = Shard()
