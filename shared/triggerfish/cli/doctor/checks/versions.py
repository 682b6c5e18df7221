"""Clocks agree, the time zones are young, and both functions are of this version."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import orjson

from triggerfish import __version__
from triggerfish.cli.doctor.diagnosis import Diagnoses, Doctor
from triggerfish.cli.doctor.patient import Deployed, Patient
from triggerfish.cron.schedules import zones
from triggerfish.errors import Unanswered
from triggerfish.kube.wire import Request

NAME = "versions"

_skew_seconds = 5.0
_proxy_seconds = 3.0
_patience = aiohttp.ClientTimeout(total=10)


async def examine(patient: Patient, doctor: Doctor) -> Diagnoses:
    """This machine first, then what each function says of itself, where its address is known."""
    skew = patient.skew.total_seconds()
    if not -_skew_seconds < skew < _skew_seconds + 1:
        yield doctor.warning(
            f"this machine's clock and the API server's differ by {abs(skew):.0f} s; ticks follow the latter",
            "timedatectl set-ntp true",
        )
    if warning := zones.warning(patient.now):
        yield doctor.warning(f"on this machine {warning}", "pip install --upgrade tzdata")
    functions = (patient.cron, patient.events)
    said = await asyncio.gather(*(_readiness(patient, each) for each in functions))
    for function, (problem, body) in zip(functions, said, strict=True):
        if problem:
            yield doctor.error(problem, _logs(patient, function), namespace=patient.home, name=function.label)
        theirs = body.get("version")
        if theirs and theirs != __version__:
            yield doctor.warning(
                f"the {function.name} function is of version {theirs}, this command line of {__version__}",
                "make package  # then deploy both functions again",
                namespace=patient.home,
                name=function.label,
            )
        release = _release(body)
        if release and release != zones.version():
            yield doctor.warning(
                f"the {function.name} function has the time zones of {release}, this command line those of"
                f" {zones.version()}: the two may show other times for one slot",
                "make package  # then deploy both functions again",
                namespace=patient.home,
                name=function.label,
            )


def _release(body: dict[str, Any]) -> str:
    found = body.get("zones")
    return str(found.get("version") or "") if isinstance(found, dict) else str(found or "")


async def _readiness(patient: Patient, function: Deployed) -> tuple[str, dict[str, Any]]:
    """The problem, if any, and what GET /readyz says; nothing where it cannot be asked."""
    url = patient.hints.urls.get(function.name)
    if url:
        return await _asked(f"{url.rstrip('/')}/readyz")
    if function.deployment is None:
        return "", {}
    path = f"/api/v1/namespaces/{patient.home}/services/{function.label}:http/proxy/readyz"
    try:
        answer = await patient.client.transport.send(Request("GET", path), timeout=_proxy_seconds)
        body = orjson.loads(answer.body)
    except (Unanswered, orjson.JSONDecodeError):
        return "", {}
    # Without the right to ask so, or without a pod, the API server answers itself.
    if not isinstance(body, dict) or "version" not in body:
        return "", {}
    return ("" if answer.status == 200 else _unready("GET /readyz", answer.status, body)), body


async def _asked(target: str) -> tuple[str, dict[str, Any]]:
    try:
        async with aiohttp.ClientSession(timeout=_patience) as session, session.get(target) as answer:
            body = await answer.json(content_type=None)
            found = body if isinstance(body, dict) else {}
            return ("" if answer.status == 200 else _unready(target, answer.status, found)), found
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"{target} does not answer: {type(error).__name__}", {}


def _unready(target: str, status: int, body: dict[str, Any]) -> str:
    return f"{target} answers {status}: {body.get('message') or 'no reason is given'}"


def _logs(patient: Patient, function: Deployed) -> str:
    return f"kubectl -n {patient.home} logs deployment/{function.label} --tail=50"
