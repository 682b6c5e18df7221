"""One process that is a cluster: puts the parts together, serves, stops."""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import errno
import fcntl
import gc
import os
import shlex
import signal
import socket
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import uvicorn
import uvloop
import yaml

from triggerfish_laptop.cluster import bootstrap, certificates
from triggerfish_laptop.cluster.app import ApiServer
from triggerfish_laptop.cluster.authentication import TokenReader
from triggerfish_laptop.cluster.clock import MachineClock, OwnClock, WaitableClock, moment
from triggerfish_laptop.cluster.controller import SimulatedController
from triggerfish_laptop.cluster.escalation import Escalation
from triggerfish_laptop.cluster.lifecycle import Lifecycle
from triggerfish_laptop.cluster.rbac import Authorizer
from triggerfish_laptop.cluster.reading import WatchStreams
from triggerfish_laptop.cluster.registry import Registry
from triggerfish_laptop.cluster.reviews import Reviewer
from triggerfish_laptop.cluster.status import StatusError
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.tokens import Keys
from triggerfish_laptop.files import checkout

CRDS = checkout() / "infra" / "crds"
CONTEXT = "triggerfish"
_stop_within = 1
# Primary result codes: https://sqlite.org/rescode.html
_full = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_no_room = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  the program that started it reads these lines


def _uid() -> str:
    return str(uuid.uuid4())


class WatchedServer(uvicorn.Server):
    """Uvicorn that says when it serves, and ends open watches when it shall stop."""

    def __init__(self, config: uvicorn.Config, watches: WatchStreams, line: str) -> None:
        super().__init__(config)
        self._watches, self._line = watches, line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say so."""
        await super().startup(sockets)
        _say(self._line)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; an open watch would else hold it up."""
        self._watches.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT are the ordinary way to stop: exit code 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def kubeconfig(url: str, ca: bytes, token: str) -> str:
    """The administrator's kubeconfig, CA inlined."""
    authority = base64.b64encode(ca).decode()
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [
                {"name": CONTEXT, "cluster": {"server": url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": CONTEXT, "user": {"token": token}}],
            "contexts": [
                {"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": "default"}}
            ],
        },
        sort_keys=False,
    )


