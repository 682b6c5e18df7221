"""Lets every check examine the patient; one that may not ask hides no other."""

from __future__ import annotations

import asyncio

from triggerfish.cli.doctor.diagnosis import Checkup, Diagnosis, Doctor, Gravity
from triggerfish.cli.doctor.patient import Patient
from triggerfish.cli.doctor.registry import CHECKS
from triggerfish.errors import ApiError

_rank = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.UNKNOWN: 2}


async def examined(patient: Patient) -> list[Diagnosis]:
    """All that is wrong, the worst first, else in the order of the checks."""
    found: list[Diagnosis] = []
    # Each to its end, also when one fails: no connection is left open.
    answers = await asyncio.gather(*(_one(check, patient) for check in CHECKS), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        found += answer
    return sorted(found, key=lambda each: _rank[each.gravity])


async def _one(check: Checkup, patient: Patient) -> list[Diagnosis]:
    doctor, found = Doctor(check.name), []
    try:
        async for diagnosis in check.examine(patient, doctor):
            found.append(diagnosis)  # noqa: PERF401  what it found before a refusal counts
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        if error.status == 404:
            # No such kind is served, which another check says.
            return found
        found.append(doctor.unknown(f"this could not be looked at: {error.message}"))
    return found
