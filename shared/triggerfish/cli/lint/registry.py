"""The checks of each kind of manifest."""

from __future__ import annotations

from triggerfish.cli.lint import bindings, crons
from triggerfish.cli.lint.checks import Check, named, well_formed

CHECKS: dict[str, tuple[Check, ...]] = {
    "CronWorkflow": crons.CHECKS,
    "WorkflowEventBinding": bindings.CHECKS,
    "WorkflowTemplate": (named, well_formed),
    "ClusterWorkflowTemplate": (named, well_formed),
}
