"""`make bench`: each measurement is a row, most of them ratios of two things timed in the same run.

A row never fails a test: the table says what was met and what was missed, and what has changed since the run
before; `build/bench.json` keeps it.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.bench.rows import Recorded, Row, lines, merged
from tests.real.apiserver import running
from tests.real.binaries import find
from tests.real.fixtures import CRDS, install, manifests
from tests.support.embedded import Embedded, start
from tests.support.real import Real

rows: list[Row] = []

# `make bench CLUSTER=real`: what goes to a cluster goes to kube-apiserver and etcd.
ON = os.environ.get("CLUSTER", "embedded")


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A cluster in which nobody else does anything: the calls are what is measured."""
    if ON == "real":
        with running(find(os.environ)) as server, contextlib.closing(Real(server)) as cluster:
            install(server, manifests(CRDS))
            yield cluster
    else:
        with start(tmp_path_factory.mktemp("bench"), "--no-controller") as cluster:
            yield cluster


@pytest.fixture
def record() -> Callable[..., None]:
    """Call it with a Row's fields."""
    return lambda name, value, unit, **more: rows.append(Row(name, value, unit, **more))


@pytest.fixture
def fastest() -> Callable[..., float]:
    """Seconds one call takes: the best of ``repeat`` runs of ``number`` calls each."""

    def run(call: Callable[[], object], *, number: int = 1000, repeat: int = 7) -> float:
        best = float("inf")
        for _ in range(repeat):
            start = time.perf_counter()
            for _ in range(number):
                call()
            best = min(best, (time.perf_counter() - start) / number)
        return best

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "bench" in Path(item.path).parent.name:
            item.add_marker(pytest.mark.bench)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not rows:
        return
    target = Path(f"build/bench{'-real' if ON == 'real' else ''}.json")
    before = [each for each in _read(target) if "date" in each]
    terminalreporter.section(f"bench on {'a real API server' if ON == 'real' else 'the embedded cluster'}")
    for line in lines(rows, before):
        terminalreporter.write_line(line)
    target.parent.mkdir(exist_ok=True)
    kept = merged(rows, before, f"{datetime.now(UTC):%Y-%m-%d}")
    target.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def _read(target: Path) -> list[Recorded]:
    return json.loads(target.read_text()) if target.exists() else []
