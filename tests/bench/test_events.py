"""The events function beside a bare one: rates, 1,000 bindings, p99, cold start, memory."""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp
import pytest
from tests.bench.rows import Rounds
from tests.support import functions
from tests.support.events import MAY_SUBMIT, SECRET, Place

from triggerfish.events.deliveries import most_bindings

HERE = Path(__file__).parent / "functions"
CLIENT = 'type: github\nsecret: "shh!"\n'
IN_FLIGHT = 32
ROUNDS = 3
# A push as GitHub sends it has some kilobytes.
COMMITS = [
    {
        "id": f"{n:040x}",
        "message": f"Commit {n}",
        "added": [f"src/{n}.py"],
        "removed": [],
        "modified": ["README.md"],
    }
    for n in range(20)
]


@dataclass
class Run:
    """What one round measured: deliveries a second, and each one's seconds in order."""

    rate: float
    seconds: list[float]

    @property
    def p99(self) -> float:
        return self.seconds[int(len(self.seconds) * 0.99)]


def delivery(number):
    payload = {
        "ref": "refs/heads/main",
        "number": number,
        "head_commit": {"message": "m"},
        "commits": COMMITS,
    }
    body = json.dumps(payload).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": f"{time.time_ns()}-{number}",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return body, headers


async def fire(url, count, in_flight=IN_FLIGHT):
    deliveries = iter([delivery(number) for number in range(count)])
    seconds = []

    async def sender(session):
        for body, headers in deliveries:
            start = time.perf_counter()
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()
                assert answer.status == 200, await answer.text()
            seconds.append(time.perf_counter() - start)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        start = time.perf_counter()
        await asyncio.gather(*(sender(session) for _ in range(in_flight)))
        return Run(count / (time.perf_counter() - start), sorted(seconds))


@pytest.fixture(scope="module")
def place(embedded):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    with functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig)}) as function:
        found = Place(embedded, function, namespace, token)
        found.clients(github_com=CLIENT)
        found.template()
        found.binding("on-push", 'metadata["x-github-event"] == ["push"]', "payload.head_commit.message")
        yield found


async def test_latency_and_memory_under_load(place, record):
    url = f"{place.function.url}/api/v1/events/{place.namespace}/"
    # The first round warms up.
    runs = [await fire(url, 600) for _ in range(6)][1:]
    p99 = median(run.p99 for run in runs)
    record("p99 of a signed delivery at 32 in flight", p99 * 1000, "ms", at_most=250)
    record("memory of the events function under load", resident(place.function), "MB", at_most=100)


@pytest.mark.parametrize(
    ("dialect", "selector"),
    [
        pytest.param("expr", 'metadata["x-github-event"] == ["push"] && payload.number == -1', id="expr"),
        pytest.param("cel", "'push' in metadata['x-github-event'] && payload.number == -1", id="cel"),
    ],
)
async def test_the_record_of_deliveries(embedded, record, dialect, selector):
    """Beside the same function without it, with as many bindings as a record has trees of."""
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "EXPRESSION_DIALECT": dialect}
    with (
        functions.start("events", settings) as without,
        functions.start("events", settings | {"DELIVERY_RECORD": "100"}) as recording,
    ):
        place = Place(embedded, without, namespace, token)
        place.clients(github_com=CLIENT)
        place.template()
        place.binding("on-push", "payload.number >= 0", "payload.head_commit.message")
        for number in range(most_bindings - 1):
            place.binding(f"other-{number}", selector, "payload.head_commit.message")
        path = f"/api/v1/events/{namespace}/"
        pairs = [
            (await fire(f"{recording.url}{path}", 600), await fire(f"{without.url}{path}", 600))
            for _ in range(ROUNDS + 1)
        ]
        on, off = ([run.rate for run in runs] for runs in zip(*pairs[1:], strict=True))
        rounds = Rounds(on, off)
        record(
            f"deliveries recorded with {most_bindings} trees ({dialect}), rate beside without",
            rounds.ratio,
            "x",
            at_least=0.8,
            detail=rounds.detail("/s", "without"),
        )
        more = resident(recording) - resident(without)
        record(f"memory that recording takes ({dialect})", more, "MB", at_most=25)


async def test_a_thousand_bindings(place, record):
    url = f"{place.function.url}/api/v1/events/{place.namespace}/"
    await fire(url, 50, 1)
    alone = [await fire(url, 100, 1) for _ in range(ROUNDS)]
    for number in range(999):
        selector = f'metadata["x-github-event"] == ["push"] && payload.ref == "refs/heads/branch-{number}"'
        place.binding(f"branch-{number}", selector, "payload.head_commit.message")
    await asyncio.sleep(3)
    await fire(url, 50, 1)
    among = [await fire(url, 100, 1) for _ in range(ROUNDS)]
    one, all_ = (median(median(run.seconds) for run in runs) for runs in (alone, among))
    detail = f"{one * 1000:.2f} ms with one, {all_ * 1000:.2f} ms with 1,000"
    record("999 more bindings that do not match", (all_ - one) * 1000, "ms", at_most=2.5, detail=detail)
    record("memory with 1,000 bindings", resident(place.function), "MB", at_most=100)


def test_cold_start(embedded, record):
    def cold(name, settings, source=None):
        start = time.perf_counter()
        with functions.start(name, settings, source):
            return time.perf_counter() - start

    settings = {"KUBECONFIG": str(embedded.kubeconfig)}
    pairs = [(cold("hello", {}, HERE / "hello.py"), cold("events", settings)) for _ in range(5)]
    hello, ours = ([seconds * 1000 for seconds in times] for times in zip(*pairs, strict=True))
    rounds = Rounds(ours, hello)
    name = "cold start to /healthz beside hello world"
    record(name, rounds.ratio, "x", at_most=2.0, detail=rounds.detail("ms", "hello world"))


def resident(function):
    """MB of the largest process of the function: its server may have forked."""
    most = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        own = int(status.parent.name) == function.process.pid
        if own or int(fields["PPid"]) == function.process.pid:
            most = max(most, int(fields.get("VmRSS", "0 kB").split()[0]))
    return most / 1024
