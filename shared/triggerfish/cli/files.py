"""Files that a command is given, with errors that name them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from triggerfish.cli.lint.source import UnreadableFile, manifests
from triggerfish.errors import SpecError
from triggerfish.workflows.objects import Json


def content(path: Path, field: str) -> bytes:
    """The content of the file, or for ``-`` of standard input.

    ``SpecError`` on ``field``, the option that named it, when it cannot be read.
    """
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise SpecError(field, f"{path} cannot be read: {error.strerror}") from None


def objects(path: Path, field: str) -> Iterator[Json]:
    """The objects of a file of manifests, in order."""
    try:
        for manifest in manifests(content(path, field).decode(), str(path)):
            yield manifest.body
    except UnicodeDecodeError:
        raise SpecError(field, f"{path} is not UTF-8 text") from None
    except UnreadableFile as error:
        raise SpecError(field, f"{path}:{error.line}: {error}") from None
