"""Both functions run, with settings that they can start with."""

from __future__ import annotations

from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Deployed, Patient
from triggerfish.errors import ApiError
from triggerfish.kube.resources import SERVICE_ACCOUNTS
from triggerfish.runtime.starting import default_zone

NAME = "functions"


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """The accounts, the Deployments, the settings."""
    for function in (patient.cron, patient.events):
        async for each in _account(patient, doctor, function):
            yield each
        async for each in _deployment(patient, doctor, function):
            yield each
    if patient.cron.deployment is None:
        # Its settings are those of this command then.
        for wrong in default_zone(patient.cron.settings):
            meant = _meant(str(wrong)) or "UTC"
            command = f"export {wrong.variable}={meant}  # and the same in the cron function's environment"
            yield doctor.error(str(wrong), command, namespace=patient.home, name=patient.cron.label)


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
    for wrong in function.wrong:
        meant = _meant(str(wrong))
        yield doctor.error(str(wrong), _set(patient, function, wrong.variable, meant), **where)
    for sentence in function.advice:
        yield doctor.warning(sentence, f"kubectl -n {patient.home} edit deployment {name}", **where)
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
    """The value that the error proposes; empty: the variable is taken away, and has its default."""
    _, found, rest = sentence.partition("did you mean ")
    return rest.split("?")[0].split(",")[0].split(" or ")[0].strip(" '\"") if found else ""
