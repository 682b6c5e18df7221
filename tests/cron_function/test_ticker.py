"""TICK_EVERY: the function calls its own tick, on the minute of the API server's clock."""

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest
from tests.kube.fakes import FakeClock

from triggerfish.cron_function.app import CronApp
from triggerfish.cron_function.ticker import Ticker
from triggerfish.settings import Settings

START = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)
SERVER = ("10.0.0.7", 8080)


class Scene:
    """A ticker whose sleeps take no time; it ends after so many posts."""

    def __init__(self, *, skew=0.0, posts=4, fails=None, **settings):
        self.clock, self.skew, self.fails = FakeClock(START), skew, fails
        self.posts, self.most, self.done = [], posts, asyncio.Event()
        chosen = Settings(tick_every=60, **settings)
        self.ticker = Ticker(chosen, self.clock, lambda: self.skew, self.post)

    async def post(self, url, headers, longest):
        if len(self.posts) >= self.most:
            self.done.set()
            await asyncio.Event().wait()
        self.posts.append((self.clock.now().strftime("%H:%M:%S"), url, headers))
        if self.fails:
            raise self.fails
        return 200

    async def run(self, server=SERVER):
        self.ticker.begin(server)
        await self.done.wait()
        await self.ticker.close()
        return self.posts


async def test_it_ticks_at_once_and_then_on_each_minute():
    posts = await Scene().run()
    assert [at for at, *_ in posts] == ["12:00:20", "12:01:00", "12:02:00", "12:03:00"]
    assert {url for _, url, _ in posts} == {"http://10.0.0.7:8080/"}
    assert {str(headers) for *_, headers in posts} == {"{}"}


@pytest.mark.parametrize(
    ("skew", "second"),
    [
        pytest.param(25.0, "12:00:25", id="our clock is ahead"),
        pytest.param(-10.0, "12:00:50", id="our clock is behind"),
        pytest.param(0.9, "12:01:00", id="seconds that were cut are no skew"),
    ],
)
async def test_the_minute_is_that_of_the_api_server(skew, second):
    posts = await Scene(skew=skew, posts=2).run()
    assert [at for at, *_ in posts] == ["12:00:20", second]


async def test_each_share_is_a_request_of_its_own():
    posts = await Scene(tick_shards=3, posts=6).run()
    assert [url.partition("/?")[2] for _, url, _ in posts] == [
        "shard=1/3",
        "shard=2/3",
        "shard=3/3",
    ] * 2


async def test_it_proves_itself_by_the_tokens_of_the_tick():
    posts = await Scene(tick_token="hush", posts=1).run()
    assert posts[0][2] == {"Authorization": "Bearer hush"}


@pytest.mark.parametrize("error", [aiohttp.ClientError(), TimeoutError(), ConnectionRefusedError()])
async def test_a_tick_that_fails_is_followed_by_the_next(error):
    posts = await Scene(fails=error, posts=3).run()
    assert [at for at, *_ in posts] == ["12:00:20", "12:01:00", "12:02:00"]


async def test_an_address_of_ipv6():
    posts = await Scene(posts=1).run(("fd00::7", 8080))
    assert posts[0][1] == "http://[fd00::7]:8080/"


async def test_many_requests_begin_it_once():
    scene = Scene(posts=2)
    for _ in range(5):
        scene.ticker.begin(SERVER)
    assert [at for at, *_ in await scene.run()] == ["12:00:20", "12:01:00"]


async def test_a_request_without_an_address_begins_nothing():
    scene = Scene(posts=1)
    scene.ticker.begin(None)
    scene.ticker.begin(("/run/socket", None))
    await asyncio.sleep(0)
    assert scene.posts == []


class Probe:
    method = "GET"
    scope = {"path": "/healthz", "query_string": b"", "headers": [], "server": SERVER}  # noqa: RUF012


@pytest.mark.parametrize("every", [0, 60])
async def test_the_first_request_is_what_begins_it(every, monkeypatch):
    begun = []
    monkeypatch.setattr(Ticker, "begin", lambda self, server: begun.append(server))
    app = CronApp(Settings(tick_every=every), FakeClock())
    assert (await app.answer(Probe())).status == 200
    assert begun == ([SERVER] if every else [])
