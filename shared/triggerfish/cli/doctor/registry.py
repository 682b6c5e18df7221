"""Every check, in the order of the report. A new one is a file in ``checks/`` and its entry here."""

from __future__ import annotations

from triggerfish.cli.doctor.checks import (
    argo,
    clients,
    definitions,
    functions,
    grants,
    manifests,
    ticks,
    versions,
)
from triggerfish.cli.doctor.diagnosis import Checkup

CHECKS: tuple[Checkup, ...] = (
    Checkup(definitions.NAME, definitions.examine),
    Checkup(functions.NAME, functions.examine),
    Checkup(grants.NAME, grants.examine),
    Checkup(argo.NAME, argo.examine),
    Checkup(ticks.NAME, ticks.examine),
    Checkup(clients.NAME, clients.examine),
    Checkup(manifests.SCHEDULES, manifests.schedules),
    Checkup(manifests.BINDINGS, manifests.bindings),
    Checkup(versions.NAME, versions.examine),
)
