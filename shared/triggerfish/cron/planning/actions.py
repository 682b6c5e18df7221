"""What a plan asks of the API: plain values, each one call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from triggerfish.cron.manifest.children import Child
from triggerfish.workflows.objects import Json


@dataclass(frozen=True, slots=True)
class Patch:
    """A merge patch of the CronWorkflow, guarded: ``body`` carries ``metadata.resourceVersion``."""

    body: Json


@dataclass(frozen=True, slots=True)
class Terminate:
    """Ask Argo's controller to end that child: ``spec.shutdown: Terminate``. Nobody waits for it."""

    name: str


@dataclass(frozen=True, slots=True)
class Create:
    """Create the child of ``slot``. A child of that name is success if it is ours, see ``Existing``."""

    slot: datetime
    name: str
    body: Json


@dataclass(frozen=True, slots=True)
class Release:
    """Take our finalizer off that child, of that version. It keeps ``rest``; None: that is to be read."""

    name: str
    version: str
    rest: tuple[str, ...] | None

    def body(self, rest: Iterable[str]) -> Json:
        """The guarded merge patch that leaves those."""
        return {"metadata": {"finalizers": [*rest] or None, "resourceVersion": self.version}}


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete that very child (by uid), which the history limits do not keep."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Created:
    """A create went well, or met our own child of that slot, which may be gone again: then None."""

    child: Child | None
    existed: bool = False


@dataclass(frozen=True, slots=True)
class CreateRefused:
    """A create was refused for good: the same again would be refused again."""

    message: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The namespace is being deleted and takes nothing new: no failure, and not to be tried again."""

    message: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A create that has no result yet: nobody knows whether the child exists, because of ``problem``."""

    problem: str = ""


Result = Created | CreateRefused | Closed | Unfinished
