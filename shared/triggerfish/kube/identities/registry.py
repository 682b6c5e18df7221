"""Every cloud there is, by its name in ``KUBE_AUTH``. A new one is one file and one line here.

Each is imported only by a function that has it set.
"""

from __future__ import annotations

from collections.abc import Callable

from triggerfish.kube.tokens import Authorization
from triggerfish.kube.transport import Server
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

Found = tuple[Server, Authorization]


def _gke(settings: Settings, clock: Clock) -> Found:
    from triggerfish.kube.identities import gke

    return gke.found(settings, clock)


def _eks(settings: Settings, clock: Clock) -> Found:
    from triggerfish.kube.identities import eks

    return eks.found(settings, clock)


def _aks(settings: Settings, clock: Clock) -> Found:
    from triggerfish.kube.identities import aks

    return aks.found(settings, clock)


IDENTITIES: dict[str, Callable[[Settings, Clock], Found]] = {"gke": _gke, "eks": _eks, "aks": _aks}
