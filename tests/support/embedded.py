"""The embedded cluster as a subprocess, for tests that talk to it over HTTPS."""

import contextlib
import http.client
import json
import os
import queue
import secrets
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / "infra" / "laptop"
_patience = 30.0
_idle_seconds = 30.0


@dataclass
class Embedded:
    """One running cluster. ``request`` is synchronous; ``lines`` collects what it prints."""

    process: subprocess.Popen
    state: Path
    url: str
    lines: queue.Queue = field(default_factory=queue.Queue)
    _connections: threading.local = field(default_factory=threading.local)
    _all: list = field(default_factory=list)

    @property
    def ca(self) -> Path:
        return self.state / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @cached_property
    def token(self) -> str:
        """The administrator's."""
        return yaml.safe_load(self.kubeconfig.read_text())["users"][0]["user"]["token"]

    @cached_property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    def request(
        self,
        method,
        path,
        body=None,
        *,
        token=None,
        content_type="application/json",
        query=None,
        headers=None,
    ):
        """(status, JSON of the answer). Without ``token`` as the administrator; ``token=""`` sends none."""
        status, _, data = self.raw(
            method, path, body, token=token, content_type=content_type, query=query, headers=headers
        )
        return status, json.loads(data) if data else None

    def raw(
        self,
        method,
        path,
        body=None,
        *,
        token=None,
        content_type="application/json",
        query=None,
        headers=None,
    ):
        """(status, headers in lower case, body as bytes); a body that is not bytes is sent as JSON."""
        sent = {"Content-Type": content_type, "User-Agent": "tests/1", **(headers or {})}
        token = self.token if token is None else token
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        target = f"{path}?{urlencode(query)}" if query else path
        connection = self._connection()
        try:
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        except (http.client.HTTPException, OSError):
            connection.close()
            del self._connections.open
            raise

    def _connection(self):
        # The server closes what idles for minutes, and a request sent just then would be lost.
        idle = time.monotonic() - getattr(self._connections, "used", 0.0) > _idle_seconds
        if idle and hasattr(self._connections, "open"):
            self._connections.open.close()
            del self._connections.open
        self._connections.used = time.monotonic()
        if not hasattr(self._connections, "open"):
            where = urlsplit(self.url)
            self._connections.open = http.client.HTTPSConnection(
                where.hostname, where.port, context=self.context, timeout=_patience
            )
            self._all.append(self._connections.open)
        return self._connections.open

    def watch(self, path, query=None, *, token=None, seconds=10):
        """The events of a watch, one by one, until it ends."""
        where = urlsplit(self.url)
        connection = http.client.HTTPSConnection(
            where.hostname, where.port, context=self.context, timeout=_patience
        )
        with contextlib.closing(connection):
            asked = urlencode({"watch": "1", "timeoutSeconds": seconds, **(query or {})})
            connection.request(
                "GET", f"{path}?{asked}", headers={"Authorization": f"Bearer {token or self.token}"}
            )
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            while line := answer.readline():
                yield json.loads(line)

    def new_namespace(self) -> str:
        """A namespace of one test's own."""
        name = f"test-{secrets.token_hex(4)}"
        status, answer = self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        assert status == 201, answer
        return name

    def service_account(self, namespace, name, rules=()) -> str:
        """A service account with a Role of these rules; its token."""
        core, rbac = f"/api/v1/namespaces/{namespace}", "rbac.authorization.k8s.io"
        self._made(f"{core}/serviceaccounts", {"metadata": {"name": name}})
        if rules:
            access = f"/apis/{rbac}/v1/namespaces/{namespace}"
            self._made(f"{access}/roles", {"metadata": {"name": name}, "rules": list(rules)})
            self._made(
                f"{access}/rolebindings",
                {
                    "metadata": {"name": name},
                    "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
                    "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
                },
            )
        return self._made(f"{core}/serviceaccounts/{name}/token", {"spec": {}})["status"]["token"]

    def _made(self, path, body):
        status, answer = self.request("POST", path, body)
        assert status == 201, answer
        return answer

    def line(self, containing, *, timeout=_patience):
        """Wait for a line of its output that has this text."""
        while True:
            found = self.lines.get(timeout=timeout)
            assert found is not None, f"the cluster ended before it printed {containing!r}"
            if containing in found:
                return found

    def stop(self, number=signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        for connection in self._all:
            connection.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(_patience)


def command(state: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """How a cluster is started: arguments and environment."""
    environment = {**os.environ, "PYTHONPATH": str(LOCAL)}
    return [
        sys.executable,
        "-m",
        "triggerfish_laptop.cluster",
        "--state",
        str(state),
        *arguments,
    ], environment


@contextlib.contextmanager
def start(state: Path, *arguments: str) -> Iterator[Embedded]:
    """A cluster with its state in a folder; stopped on the way out."""
    words, environment = command(state, *arguments)
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        first = process.stdout.readline()
        assert first.startswith("ready https://"), first or f"it ended with code {process.wait(_patience)}"
        cluster = Embedded(process, state, first.split()[1])
        reader = threading.Thread(target=_collect, args=(process.stdout, cluster.lines), daemon=True)
        reader.start()
        yield cluster
        cluster.stop()
        reader.join(_patience)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(_patience)
        process.stdout.close()


def _collect(stream, lines) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(None)
