"""How people set up a webhook at a host: the words of its own pages."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setup:
    """``title`` is the host's name as people write it, ``page`` where a webhook is made.

    ``form`` shows how the host names a repository, and ``names`` is the pattern of such names. ``url`` and
    ``secret`` are the labels of the form's fields for these, ``fields`` the others with what to choose.
    ``events`` are those that there are facts for. ``test`` is the event that the host sends when its API is
    asked for a test delivery; empty: its API cannot be asked.
    """

    title: str
    page: str
    events: tuple[str, ...]
    form: str = "OWNER/NAME"
    names: re.Pattern[str] = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
    url: str = "URL"
    secret: str = "Secret"  # noqa: S105  the label of a field
    fields: tuple[tuple[str, str], ...] = ()
    test: str = ""
