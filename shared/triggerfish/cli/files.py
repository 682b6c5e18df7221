"""Files that a command is given, with errors that name them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from triggerfish.cli.lint.source import UnreadableFile, contents
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
    """The objects of a file of manifests, in order; ``SpecError`` at the first that cannot be read."""
    for each in readable(path, field):
        if isinstance(each, SpecError):
            raise each
        yield each


def readable(path: Path, field: str) -> Iterator[Json | SpecError]:
    """The same, with an error in the place of what cannot be read: it hides no other object."""
    try:
        text = content(path, field).decode()
    except UnicodeDecodeError:
        yield SpecError(field, f"{path} is not UTF-8 text")
        return
    except SpecError as error:
        yield error
        return
    for each in contents(text, str(path)):
        if isinstance(each, UnreadableFile):
            yield SpecError(field, f"{path}:{each.line}: {each}")
        else:
            yield each.body
