"""Each function has the rights that it needs, wherever it works."""

from __future__ import annotations

from collections.abc import Sequence

from triggerfish.cli.doctor import rights
from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Deployed, Patient
from triggerfish.cli.doctor.reviews import MayNotAsk
from triggerfish.cli.doctor.rights import Need
from triggerfish.cli.installed import CLUSTER_ROLES, ROLES
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import ApiError
from triggerfish.kube.resources import Resource
from triggerfish.kube.wire import Request

NAME = "rights"


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """What the settings of each want; then what its CronWorkflows want besides."""
    cron, events = patient.cron, patient.events
    try:
        for function, needs in (
            (cron, rights.of_cron(cron.settings)),
            (events, rights.of_events(events.settings)),
        ):
            for scope in function.settings.scopes:
                async for each in _lacking(patient, doctor, function, needs, scope):
                    yield each
        async for each in _lacking(patient, doctor, events, rights.of_broker(events.settings), None):
            yield each
        if await _guards_owners(patient):
            for scope in cron.settings.scopes:
                async for each in _lacking(patient, doctor, cron, (rights.OWNER,), scope):
                    yield each
        async for each in _of_crons(patient, doctor):
            yield each
        async for each in _of_hosts(patient, doctor):
            yield each
    except MayNotAsk:
        yield doctor.unknown(
            "you may not ask what the functions may do: you need create on subjectaccessreviews",
            "kubectl create clusterrole access-reviewer --verb=create"
            " --resource=subjectaccessreviews.authorization.k8s.io"
            " && kubectl create clusterrolebinding access-reviewer --clusterrole=access-reviewer"
            ' --user="$USER"',
        )


async def _lacking(
    patient: Patient, doctor: Doctor, function: Deployed, needs: Sequence[Need], scope: str | None
) -> Diagnoses:
    missing = await patient.reviews.missing(function.subject, needs, scope)
    if not missing:
        return
    where = f"in namespace {scope}" if scope else "in all namespaces"
    command = rights.granting(function.subject, missing, scope)
    if sum(len(need.verbs) for need in missing) == sum(len(need.verbs) for need in needs):
        # It has none of them: the role is there, most likely, and its binding is not.
        kind = await _role(patient, function.label, scope)
        if kind:
            command = rights.binding(function.subject, function.label, scope, kind=kind)
    yield doctor.error(
        f"{function.subject.user} may not do what the {function.name} function needs {where}:"
        f" {rights.sentence(missing)}",
        command,
        namespace=patient.home,
        name=function.label,
    )


async def _of_hosts(patient: Patient, doctor: Doctor) -> Diagnoses:
    """What reports, and the recovery of lost deliveries, need besides."""
    for function in (patient.cron, patient.events):
        if function.settings.reports == "on":
            for scope in function.settings.scopes:
                needs = rights.of_hosts(function.settings)
                async for each in _optional(patient, doctor, function, needs, scope):
                    yield each
    cron = patient.cron
    for namespace in cron.settings.recovered_namespaces:
        needs = rights.of_recovery(cron.settings)
        if cron.settings.reports == "off":
            needs = (*rights.of_hosts(cron.settings), *needs)
        async for each in _optional(patient, doctor, cron, needs, namespace):
            yield each


async def _optional(
    patient: Patient, doctor: Doctor, function: Deployed, needs: Sequence[Need], scope: str | None
) -> Diagnoses:
    if missing := await patient.reviews.missing(function.subject, needs, scope):
        where = f"in namespace {scope}" if scope else "in all namespaces"
        yield doctor.error(
            f"the {function.name} function may not {rights.sentence(missing)} {where}, which its settings for"
            " Git hosts want",
            rights.granting(function.subject, missing, scope),
            namespace=scope or patient.home,
            name=function.label,
        )


async def _guards_owners(patient: Patient) -> bool:
    """Whether this is OpenShift, whose API server asks for a right to the owner of what is created."""
    request = Request("GET", "/apis/config.openshift.io")
    answer = await patient.client.transport.send(request, timeout=patient.client.timeout)
    return answer.status == 200 and patient.cron.settings.mode != "shadow"


async def _role(patient: Patient, name: str, scope: str | None) -> str:
    """The kind of the shipped role of that name, as options spell it; empty when it is not there."""
    choices: list[tuple[str, Resource, str | None]] = [("clusterrole", CLUSTER_ROLES, None)]
    if scope:
        choices.insert(0, ("role", ROLES, scope))
    for kind, resource, namespace in choices:
        try:
            await patient.client.get(resource, namespace, name)
        except ApiError as error:
            if error.status not in (403, 404):
                raise
        else:
            return kind
    return ""


async def _of_crons(patient: Patient, doctor: Doctor) -> Diagnoses:
    calendars, templates, cluster_templates = set(), set(), False
    for cron in await patient.crons():
        if Timetable.calendars(cron.body):
            calendars.add(cron.namespace)
        if patient.cron.settings.validate == "on":
            templates |= {cron.namespace for ref in cron.references if not ref.cluster_scope}
            cluster_templates |= any(ref.cluster_scope for ref in cron.references)
    subject = patient.cron.subject
    for namespace in sorted(calendars):
        if await patient.reviews.missing(subject, (rights.CALENDARS,), namespace):
            yield doctor.error(
                "a CronWorkflow names a calendar, and the cron function may not read its ConfigMap",
                rights.binding(subject, "triggerfish-cron-calendars", namespace),
                namespace=namespace,
                name=patient.cron.label,
            )
    for namespace in sorted(templates):
        if await patient.reviews.missing(subject, (rights.TEMPLATES,), namespace):
            yield doctor.warning(
                "the cron function may not read WorkflowTemplates: only Argo notices a missing one",
                rights.granting(subject, (rights.TEMPLATES,), namespace),
                namespace=namespace,
                name=patient.cron.label,
            )
    # With one namespace only, a Role cannot grant what is of the whole cluster: that is as it ships.
    scoped = patient.cron.settings.namespaces
    wanted = (rights.CLUSTER_TEMPLATES,) if cluster_templates and not scoped else ()
    if await patient.reviews.missing(subject, wanted, None):
        yield doctor.warning(
            "the cron function may not read ClusterWorkflowTemplates: only Argo notices a missing one",
            rights.granting(subject, wanted, None),
            name=patient.cron.label,
        )
