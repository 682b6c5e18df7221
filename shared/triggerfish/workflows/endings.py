"""How a Workflow ends: the phases that are final, and the patch that asks for the end."""

from __future__ import annotations

from triggerfish.workflows.objects import Json

SUCCEEDED = "Succeeded"
FAILURES = ("Failed", "Error")
ENDS = (SUCCEEDED, *FAILURES)

TERMINATE: Json = {"spec": {"shutdown": "Terminate"}}
"""A merge patch: Argo's controller ends the Workflow and skips its exit handlers."""