def bind(host: str, port: int) -> socket.socket:
    """The socket to serve on; ``SystemExit`` with one line when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise SystemExit(
                f"Port {port} on {host} is taken. Stop what uses it, or choose another port: --port N"
            ) from error
        raise SystemExit(f"Cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def lock(state: Path) -> TextIO:
    """Keep the state folder to this process while the file is open; ``SystemExit`` when it is in use."""
    held = (state / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise SystemExit(
            f"The state folder {state} is in use by another embedded cluster. "
            "Stop that one, or choose another folder: --state DIR"
        ) from error
    return held


@contextlib.contextmanager
def readable(state: Path) -> Iterator[None]:
    """What is read meanwhile is the state that an earlier run left; ``SystemExit`` when it cannot be."""
    try:
        yield
    except (sqlite3.Error, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        problem = "; ".join(str(error).splitlines()) or type(error).__name__
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _full or (isinstance(error, OSError) and error.errno in _no_room):
            raise SystemExit(
                f"The state folder {state} cannot be written ({problem}). Make room on its disk."
            ) from None
        raise SystemExit(
            f"The state folder {state} has a state that cannot be read ({problem}). To start with an empty "
            f"cluster, remove it: `make clean`, or rm -r {shlex.quote(str(state))}"
        ) from None


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "triggerfish_laptop.cluster", description="A small Kubernetes API for one laptop."
    )
    parser.add_argument("--state", type=Path, required=True, help="folder of the state and the kubeconfig")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--no-controller", action="store_true", help="leave Workflows alone")
    parser.add_argument(
        "--workflow-seconds", type=float, default=3.0, help="how long a simulated Workflow runs"
    )
    parser.add_argument(
        "--history", type=int, default=10_000, help="changes kept of each resource, for watches and paging"
    )
    parser.add_argument("--at", type=_moment, help="what time it is, with its zone: 2026-10-25T00:50Z")
    parser.add_argument("--speed", type=_speed, help="seconds that pass in one; 0: none by themselves")
    parser.add_argument("--fresh", action="store_true", help="delete what is stored, and start empty")
    parser.add_argument("--hold", action="store_true", help="it stands until POST /clock moves its bound")
    return parser.parse_args(given)


def _moment(text: str) -> datetime:
    try:
        return moment(text)
    except StatusError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 <= speed <= 86_400:
        raise argparse.ArgumentTypeError("it is from 0 to 86400")
    return speed


def _clock(arguments: argparse.Namespace) -> WaitableClock:
    if arguments.at is None and arguments.speed is None and not arguments.hold:
        return MachineClock()
    at = arguments.at or MachineClock().now()
    speed = 1.0 if arguments.speed is None else arguments.speed
    return OwnClock(at, speed, time.monotonic, bound=at if arguments.hold else None)


def _database(state: Path, clock: WaitableClock, *, fresh: bool) -> Path:
    """Open what is stored; a cluster with a clock of its own starts empty, and leaves the ordinary one alone.

    Objects of another time would be of the future, or long overdue.
    """
    own = isinstance(clock, OwnClock)
    path = state / ("clock.sqlite" if own else "cluster.sqlite")
    if own or fresh:
        for left in state.glob(f"{path.name}*"):
            left.unlink()
    return path


async def serve(arguments: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT; the state folder is there."""
    state: Path = arguments.state
    bound = bind(arguments.host, arguments.port)
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    url = f"https://{host}:{bound.getsockname()[1]}"
    clock = _clock(arguments)
    with readable(state):
        tls = certificates.context(state, arguments.host)
        ca = (state / "ca.crt").read_bytes()
        store = ObjectStore(_database(state, clock, fresh=arguments.fresh), history=arguments.history)
        keys = Keys.of(store)
        registry = Registry(bootstrap.FIXED)
        lifecycle = Lifecycle(store, registry, keys, ca, clock.now, _uid)
        authorizer = Authorizer(store)
        watches = WatchStreams(store)
        lifecycle.ended = watches.end
        bootstrap.fill(store, registry, CRDS, clock.now, _uid)
        store.settle()
        path = state / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(kubeconfig(url, ca, keys.admin))
    authenticator = TokenReader(store, keys, time.time)
    api = ApiServer(
        store,
        registry,
        authenticator,
        authorizer,
        Escalation(authorizer),
        Reviewer(store, keys, authenticator, authorizer),
        watches,
        url.removeprefix("https://"),
        clock,
        time.monotonic,
        MachineClock().now,
    )
    config = uvicorn.Config(
        api.application(),
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        # Uvicorn's own is up to a second old, and ticks go by the server's clock.
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=180,
        timeout_graceful_shutdown=_stop_within,
        backlog=1024,
    )
    config.load()
    config.ssl = tls
    store.loop = asyncio.get_running_loop()
    # What is stored are trees without cycles: to look through them for garbage costs a fifth of a create.
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    tasks = []
    if not arguments.no_controller:
        tasks.append(SimulatedController(store, registry, arguments.workflow_seconds, clock, _say).start())
    try:
        await WatchedServer(config, watches, f"ready {url}").serve([bound])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        store.loop = None
        store.close()


def main(given: list[str] | None = None) -> None:
    """The program."""
    arguments = _arguments(given)
    if sys.platform == "win32":
        raise SystemExit("The embedded cluster needs Linux, macOS or WSL.")
    os.umask(0o077)
    with readable(arguments.state):
        arguments.state.mkdir(parents=True, exist_ok=True)
    with lock(arguments.state):
        uvloop.run(serve(arguments))
