"""The way of `connect`: look, plan, make, ping, and look again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from triggerfish.cli.cluster import Target
from triggerfish.cli.connecting.client import ClientEntry, credential_text, entry, with_recovery
from triggerfish.cli.connecting.cluster import Found, applied, key_of, look
from triggerfish.cli.connecting.hook import AtHost, HookChoices, arrived, at_host, of_token
from triggerfish.cli.connecting.manifests import ClusterObject, client_part, credential_parts, parts
from triggerfish.cli.connecting.ping import Pinged, ping
from triggerfish.cli.connecting.wanted import Wanted
from triggerfish.cli.doctor.checks import clients
from triggerfish.cli.doctor.diagnosis import Diagnosis, Doctor, Gravity
from triggerfish.cli.doctor.patient import Deployed, Patient
from triggerfish.errors import HostError, SpecError
from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import Hook
from triggerfish.kube.kubeconfig import current_context

_of_make_run = ".local/kubeconfig"
# `make run` has its cluster on port N+1, and the events function on N+80.
_events_after_cluster = 79
# The function has read the secrets within the time that it keeps them, and a right is known in seconds.
_patience_seconds = 10.0
_test_seconds = 30.0


@dataclass(frozen=True, slots=True)
class Choices:
    """How it is done. ``fresh`` is a secret that nobody has seen, for a new client."""

    server: str
    functions: str
    role: str
    fresh: str = field(repr=False)
    rotate: bool
    ping: bool
    hook: HookChoices


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

    ``pinged`` is None where nothing was sent; ``faults`` are what the client still lacks. ``hook`` is the
    webhook at the host, None where people make it; ``test`` says what became of the host's test delivery,
    ``fault`` why the host did not do its part.
    """

    wanted: Wanted
    url: str
    entry: ClientEntry
    made: list[tuple[ClusterObject, str]]
    pinged: Pinged | None
    faults: list[Diagnosis]
    hook: Hook | None = None
    test: str = ""
    fault: str = ""


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
    whole = parts(wanted, made, found.installed)
    if choices.hook.keep:
        whole += await _credential(target, wanted, found.patient, choices.hook)
    return Planned(wanted, server, found, made, whole)


async def _credential(
    target: Target, wanted: Wanted, patient: Patient, choices: HookChoices
) -> list[ClusterObject]:
    secret = patient.events.settings.host_secret_name
    there = await key_of(target.client, wanted, secret)
    text = credential_text(wanted.account, of_token(wanted, choices), there)
    return credential_parts(wanted, secret, text, (patient.events.subject, patient.cron.subject))


async def carried_out(target: Target, plan: Planned, choices: Choices) -> Connected:
    """Make it all, and see that the events function takes what is signed so.

    Where no token for the host is found nothing is made.
    """
    async with at_host(target, plan.wanted, choices.hook) as host:
        done = await _in_cluster(target, plan, choices)
        if host is None or (done.pinged is not None and not done.pinged.accepted):
            return done
        try:
            hook = await host.create(done.url, plan.entry.secret.value.decode())
            done = replace(done, hook=hook)
            if APIS[plan.wanted.host.type].keeps_deliveries:
                recovering = with_recovery(plan.entry, hook.id, plan.wanted.repository)
                await applied(target.client, client_part(plan.wanted, recovering))
            events = plan.found.patient.events
            test = await _tested(target, host, hook, choices.hook, done.pinged, events)
            return replace(done, test=test)
        except HostError as error:
            return replace(done, fault=str(error))


async def _tested(
    target: Target, host: AtHost, hook: Hook, choices: HookChoices, pinged: Pinged | None, events: Deployed
) -> str:
    """What became of the host's own test; empty where none is asked for."""
    setup = host.wanted.host.setup
    if pinged is None or not setup.test or not (choices.test or setup.test == "ping"):
        return ""
    await host.test(hook)
    recorded = events.deployment is None or events.settings.delivery_record > 0
    event = await arrived(target, host.wanted, pinged.id, seconds=_test_seconds) if recorded else None
    if event is None:
        return (
            f"{setup.title} sends one, and its page shows whether it arrives: no deliveries are recorded here"
        )
    return f"{event} arrived" if event else f"none arrived in {_test_seconds:.0f} s: see its page"


async def _in_cluster(target: Target, plan: Planned, choices: Choices) -> Connected:
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
