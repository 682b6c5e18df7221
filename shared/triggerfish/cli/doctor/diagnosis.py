"""What the doctor says: one fault, how bad it is, and the command that mends it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from enum import Enum

from triggerfish.workflows.objects import Json


class Gravity(Enum):
    """How bad it is. ``UNKNOWN``: the question could not be asked."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One fault: ``what`` is a sentence, ``command`` what to type against it (empty where nothing helps)."""

    gravity: Gravity
    check: str
    what: str
    command: str = ""
    namespace: str = ""
    name: str = ""

    def row(self) -> Json:
        """All of it as JSON, for a table or a program."""
        return {
            "severity": self.gravity.value,
            "check": self.check,
            "namespace": self.namespace,
            "name": self.name,
            "what": self.what,
            "command": self.command,
        }


Diagnoses = AsyncIterator[Diagnosis]
"""What a check yields."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """What a check has to make its diagnoses with: its own name."""

    check: str

    def error(self, what: str, command: str = "", *, namespace: str = "", name: str = "") -> Diagnosis:
        """Something does not work."""
        return Diagnosis(Gravity.ERROR, self.check, what, command, namespace, name)

    def warning(self, what: str, command: str = "", *, namespace: str = "", name: str = "") -> Diagnosis:
        """Something may not work, or not as it is meant."""
        return Diagnosis(Gravity.WARNING, self.check, what, command, namespace, name)

    def unknown(self, what: str, command: str = "", *, namespace: str = "", name: str = "") -> Diagnosis:
        """Nobody could tell."""
        return Diagnosis(Gravity.UNKNOWN, self.check, what, command, namespace, name)


@dataclass(frozen=True, slots=True)
class Checkup:
    """One check: its name, as ``-o json`` has it, and the function that examines a patient."""

    name: str
    examine: Callable[..., Diagnoses]
