"""CronWorkflows and event bindings that can do nothing, each with what is wrong."""

from __future__ import annotations

from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cron.manifest.recorded_state import SUBMISSION_ERROR
from triggerfish.errors import ApiError, SpecError
from triggerfish.events.binding import Submit, parse
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES

SCHEDULES = "schedules"
BINDINGS = "bindings"


async def schedules(patient: Patient, doctor: Doctor) -> Diagnoses:
    """Those that no tick can start."""
    for cron in await patient.crons():
        command = f"kubectl -n {cron.namespace} edit cronworkflow {cron.name}"
        where = {"namespace": cron.namespace, "name": cron.name}
        if cron.error:
            yield doctor.error(str(cron.error), command, **where)
        elif message := cron.recorded.condition(SUBMISSION_ERROR):
            yield doctor.error(f"its last Workflow was refused: {message}", command, **where)


async def bindings(patient: Patient, doctor: Doctor) -> Diagnoses:
    """Those that start nothing whatever comes, and those whose template is missing."""
    for body in await patient.bindings():
        read = parse(body, patient.events.settings.expression_dialect)
        where = {"namespace": read.namespace, "name": read.name}
        command = f"kubectl -n {read.namespace} edit workfloweventbinding {read.name}"
        for part in (read.selector, read.submit):
            if isinstance(part, SpecError):
                yield doctor.error(str(part), command, **where)
        if not isinstance(read.submit, Submit):
            continue
        template = read.submit.template
        resource = CLUSTER_WORKFLOW_TEMPLATES if template.cluster_scope else WORKFLOW_TEMPLATES
        try:
            await patient.client.get(
                resource, None if template.cluster_scope else read.namespace, template.name
            )
        except ApiError as error:
            if error.status == 403:
                continue
            if error.status != 404:
                raise
            yield doctor.error(f"{template.kind} {template.name!r} was not found", command, **where)
