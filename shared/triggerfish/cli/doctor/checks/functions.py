"""Both functions run, with settings that they can start with."""

from __future__ import annotations

from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Deployed, Patient
from triggerfish.cron.schedules import zones
from triggerfish.errors import ApiError, ScheduleError
from triggerfish.kube.resources import SERVICE_ACCOUNTS

NAME = "functions"


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """The accounts, the Deployments, the settings."""
    for function in (patient.cron, patient.events):
        async for each in _account(patient, doctor, function):
            yield each
        async for each in _deployment(patient, doctor, function):
            yield each
    zone = patient.cron.settings.default_timezone
    try:
        zones.load(zone)
    except ScheduleError as error:
        command = ""
        if patient.cron.deployment is not None:
            command = _set(patient, patient.cron, "DEFAULT_TIMEZONE", _meant(str(error)))
        yield doctor.error(
            f"DEFAULT_TIMEZONE: {error}", command, namespace=patient.home, name=patient.cron.label
        )


async def _account(patient: Patient, doctor: Doctor, function: Deployed) -> Diagnoses:
    account = function.subject.service_account
    if account is None:
        return
    namespace, name = account
    try:
        await patient.client.get(SERVICE_ACCOUNTS, namespace, name)
    except ApiError as error:
        if error.status == 404:
            yield doctor.error(
                f"the {function.name} function's service account does not exist; if it is another one, say so"
                f" with --functions or --{function.name}-user",
                f"kubectl -n {namespace} create serviceaccount {name}",
                namespace=namespace,
                name=name,
            )
        elif error.status != 403:
            raise


async def _deployment(patient: Patient, doctor: Doctor, function: Deployed) -> Diagnoses:
    body = function.deployment
    if body is None:
        return
    name, spec, status = body["metadata"]["name"], body.get("spec") or {}, body.get("status") or {}
    where = {"namespace": patient.home, "name": name}
    if function.wrong:
        variable = function.variable
        yield doctor.error(function.wrong, _set(patient, function, variable, ""), **where)
    wanted = spec.get("replicas", 1)
    if wanted == 0:
        yield doctor.error(
            f"the {function.name} function is scaled to zero",
            f"kubectl -n {patient.home} scale deployment {name} --replicas=1",
            **where,
        )
    elif status.get("observedGeneration") and not status.get("availableReplicas"):
        yield doctor.error(
            f"no pod of the {function.name} function is ready",
            f"kubectl -n {patient.home} describe pods -l app.kubernetes.io/name={function.label}",
            **where,
        )


def _set(patient: Patient, function: Deployed, variable: str, value: str) -> str:
    name = function.deployment["metadata"]["name"] if function.deployment else function.label
    given = f"{variable}={value}" if value else f"{variable}-"
    return f"kubectl -n {patient.home} set env deployment/{name} {given}"


def _meant(sentence: str) -> str:
    """The zone that the error proposes; empty: the variable is taken away, which means UTC."""
    _, found, rest = sentence.partition("did you mean ")
    return rest.split("?")[0].split(",")[0].split(" or ")[0].strip(" '\"") if found else ""
