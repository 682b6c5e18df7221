"""A neighbour's deliveries beside each attack: p95, /healthz and memory against a run that nobody attacks."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.expressions.hostile import PAYLOAD, PROGRAMS
from tests.isolation.conftest import embedded, events, memory, namespace_of, neighbour, own  # noqa: F401
from tests.isolation.test_bindings import COSTLY, COSTLY_CEL, Crowd
from tests.isolation.test_connections import POST, send, sockets
from tests.isolation.test_memory import Deliveries, junk_binding
from tests.isolation.test_payloads import CEL, LONG_TEXT
from tests.isolation.test_webhook_clients import Storm, many, put_clients
from tests.support.events import Place
from tests.support.functions import Function

from triggerfish import expressions
from triggerfish.events import binding
from triggerfish.events.environment import Event, environment
from triggerfish.events.match import event_budget
from triggerfish.expressions import ExpressionError
from triggerfish.workflows.labels import Creator

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DELIVERIES = 40
LISTS = b"[" + b"[]," * 99_000 + b"0]"


@contextlib.contextmanager
def half_requests(tenant: Place, function: Function) -> Iterator[None]:
    with sockets(function, 400) as opened:
        for each in opened:
            send(each, POST + b"Content-Length: 9\r\n\r\n{")
        yield


@contextlib.contextmanager
def endless_headers(tenant: Place, function: Function) -> Iterator[None]:
    ends = threading.Event()

    def attack() -> None:
        while not ends.is_set():
            with sockets(function, 1) as (one,):
                send(one, POST + b"X-A: " + b"a" * 70_000)

    threads = [threading.Thread(target=attack) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends.set()
        for thread in threads:
            thread.join()


@contextlib.contextmanager
def clients_and_bodies(tenant: Place, function: Function) -> Iterator[None]:
    put_clients(tenant, many(2500, 10))
    with Storm(tenant, 4):
        yield


def costly(number: int, selector: str, payload: object, **more: object) -> Callable[..., object]:
    def attack(tenant: Place, function: Function) -> object:
        for index in range(number):
            tenant.binding(f"costly-{index}", selector, **more)
        return Crowd(tenant, payload, 4)

    return attack


def megabytes_of_bindings(tenant: Place, function: Function) -> object:
    for index in range(100):
        junk_binding(tenant, f"large-{index:03}")
    return Crowd(tenant, {"n": 0}, 4)


def large_payloads(tenant: Place, function: Function) -> object:
    tenant.clients(github_com="{type: github, secret: 'shh!'}")
    tenant.binding("mine", "true", '"x"')
    return Deliveries(tenant, LISTS, 4)


ATTACKS = {
    "400 half-sent bodies": half_requests,
    "endless headers": endless_headers,
    "2,500 webhook clients and unsigned bodies of 2 MiB": clients_and_bodies,
    "600 costly selectors": costly(600, COSTLY, {"n": 0}),
    "200 costly selectors in CEL": costly(200, COSTLY_CEL, {"list": list(range(300))}, **CEL),
    "regular expressions on 1.9 MB": costly(60, 'payload.s matches "(a+)+b"', LONG_TEXT),
    "100 MiB of bindings": megabytes_of_bindings,
    "payloads of as many values as are read": large_payloads,
}


class Health:
    """Asks /healthz for as long as the block lasts; ``worst`` in milliseconds."""

    def __init__(self, function: Function) -> None:
        self.worst, self._ends = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(function,))

    def _ask(self, function: Function) -> None:
        while not self._ends.is_set():
            begun = time.perf_counter()
            assert function.send("GET", "/healthz").status == 200
            self.worst = max(self.worst, (time.perf_counter() - begun) * 1e3)
            self._ends.wait(0.05)

    def __enter__(self) -> "Health":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()


def p95(neighbour) -> float:  # noqa: F811  the fixture of that name
    """Milliseconds."""
    took = []
    for _ in range(DELIVERIES):
        begun = time.perf_counter()
        neighbour.delivers()
        took.append((time.perf_counter() - begun) * 1e3)
    return sorted(took)[int(0.95 * DELIVERIES)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_neighbour_beside_an_attack(record, embedded, events, neighbour, attack):  # noqa: F811
    tenant = namespace_of(embedded, events)
    quiet = p95(neighbour)
    with ATTACKS[attack](tenant, events), Health(events) as health:
        attacked = p95(neighbour)
    detail = f"{quiet:.0f} ms alone, {attacked:.0f} ms beside it"
    record(
        f"events, {attack}: p95 of a neighbour later by", attacked - quiet, "ms", at_most=500, detail=detail
    )
    record(f"events, {attack}: /healthz at most", health.worst, "ms", at_most=500)
    record(f"events, {attack}: memory", memory(events) / 2**20, "MiB", at_most=250)


def cpu(function: Function) -> float:
    """Seconds of CPU that the function's worker has taken."""
    with open(f"/proc/{function.process.pid}/task/{function.process.pid}/children") as children:
        worker = children.read().split()[0]
    with open(f"/proc/{worker}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_a_budget_costs_of_a_delivery(record, fastest, embedded, events, neighbour):  # noqa: F811
    for index in range(9):
        neighbour.place.binding(f"other-{index}", f'payload.message == "{index}" && discriminator != ""')
    neighbour.delivers()
    begun, number = cpu(events), 300
    for _ in range(number):
        neighbour.delivers()
    delivery = (cpu(events) - begun) / number
    names = environment(
        Event("n", "", {"message": "x"}, {}, Creator(), b"k" * 32, repeatable=True, received=NOW)
    )
    bound = [
        binding.parse(
            {
                "metadata": {"name": f"b{index}"},
                "spec": {"event": {"selector": f'payload.message == "{index}" && discriminator != ""'}},
            },
            "expr",
        )
        for index in range(10)
    ]

    def evaluate(budget: expressions.Budget | None) -> None:
        """None: nothing is accounted for."""
        for each in bound:
            each.selector.evaluate(names, now=NOW, seed=b"", budget=budget)

    with_it = fastest(lambda: evaluate(event_budget()), number=300)
    without = fastest(lambda: evaluate(None), number=300)
    detail = f"{(with_it - without) * 1e6:.1f} µs of {delivery * 1e3:.2f} ms of CPU, 10 bindings"
    record(
        "events: a budget costs of a delivery",
        (with_it - without) / delivery * 100,
        "%",
        at_most=3,
        detail=detail,
    )


CEL_SOURCES = (
    "payload.numbers.map(a, payload.numbers.map(b, payload.numbers)).size() < 0",
    "payload.numbers.all(a, payload.numbers.all(b, a + b >= 0.0))",
    'payload.text.matches("(a|b|ab)*c")',
    "payload.text.split('').size() < 0",
    "payload.numbers.exists(a, payload.numbers.filter(b, b == a).size() > 1)",
)


def test_the_longest_evaluation_holds_the_event_loop_so_long(record):
    worst, what = 0.0, ""
    sources = [("expr", source) for source in (*PROGRAMS, COSTLY)]
    sources += [("cel", source) for source in CEL_SOURCES]
    for dialect, source in sources:
        took = longest(dialect, source)
        if took > worst:
            worst, what = took, source
    record("expressions: the longest evaluation", worst, "ms of CPU", at_most=20, detail=what[:60])


def longest(dialect: str, source: str) -> float:
    """Milliseconds of CPU, once what it needs is imported."""
    took = float("inf")
    with contextlib.suppress(ExpressionError):
        program = expressions.compile(source, dialect)
        for _ in range(2):
            begun = time.process_time()
            with contextlib.suppress(ExpressionError):
                program.evaluate(PAYLOAD, now=NOW)
            took = min(took, (time.process_time() - begun) * 1e3)
    return 0.0 if took == float("inf") else took
