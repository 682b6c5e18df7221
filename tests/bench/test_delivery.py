"""A signed delivery beside a bare function: processor time, rate, and the first one of a fresh process."""

import contextlib
import http.client
import sys
import time
from dataclasses import dataclass, field
from statistics import median

import pytest
from tests.bench.rows import Rounds
from tests.bench.test_events import CLIENT, HERE, delivery, fire
from tests.support import functions, processor
from tests.support.events import ARGO, MAY_SUBMIT, SECRET, Place

ROUNDS, COUNT = 7, 500
COLD_ROUNDS = 9


@dataclass
class Runner:
    """A function under load: what it took for each delivery, round by round."""

    function: functions.Function
    url: str
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def round(self):
        before = processor.seconds(self.function.process.pid)
        run = await fire(self.url, COUNT)
        self.rates.append(run.rate)
        self.cpu.append((processor.seconds(self.function.process.pid) - before) / COUNT * 1000)

    def beside(self, other):
        # The first round warms up.
        return Rounds(self.cpu[1:], other.cpu[1:]), Rounds(self.rates[1:], other.rates[1:])


@pytest.fixture
def place(quiet):
    namespace = quiet.new_namespace()
    token = quiet.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(quiet, None, namespace, token)
    found.clients(github_com=CLIENT)
    found.template()
    found.binding("on-push", 'metadata["x-github-event"] == ["push"]', "payload.head_commit.message")
    return found


@pytest.fixture
def bare(quiet, place):
    """The settings of the bare function."""
    return {
        "CA": str(quiet.ca),
        "TOKEN": place.token,
        "SECRET": SECRET,
        "WORKFLOWS": f"{quiet.url}{ARGO}/namespaces/{place.namespace}/workflows",
    }


@pytest.fixture
def settings(quiet):
    return {"KUBECONFIG": str(quiet.kubeconfig)}


async def test_a_delivery_beside_a_bare_function(place, bare, settings, record):
    path = f"/api/v1/events/{place.namespace}/"
    with (
        functions.start("bare", bare, HERE / "bare.py") as theirs,
        functions.start("events", settings) as plain,
        functions.start("events", settings | {"DELIVERY_RECORD": "100"}) as recording,
    ):
        bare_runner = Runner(theirs, f"{theirs.url}/")
        runners = {
            "signed delivery": Runner(plain, plain.url + path),
            "signed delivery with DELIVERY_RECORD=100": Runner(recording, recording.url + path),
        }
        for _ in range(ROUNDS + 1):
            await bare_runner.round()
            for runner in runners.values():
                await runner.round()
    for name, runner in runners.items():
        cpu, rates = runner.beside(bare_runner)
        ours = median(runner.cpu[1:])
        record(
            f"{name}, processor time / a bare function's",
            cpu.ratio,
            "x",
            at_most=1.5 if name == "signed delivery" else 1.6,
            cpu=ours,
            detail=cpu.detail("ms", "bare"),
        )
        detail = rates.detail("/s", "bare")
        record(f"{name}, rate / a bare function's", rates.ratio, "x", at_least=0.6, cpu=ours, detail=detail)


def _uvicorn(port):
    server = [
        "-m",
        "uvicorn",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "error",
    ]
    return [sys.executable, *server, "--app-dir", str(HERE), "--port", str(port), "plain:app"]


def _gunicorn(port):
    server = ["-m", "gunicorn", "--worker-class", "uvicorn_worker.UvicornWorker", "--log-level", "error"]
    place = ["--chdir", str(HERE), "--bind", f"127.0.0.1:{port}"]
    return [sys.executable, *server, *place, "--no-control-socket", "plain:app"]


async def test_what_the_server_and_the_framework_take_of_a_delivery(place, bare, settings, record):
    """The same bare function on each layer, in turns: a layer takes what it has more than the one before."""
    source = HERE / "bare.py"
    with (
        functions.start("plain", bare, command=_uvicorn) as on_uvicorn,
        functions.start("plain", bare, command=_gunicorn) as on_gunicorn,
        functions.start("bare", bare, source) as on_framework,
        functions.start("bare", bare | {"BOUNDED": "1"}, source) as on_ours,
        functions.start("events", settings) as events,
    ):
        runners = {
            "uvicorn": Runner(on_uvicorn, f"{on_uvicorn.url}/"),
            "gunicorn and uvicorn": Runner(on_gunicorn, f"{on_gunicorn.url}/"),
            "the framework": Runner(on_framework, f"{on_framework.url}/"),
            "the framework as our functions set it": Runner(on_ours, f"{on_ours.url}/"),
        }
        ours = Runner(events, f"{events.url}/api/v1/events/{place.namespace}/")
        for _ in range(ROUNDS + 1):
            for runner in (*runners.values(), ours):
                await runner.round()
    base = runners["uvicorn"]
    for name, runner in runners.items():
        cpu, _ = runner.beside(base)
        used = median(runner.cpu[1:])
        record(f"bare delivery on {name} / on uvicorn alone", cpu.ratio, "x", cpu=used)
    cpu, _ = ours.beside(runners["the framework as our functions set it"])
    name = "signed delivery / a bare one on the framework as our functions set it"
    record(name, cpu.ratio, "x", cpu=median(ours.cpu[1:]), detail=cpu.detail("ms", "bare"))


def first_answer(name, settings, path, source=None):
    """Seconds from the start of a process to the answer of its first signed delivery."""
    body, headers = delivery(0)
    start = time.perf_counter()
    with functions.launched(name, settings, source) as function:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", function.port, timeout=20)
            with contextlib.closing(connection):
                try:
                    connection.request("POST", path, body, headers)
                    answer = connection.getresponse()
                except OSError:
                    assert function.process.poll() is None, function.log
                    time.sleep(0.002)
                    continue
                assert answer.status == 200, answer.read()
                return time.perf_counter() - start, processor.seconds(function.process.pid) * 1000


def test_the_first_delivery_of_a_fresh_process(place, bare, settings, record):
    path = f"/api/v1/events/{place.namespace}/"
    rounds = [
        (first_answer("bare", bare, "/", HERE / "bare.py"), first_answer("events", settings, path))
        for _ in range(COLD_ROUNDS + 1)
    ][1:]
    wall = Rounds([ours[0] * 1000 for _, ours in rounds], [theirs[0] * 1000 for theirs, _ in rounds])
    cpu = Rounds([ours[1] for _, ours in rounds], [theirs[1] for theirs, _ in rounds])
    name = "process start → first signed delivery answered"
    used = median(cpu.ours)
    record(
        f"{name} / a bare function", wall.ratio, "x", at_most=1.15, cpu=used, detail=wall.detail("ms", "bare")
    )
    detail = cpu.detail("ms", "bare")
    record(f"{name}, processor time / a bare function's", cpu.ratio, "x", cpu=used, detail=detail)
