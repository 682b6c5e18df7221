"""A function under the real Functions Framework, as a subprocess on a free loopback port."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_patience = 30.0

Command = Callable[[int], list[str]]
"""What starts a server on that port."""


@dataclass
class Reply:
    """What a function answered; ``headers`` in lower case."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Function:
    """One running function: ``log`` is all it has printed so far."""

    process: subprocess.Popen
    port: int
    chunks: list = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return "".join(self.chunks)

    def said(self, text) -> bool:
        """Whether the log has this text: an answer may arrive before the line that was written first."""
        with self.heard:
            return self.heard.wait_for(lambda: text in self.log, _patience)

    def send(self, method, path, body=None, headers=None, *, timeout=_patience) -> Reply:
        """One request on a connection of its own; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())


def source_of(name) -> Path:
    return ROOT / "functions" / name / "main.py"


def inherited(environment, package=None) -> dict[str, str]:
    """Those settings, and what a process needs besides."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    path = str(package or ROOT / "shared")
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "WORKERS": "1", **environment}


def run(name, environment) -> subprocess.CompletedProcess:
    """The function with settings that end it."""
    return subprocess.run(
        _command(name, source_of(name), _free_port()),
        env=inherited(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_patience,
        check=False,
    )


def _command(name, source, port) -> list[str]:
    command = [sys.executable, "-m", "functions_framework", "--target", name]
    return [*command, "--source", str(source), "--host", "127.0.0.1", "--port", str(port)]


@contextlib.contextmanager
def start(
    name, environment, source=None, package=None, port=None, command: Command | None = None
) -> Iterator[Function]:
    """``launched``, and ready: /healthz answers."""
    with launched(name, environment, source, package, port, command) as function:
        _wait_until_ready(function)
        yield function


@contextlib.contextmanager
def launched(
    name, environment, source=None, package=None, port=None, command: Command | None = None
) -> Iterator[Function]:
    """functions/``name``/main.py with those settings; perhaps not ready yet, stopped at the end.

    ``source``: another file that has the function. ``package``: a folder that `make package` built, in place
    of this checkout. ``port``: that of one that was stopped. ``command`` starts another server.
    """
    port = port or _free_port()
    file = source or (package / "main.py" if package else source_of(name))
    process = subprocess.Popen(
        command(port) if command else _command(name, file, port),
        env=inherited(environment, package),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    function = Function(process, port)
    reader = threading.Thread(target=_read, args=(function,), daemon=True)
    reader.start()
    try:
        yield function
    finally:
        process.terminate()
        try:
            process.wait(_patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(_patience)
        process.stdout.close()


def _read(function):
    for line in function.process.stdout:
        with function.heard:
            function.chunks.append(line)
            function.heard.notify_all()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(function):
    end = time.monotonic() + _patience
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if function.send("GET", "/healthz", timeout=5).status == 200:
                return
        if function.process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the function did not get ready:\n{function.log}")
        time.sleep(0.05)
