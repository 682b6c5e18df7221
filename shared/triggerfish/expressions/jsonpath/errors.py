"""What a path or a step of it fails with. A filter drops the elements that it fails for."""

from __future__ import annotations


class PathError(Exception):
    """The path is none, or it leads nowhere; ``message`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
