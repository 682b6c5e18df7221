"""Log lines: whole ones, those of one round of the event loop together, and none lost."""

import asyncio
import json
import logging
import subprocess
import sys

import pytest

from triggerfish.runtime import logs


@pytest.fixture
def writes(monkeypatch):
    """What was written, each write by itself."""
    found = []
    monkeypatch.setattr(logs, "_put", found.append)
    return found


@pytest.fixture
def say():
    handler = logs.StandardOutput()
    handler.setFormatter(logs.Lines())
    return lambda text: handler.handle(logging.makeLogRecord({"msg": text, "levelname": "INFO"}))


def texts(data):
    return [json.loads(line)["message"] for line in data.splitlines()]


async def test_what_one_round_of_the_event_loop_says_is_one_write(writes, say):
    for name in "abc":
        say(name)
    assert writes == []
    await asyncio.sleep(0)
    assert [texts(data) for data in writes] == [["a", "b", "c"]]
    say("d")
    await asyncio.sleep(0)
    assert texts(writes[1]) == ["d"]


def test_without_an_event_loop_each_line_is_written_at_once(writes, say):
    say("a")
    say("b")
    assert [texts(data) for data in writes] == [["a"], ["b"]]


async def test_no_write_is_longer_than_what_a_pipe_takes_in_one_piece(writes, say):
    for _ in range(10):
        say("x" * 1500)
    say("y" * 9000)
    await asyncio.sleep(0)
    assert [len(texts(data)) for data in writes] == [2] * 5 + [1]
    assert all(data.endswith(b"\n") for data in writes)
    assert all(len(data) <= 4096 for data in writes[:-1])


def test_what_waits_is_written_at_the_end_of_the_process():
    program = (
        "import asyncio, logging\n"
        "from triggerfish.runtime import logs\n"
        "logs.configure()\n"
        "async def main():\n"
        "    logging.getLogger('triggerfish.x').info('last words')\n"
        "    raise SystemExit\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert texts(done.stdout) == ["last words"]


async def test_a_reader_that_has_gone_away_is_no_error(monkeypatch, say):
    def gone(_):
        raise BrokenPipeError

    monkeypatch.setattr(logs, "_put", gone)
    say("a")
    await asyncio.sleep(0)
