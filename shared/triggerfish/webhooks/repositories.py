"""Which repositories a webhook client or a host's credential is for: patterns such as ``org/*``."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

# A pattern is tried against every delivery's repository.
most_patterns = 100
most_characters = 256


def fits(patterns: Iterable[str], repository: str) -> bool:
    """Return whether one of the patterns fits the repository as a payload names it, such as ``org/app``.

    ``*`` is any text, slashes too (``org/*`` has the subgroups of ``org``), ``?`` one character; capitals
    count for nothing, as on the hosts. An empty repository fits none.
    """
    if not repository or len(repository) > most_characters:
        return False
    name = repository.casefold()
    return any(fnmatchcase(name, pattern.casefold()) for pattern in patterns)


def fault(patterns: object) -> str:
    """What is wrong with ``repositories`` as they are written; empty when nothing is. It quotes no value."""
    if not isinstance(patterns, list) or not all(isinstance(each, str) for each in patterns):
        return "its repositories are not a list of patterns such as org/*"
    if not patterns:
        return "its repositories are an empty list"
    if len(patterns) > most_patterns:
        return f"it has more than {most_patterns} repositories"
    if not all(0 < len(each) <= most_characters and each == each.strip() for each in patterns):
        return f"one of its repositories is empty, longer than {most_characters} characters or has blanks"
    return ""
