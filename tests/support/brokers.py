"""A broker on loopback, and the events function that forwards to one, on the model of the API."""

import contextlib

from aiohttp import web
from tests.runtime.test_callers import AUDIENCE, EMAIL, Google
from tests.simulation.events_world import Api, Incoming, World, store_of

from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.service import Service
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.runtime.callers import Callers
from triggerfish.settings import Settings


@contextlib.asynccontextmanager
async def served(path, take):
    """``take`` answers POST on ``path``; the URL of the server."""
    app = web.Application(client_max_size=1 << 24)
    app.router.add_post(path, take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Place:
    """The function with a sink, or with a broker's URL as its setting; no faults.

    What comes back is trusted when it carries a token of ``key``.
    """

    def __init__(self, key, url="", sink=None, **settings):
        self.world = World(3, seed=1, share=0.0)
        self.key, self._sink = key, sink
        settings = Settings(k_sink=url, sink_audience=AUDIENCE, sink_identity=EMAIL, **settings)
        self.router = EventsApp(settings, self.world.clock, self._open)

    async def _open(self, settings, clock):
        api = Api(self.world.model, clock)
        callers = Callers(clock, Google(self.key))
        store = store_of(api, clock)
        self.service = Service(api, store, settings, clock, callers=callers, sink=self._sink)
        self.intake = self.service.intake
        return self.service

    async def deliver(self, number=1):
        return await self.router.answer(self.world.sent[number - 1].request())

    async def bring_back(self, body, token=None, headers=None):
        """POST /internal/events, structured unless ``headers`` say otherwise; ``token=""`` sends none."""
        token = self.key.token() if token is None else token
        sent = {"content-type": "application/cloudevents+json"} if headers is None else headers
        sent = {**sent, **({"authorization": f"Bearer {token}"} if token else {})}
        raw = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        scope = {"path": "/internal/events", "query_string": b"", "headers": raw}
        return await self.router.answer(Incoming(scope, body))

    @property
    def workflows(self):
        return self.world.model.objects(WORKFLOWS)

    @property
    def expected(self):
        """How many Workflows the first delivery makes."""
        return len(self.world.sent[0].bindings)
