"""What one worker of the events function keeps open: the cluster, the stores, the caches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from triggerfish.events.answer import EventOutcome
from triggerfish.events.environment import Event
from triggerfish.events.match import EVENT_STEPS
from triggerfish.events.refusals import Refusal
from triggerfish.events_function.authenticator import Authenticator
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.events_function.dispatch import Dispatcher, Witness
from triggerfish.events_function.identity import Api, Caller, ClientStore
from triggerfish.events_function.intake import Intake
from triggerfish.events_function.notices import Notices
from triggerfish.events_function.recorder import Recorder
from triggerfish.events_function.watches import Watches
from triggerfish.hosts.registry import SENDERS
from triggerfish.http.messages import Call
from triggerfish.http.router import deadline_seconds
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import SECRETS, WORKFLOW_EVENT_BINDINGS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.kube.service_accounts import user_of
from triggerfish.kube.warnings import Warnings, too_costly
from triggerfish.runtime.callers import Callers
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.parsing_room import ParsingRoom, most_parsed_bytes, rest_seconds
from triggerfish.runtime.places import Places
from triggerfish.secrets.store import open_store
from triggerfish.settings import Settings
from triggerfish.sinks.sink import Sink, open_sink
from triggerfish.webhooks.clients import parse_clients
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.events_function.facts import Inquiry
    from triggerfish.events_function.metrics import EventMetrics
    from triggerfish.hostapi.hosts import Hosts

# One more try must still end before the sender's patience does.
patience = Retry(first=0.1, longest=1.0, attempts=6, deadline=deadline_seconds - 2)
_cache_seconds = 2.0
_request_seconds = 5.0


class Service:
    """What the handlers of the routes work with. It belongs to the event loop it was opened on."""

    def __init__(
        self,
        api: Api,
        clients: ClientStore,
        settings: Settings,
        clock: Clock,
        *,
        witnesses: Sequence[Witness] = (),
        callers: Callers | None = None,
        sink: Sink | None = None,
        hosts: Callable[[], Hosts] | None = None,
        told: Callable[[str], None] | None = None,
    ) -> None:
        self.api, self.settings, self.clock = api, settings, clock
        self.watches = Watches()
        # What hears of deliveries that were not taken.
        has_secrets = settings.secret_store == "kubernetes"  # noqa: S105  a store, no password
        notices = Notices(api.own, clock, has_secrets=has_secrets)
        self._warnings = Warnings(api.own, clock)
        witnesses = [*witnesses, self._costly]
        self._refused: list[Callable[[Refusal], None]] = [notices.refused]
        if settings.delivery_record:
            recorder = Recorder.of(api.own, settings, clock)
            witnesses = [*witnesses, recorder]
            self._refused.append(recorder.refused)
        inquire = None if hosts is None else partial(_inquiry, clients=clients, hosts=hosts, clock=clock)
        self.reporter = None
        if hosts is not None and settings.reports == "on":
            from triggerfish.events_function.reporting import Reporter

            self.reporter = Reporter(clients, hosts(), api.own, settings, clock, told)
        dispatcher = Dispatcher(
            api, settings, clock, patience, witnesses=witnesses, inquire=inquire, reporter=self.reporter
        )
        callers = callers or Callers(clock, review=partial(user_of, api.own))
        self.authenticator = Authenticator(api, clients, settings, clock, patience, callers)
        self.places = Places(settings.event_concurrency)
        # Requests with a token are proved by the API server's answer alone; until then they have these.
        self.unproved = Places(settings.event_concurrency)
        self.unproved_room = ParsingRoom(most_parsed_bytes, rest=rest_seconds)
        sink = sink or open_sink(settings, clock)
        self.intake = Intake(self.authenticator, dispatcher, self.places, self.unproved, sink)

    @classmethod
    async def open(cls, settings: Settings, clock: Clock, metrics: EventMetrics | None = None) -> Service:
        """The service that the settings describe; ``SettingError`` when they are wrong."""
        cluster = await Cluster.open(
            settings,
            clock,
            timeout=_request_seconds,
            cache_seconds=_cache_seconds,
            observer=metrics.called if metrics else None,
            foreign_observer=metrics.called_for if metrics else None,
        )

        async def secret(namespace: str, name: str) -> Json:
            return await eagerly(clock, patience, lambda: cluster.own.get(SECRETS, namespace, name))

        @cache
        def hosts() -> Hosts:
            from triggerfish.hostapi.hosts import Hosts

            return Hosts(settings, secret, clock)

        store = open_store(settings, secret, clock, partial(parse_clients, senders=SENDERS))
        if metrics is None:
            return cls(cluster, store, settings, clock, hosts=hosts)
        reads = cluster.reads
        metrics.cache("reads", lambda: reads.hits, lambda: reads.misses)
        metrics.cache("clients", lambda: store.hits, lambda: store.misses)
        service = cls(
            cluster, store, settings, clock, witnesses=[metrics.became], hosts=hosts, told=metrics.told
        )
        metrics.in_flight(lambda: service.places.taken + service.unproved.taken)
        return service

    def _costly(self, event: Event, outcome: EventOutcome) -> None:
        """Tell the author of a binding that takes more than it may; a witness of the dispatcher."""
        if (binding := outcome.costly) is None:
            return
        message = (
            f"too costly: all bindings of an event together may take no more than {EVENT_STEPS} evaluation"
            f" steps; {binding.name} takes most of them"
        )
        self._warnings.tell(
            binding.namespace,
            (binding.uid, "costly"),
            lambda: too_costly(
                WORKFLOW_EVENT_BINDINGS,
                binding.namespace,
                binding.name,
                uid=binding.uid,
                message=message,
                at=self.clock.now(),
            ),
        )

    def refused(self, refusal: Refusal) -> None:
        """Hear of a delivery that was not taken; returns at once."""
        for hear in self._refused:
            hear(refusal)

    def caller(self, call: Call) -> Caller:
        """The bearer of the call's token; ``AnswerError`` 401 without one."""
        return self.authenticator.token_caller(call.delivery)

    def reader(self, call: Call) -> Client:
        """The API as the bearer of the call's token; ``AnswerError`` 401 without one."""
        return self.caller(call).client

    def creator(self, caller: Caller) -> WorkflowCreator:
        """Creates Workflows as that caller."""
        return WorkflowCreator(caller.client, self.clock, patience)


def _inquiry(event: Event, *, clients: ClientStore, hosts: Callable[[], Hosts], clock: Clock) -> Inquiry:
    # Few events ask their host anything; the others wait for no import.
    from triggerfish.events_function.facts import Inquiry

    return Inquiry(event, clients, hosts(), clock)
