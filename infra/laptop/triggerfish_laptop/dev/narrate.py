"""The children's lines, as one clear line for people each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

_COLOURS = {"cluster": "36", "cron": "33", "events": "35", "tick": "33", "workflow": "32", "delivery": "35"}

_told_elsewhere = ("tick", "start")


@dataclass(frozen=True, slots=True)
class Narrator:
    """Writes ``<who> <what>`` lines; in colour on a terminal only."""

    out: TextIO = field(default_factory=lambda: sys.stdout)

    def say(self, who: str, what: str) -> None:
        """One line, written at once."""
        label = f"{who:<8}"
        if self.out.isatty():
            label = f"\x1b[{_COLOURS.get(who, '0')}m{label}\x1b[0m"
        self.out.write(f"{label} {what}\n")
        self.out.flush()

    def plain(self, text: str) -> None:
        """Text as it is."""
        self.out.write(text + "\n")
        self.out.flush()

    def cluster(self, text: str) -> None:
        """A line of the embedded cluster."""
        who, _, rest = text.partition(" ")
        if who == "workflow":
            self.say("workflow", rest)
        elif who != "ready":
            self.say("cluster", text)

    def function(self, name: str, kind: str) -> Callable[[str], None]:
        """Reads the log lines of the function ``name``: its records are JSON, and ``kind`` names them."""

        def read(text: str) -> None:
            try:
                record = json.loads(text)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                if text.strip():
                    self.say(name, text)
                return
            # The scheduler's own line says what a tick did, and the session's that its functions run.
            if record.get("severity") not in ("DEBUG", None) and record.get("message") not in _told_elsewhere:
                self.say(kind, str(record.get("message", text)))
                if "fix" in record:
                    self.say(kind, f"  to grant it: {record['fix']}")

        return read
