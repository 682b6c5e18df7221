"""The checks of each kind of manifest."""

from __future__ import annotations

from triggerfish.cli.lint import bindings, clients, crons, host_credentials, identity, runs, spec_fields
from triggerfish.cli.lint.checks import named, well_formed
from triggerfish.cli.lint.context import Check

_ANY: tuple[Check, ...] = (named, well_formed, identity.names, identity.labels)
_OURS: tuple[Check, ...] = (*_ANY, spec_fields.known)

CHECKS: dict[str, tuple[Check, ...]] = {
    "CronWorkflow": (*_OURS, *crons.CHECKS),
    "WorkflowEventBinding": (*_OURS, *bindings.CHECKS),
    "Workflow": (*_OURS, runs.workflow),
    "WorkflowTemplate": (*_OURS, runs.template),
    "ClusterWorkflowTemplate": (*_OURS, runs.template),
    "Secret": (clients.clients, host_credentials.credentials),
}
