"""What stands behind the routes: the cluster, the stores and the caches of one worker, opened once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from triggerfish import __version__
from triggerfish.events import occurrences
from triggerfish.events_function.api import cron_workflows, submit
from triggerfish.events_function.api.submit import Submission
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.events_function.dispatch import Dispatcher, Witness
from triggerfish.events_function.identity import Api, Caller, Clients, bearer_token, unauthenticated
from triggerfish.events_function.intake import IDEMPOTENCY_KEY, Intake
from triggerfish.events_function.recorder import Recorder
from triggerfish.hosts.registry import SENDERS
from triggerfish.http.router import Answer, Call, deadline_seconds
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import SECRETS, WORKFLOW_EVENT_BINDINGS
from triggerfish.kube.retry import Retry, eagerly
from triggerfish.kube.service_accounts import user_of
from triggerfish.runtime.callers import Callers
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.store import open_store
from triggerfish.settings import Settings
from triggerfish.webhooks.clients import parse_clients
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json

if TYPE_CHECKING:
    from triggerfish.events_function.metrics import EventMetrics

# A try more must still end before the sender's patience does.
patience = Retry(first=0.1, longest=1.0, attempts=6, deadline=deadline_seconds - 2)
_cache_seconds = 2.0
_request_seconds = 5.0


class Service:
    """Handlers of the routes. It belongs to the event loop it was opened on."""

    def __init__(
        self,
        api: Api,
        clients: Clients,
        settings: Settings,
        clock: Clock,
        witnesses: Sequence[Witness] = (),
    ) -> None:
        self._api, self._clients, self._settings, self._clock = api, clients, settings, clock
        self._instance = settings.instance_id
        if settings.delivery_record:
            witnesses = [*witnesses, Recorder.of(api.own, settings, clock)]
        dispatcher = Dispatcher(api, settings, clock, patience, witnesses=witnesses)
        callers = Callers(clock, review=partial(user_of, api.own))
        self._intake = Intake(api, clients, dispatcher, settings, clock, patience, callers)

    @classmethod
    async def open(cls, settings: Settings, clock: Clock, metrics: EventMetrics | None = None) -> Service:
        """The service that the settings describe; ``SettingError`` when they are wrong."""
        cluster = await Cluster.open(
            settings,
            clock,
            timeout=_request_seconds,
            cache_seconds=_cache_seconds,
            observer=metrics.called if metrics else None,
        )

        async def secret(namespace: str, name: str) -> Json:
            return await eagerly(clock, patience, lambda: cluster.own.get(SECRETS, namespace, name))

        store = open_store(settings, secret, clock, partial(parse_clients, senders=SENDERS))
        if metrics is None:
            return cls(cluster, store, settings, clock)
        reads = cluster.reads
        metrics.cache("reads", lambda: reads.hits, lambda: reads.misses)
        metrics.cache("clients", lambda: store.hits, lambda: store.misses)
        return cls(cluster, store, settings, clock, [metrics.became])

    @property
    def api(self) -> Api:
        """The cluster."""
        return self._api

    @property
    def settings(self) -> Settings:
        """The settings it was opened with."""
        return self._settings

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._clock

    def reader(self, call: Call) -> Client:
        """The API as the bearer of the call's token; ``AnswerError`` 401 without one."""
        return self._token_caller(call).client

    async def events(self, call: Call) -> Answer:
        """An event with a bearer token, or a webhook's delivery."""
        return await self._intake.events(call)

    async def internal_events(self, call: Call) -> Answer:
        """A delivery that the broker brings back."""
        return await self._intake.returned(call)

    async def bindings(self, call: Call) -> Answer:
        """The namespace's bindings, as Argo's API lists them."""
        client = self._token_caller(call).client
        return Answer(
            200, await client.listing(WORKFLOW_EVENT_BINDINGS, call.path["namespace"], _options(call))
        )

    async def submit(self, call: Call) -> Answer:
        """A Workflow from a template, by hand."""
        caller = self._token_caller(call)
        return Answer(200, await submit.submit(self._creator(caller), self._submission(call, caller)))

    async def create_workflow(self, call: Call) -> Answer:
        """A Workflow as the caller wrote it."""
        caller = self._token_caller(call)
        return Answer(200, await submit.create(self._creator(caller), self._submission(call, caller)))

    async def crons(self, call: Call) -> Answer:
        """The CronWorkflows of a namespace, or of all."""
        client = self._token_caller(call).client
        namespace = call.path.get("namespace")
        return Answer(200, await cron_workflows.listed(client, namespace, _options(call), self._instance))

    async def cron(self, call: Call) -> Answer:
        """One CronWorkflow."""
        client = self._token_caller(call).client
        return Answer(
            200, await cron_workflows.one(client, call.path["namespace"], call.path["name"], self._instance)
        )

    async def create_cron(self, call: Call) -> Answer:
        """A CronWorkflow as the caller wrote it."""
        caller = self._token_caller(call)
        body = occurrences.parse(call.delivery.body)
        namespace = call.path["namespace"]
        made = await cron_workflows.create(caller.client, namespace, body, caller.creator, self._instance)
        return Answer(200, made)

    async def update_cron(self, call: Call) -> Answer:
        """A CronWorkflow as the caller wrote it, in place of what is there."""
        client = self._token_caller(call).client
        body = occurrences.parse(call.delivery.body)
        name = call.path.get("name")
        return Answer(
            200, await cron_workflows.update(client, call.path["namespace"], name, body, self._instance)
        )

    async def delete_cron(self, call: Call) -> Answer:
        """Delete one; its runs go with it."""
        client = self._token_caller(call).client
        gone = await cron_workflows.delete(client, call.path["namespace"], call.path["name"], self._instance)
        return Answer(200, gone)

    async def suspend_cron(self, call: Call) -> Answer:
        """No run of it while it is suspended."""
        return await self._set_suspended(call, suspended=True)

    async def resume_cron(self, call: Call) -> Answer:
        """Runs again; a stopped one stays stopped."""
        return await self._set_suspended(call, suspended=False)

    async def _set_suspended(self, call: Call, *, suspended: bool) -> Answer:
        client = self._token_caller(call).client
        namespace, name = call.path["namespace"], call.path["name"]
        changed = await cron_workflows.set_suspended(
            client, namespace, name, self._instance, suspended=suspended
        )
        return Answer(200, changed)

    async def info(self, call: Call) -> Answer:
        """What Argo's command line asks before it starts: nothing special is here."""
        self._token_caller(call)
        return Answer(200, {"managedNamespace": self._settings.managed_namespace, "links": []})

    async def version(self, call: Call) -> Answer:
        """Who answers: not Argo."""
        self._token_caller(call)
        return Answer(200, {"version": f"triggerfish-{__version__}"})

    def _creator(self, caller: Caller) -> WorkflowCreator:
        return WorkflowCreator(caller.client, self._clock, patience)

    def _submission(self, call: Call, caller: Caller) -> Submission:
        key = call.delivery.first(IDEMPOTENCY_KEY)
        identity = digest(caller.identity, key, call.delivery.body) if key else secrets.token_bytes(32)
        return Submission(
            call.path["namespace"],
            occurrences.parse(call.delivery.body),
            caller.creator,
            identity,
            bool(key),
            self._settings.instance_id,
            call.delivery.received,
        )

    def _token_caller(self, call: Call) -> Caller:
        token = bearer_token(call.delivery)
        if token is None:
            raise unauthenticated()
        return Caller.of_token(self._api, token)


def _options(call: Call) -> tuple[tuple[str, str], ...]:
    """The ``listOptions.*`` of the query, under the names of the Kubernetes API."""
    known = ("labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch")
    given = ((name.removeprefix("listOptions."), value) for name, value in call.query)
    return tuple((name, value) for name, value in given if name in known and value)
