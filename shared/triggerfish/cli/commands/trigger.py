"""The command `triggerfish trigger`: a run by hand."""

from __future__ import annotations

import asyncio

from triggerfish.cli.cluster import Kubeconfig, Namespace
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.completion import CronName
from triggerfish.cli.submitting import Parameters, WorkflowForm, WorkflowOutput, shown, submitted
from triggerfish.events_function.api import submit as core
from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.workflows.objects import Json


def trigger(
    name: CronName,
    *,
    parameter: Parameters = None,
    output: WorkflowOutput = WorkflowForm.NAME,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Run a CronWorkflow now. The run counts as one of its runs."""
    body: Json = {
        "resourceKind": CRON_WORKFLOWS.kind,
        "resourceName": name,
        "submitOptions": {"parameters": parameter or []},
    }
    for workflow in asyncio.run(submitted([(core.submit, body)], kubeconfig, namespace)):
        print(shown(workflow, output))


COMMAND = Command("trigger", trigger, Panel.ACT)
