"""A process with limits: what comes of the work, and what ends it."""

import os
import subprocess
import sys

import pytest

from triggerfish.runtime import apart
from triggerfish.runtime.apart import Apart, LimitExceeded, Unable

MODULE = """
import os, resource, sys, time

def answer(question):
    return {
        b"echo": lambda: b"echo",
        b"environment": lambda: ",".join(sorted(os.environ)).encode(),
        b"spin": spin,
        b"fill": lambda: bytes(10 << 30),
        b"sleep": lambda: time.sleep(15) or b"slept",
        b"write": write,
        b"raise": lambda: {}["nothing"],
        b"limits": lambda: str([resource.getrlimit(each)[0] for each in (
            resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)]).encode(),
    }[question]()

def spin():
    while True:
        pass

def write():
    with open(__file__ + ".written", "wb") as file:
        file.write(b"x" * 10)
        file.flush()
    return b"written"
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    (tmp_path / "worker_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Apart("worker_of_a_test", memory=128 << 20, seconds=1, patience=10.0)


async def test_it_answers(worker):
    assert await worker.ask(b"echo") == b"echo"


async def test_no_variable_of_ours_is_in_its_environment(worker, monkeypatch):
    monkeypatch.setenv("TICK_TOKEN", "secret")
    assert b"TICK_TOKEN" not in await worker.ask(b"environment")


async def test_its_limits_are_set_before_it_sees_the_input(worker):
    assert await worker.ask(b"limits") == str([128 << 20, 1, 0]).encode()


@pytest.mark.parametrize("what", [b"spin", b"fill"])
async def test_what_exceeds_a_limit_ends_and_names_it(worker, what):
    with pytest.raises(LimitExceeded, match="more than 1 s of processor time, or 128 MiB"):
        await worker.ask(what)


async def test_it_is_killed_when_nothing_comes(worker):
    hasty = Apart(worker.module, memory=worker.memory, seconds=1, patience=0.5)
    with pytest.raises(LimitExceeded):
        await hasty.ask(b"sleep")


async def test_it_writes_no_file(worker):
    with pytest.raises(LimitExceeded):
        await worker.ask(b"write")


async def test_input_that_breaks_the_worker_is_the_inputs_fault(worker):
    with pytest.raises(LimitExceeded):
        await worker.ask(b"raise")


async def test_a_module_that_is_not_there_is_not(worker):
    with pytest.raises(Unable):
        await Apart("no.such.module", memory=128 << 20, seconds=1, patience=5.0).ask(b"echo")


async def test_where_no_process_starts_nothing_is_decided(worker, monkeypatch):
    def refused(*_, **__):
        raise OSError(os.strerror(11))

    monkeypatch.setattr(apart.subprocess, "run", refused)
    with pytest.raises(Unable):
        await worker.ask(b"echo")


def test_it_needs_no_folder_that_can_be_written(worker, tmp_path):
    """As on a read-only file system: neither bytecode nor a temporary file is left behind."""
    program = (
        "import asyncio, sys; sys.path[:0] = sys.argv[1:]\n"
        "from triggerfish.runtime.apart import Apart\n"
        "print(asyncio.run(Apart('worker_of_a_test', memory=1 << 27, seconds=1, patience=9.0).ask(b'echo')))"
    )
    before = sorted(tmp_path.rglob("*"))
    for folder in (tmp_path,):
        folder.chmod(0o555)
    paths = [str(tmp_path), *(path for path in sys.path if path)]
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, *paths],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    tmp_path.chmod(0o755)
    assert done.stdout == "b'echo'\n"
    assert sorted(tmp_path.rglob("*")) == before
