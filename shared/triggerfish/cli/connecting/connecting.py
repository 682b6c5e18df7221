"""The way of `connect`: look, plan, make, ping, and look again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from triggerfish.cli.cluster import Target
from triggerfish.cli.connecting.client import ClientEntry, entry
from triggerfish.cli.connecting.cluster import Found, applied, look
from triggerfish.cli.connecting.manifests import ClusterObject, parts
from triggerfish.cli.connecting.ping import Pinged, ping
from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.cli.doctor.checks import clients
from triggerfish.cli.doctor.diagnosis import Diagnosis, Doctor, Gravity
from triggerfish.errors import SpecError
from triggerfish.kube.kubeconfig import current_context

_of_make_run = ".local/kubeconfig"
# `make run` has its cluster on port N+1, and the events function on N+80.
_events_after_cluster = 79
# The function has read the secrets within the time that it keeps them, and a right is known in seconds.
_patience_seconds = 10.0


@dataclass(frozen=True, slots=True)
class Choices:
    """How it is done. ``fresh`` is a secret that nobody has seen, for a new client."""

    server: str
    functions: str
    role: str
    fresh: str = field(repr=False)
    rotate: bool
    ping: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """What will be made for whom, and the address that the host shall send to."""

    wanted: Wanted
    server: str
    found: Found
    entry: ClientEntry
    parts: list[ClusterObject]


@dataclass(frozen=True, slots=True)
class Connected:
    """What was done: each object with ``created``, ``changed`` or ``unchanged``.

    ``pinged`` is None where nothing was sent; ``faults`` are what the client still lacks.
    """

    wanted: Wanted
    url: str
    entry: ClientEntry
    made: list[tuple[ClusterObject, str]]
    pinged: Pinged | None
    faults: list[Diagnosis]


async def planned(target: Target, wanted: Wanted, choices: Choices, *, dry_run: bool) -> Planned:
    """What has to be there. ``SpecError`` names the option that is missing or wrong."""
    server = choices.server or _of_this_folder(target.settings.kubeconfig)
    if not server and not dry_run:
        raise SpecError(
            "--server",
            f"the address at which {wanted.host.setup.title} reaches the events function is not known",
            "give it, such as --server https://events.example.com",
        )
    found = await look(target, wanted, choices.functions, choices.role)
    made = entry(
        wanted.account,
        wanted.host.type,
        wanted.repository,
        found.client,
        choices.fresh,
        rotate=choices.rotate,
    )
    return Planned(wanted, server, found, made, parts(wanted, made, found.installed))


async def carried_out(target: Target, plan: Planned, choices: Choices) -> Connected:
    """Make it all, and see that the events function takes what is signed so."""
    made = [(part, await applied(target.client, part)) for part in plan.parts]
    patient = plan.found.patient
    pinged = None
    if choices.ping:
        patience = _patience_seconds + patient.events.settings.secret_cache_seconds
        secret = plan.entry.secret
        pinged = await ping(plan.server, plan.wanted, secret, target.clock, patience=patience)
    here = replace(patient, scope=plan.wanted.namespace)
    faults = [
        each
        async for each in clients.examine(here, Doctor(clients.NAME))
        if each.name == plan.wanted.account and each.gravity is not Gravity.UNKNOWN
    ]
    return Connected(plan.wanted, plan.server + plan.wanted.path, plan.entry, made, pinged, faults)


def _of_this_folder(kubeconfig: str) -> str:
    """The events function of `make run`, if the cluster is that one; else nothing."""
    if not kubeconfig.endswith(_of_make_run):
        return ""
    server = urlsplit(current_context({kubeconfig: Path(kubeconfig).read_text()}).server)
    return f"http://{server.hostname}:{(server.port or 0) + _events_after_cluster}"
