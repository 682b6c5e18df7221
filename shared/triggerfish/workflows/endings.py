"""How a Workflow ends: the phases that are final, and the patches that ask for the end."""

from __future__ import annotations

from collections.abc import Mapping

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json

SUCCEEDED = "Succeeded"
FAILURES = ("Failed", "Error")
ENDS = (SUCCEEDED, *FAILURES)

_STATE = (keys.PHASE, keys.COMPLETED)

STOP: Json = {"spec": {"shutdown": "Stop"}}
"""A merge patch: Argo's controller ends the Workflow, and runs its exit handlers."""

TERMINATE: Json = {"spec": {"shutdown": "Terminate"}}
"""A merge patch: Argo's controller ends the Workflow and skips its exit handlers."""


def superseded(by: str) -> Json:
    """The same patch, with the name of the run for whose sake it ends."""
    return {**TERMINATE, "metadata": {"annotations": {keys.SUPERSEDED_BY: by}}}


def without_state(labels: Mapping[str, str] | None) -> dict[str, str]:
    """The labels that a manifest asks for, but for those by which Argo's controller says how far a run is.

    With ``completed: "true"`` from the start the controller would never run the Workflow, and it would count
    as finished.
    """
    return {key: value for key, value in (labels or {}).items() if key not in _STATE}
