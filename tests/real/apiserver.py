"""A real kube-apiserver with its etcd on loopback: TLS, RBAC, ports of their own, gone at the end."""

import base64
import contextlib
import json
import secrets
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.real.binaries import Binaries

START_SECONDS = 60.0


@dataclass(frozen=True)
class ApiServer:
    """Where it is. ``token`` is the administrator's (group ``system:masters``); ``ca`` is PEM."""

    url: str
    ca: str
    token: str
    kubeconfig: Path
    etcd: str


@contextlib.contextmanager
def running(binaries: Binaries, *, controllers: bool = False, plugins: str = "") -> Iterator[ApiServer]:
    """One cluster; ``controllers``: also garbage collection and token Secrets, by kube-controller-manager.

    ``plugins``: admission plugins that are on besides those that always are.
    """
    with tempfile.TemporaryDirectory(prefix="triggerfish-real-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        store, peer, port = free_ports(3)
        stack.enter_context(process(folder, "etcd", etcd(binaries, folder, store, peer)))
        _keys(folder)
        token = secrets.token_hex(16)
        (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
        server = ApiServer(
            f"https://127.0.0.1:{port}",
            (folder / "ca.pem").read_text(),
            token,
            folder / "kubeconfig",
            f"http://127.0.0.1:{store}",
        )
        server.kubeconfig.write_text(kubeconfig(server, token))
        apiserver = stack.enter_context(
            process(folder, "kube-apiserver", command(binaries, folder, store, port, plugins))
        )
        wait_until_ready(server, apiserver, folder)
        if controllers:
            stack.enter_context(process(folder, "controllers", manager(binaries, folder)))
        yield server


def etcd(binaries: Binaries, folder: Path, port: int, peer: int) -> list[str]:
    url, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    return [
        str(binaries.etcd),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        # A test's cluster need not survive a power cut.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def command(binaries: Binaries, folder: Path, store: int, port: int, plugins: str) -> list[str]:
    return [
        str(binaries.apiserver),
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--cert-dir={folder}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        *([f"--enable-admission-plugins={plugins}"] if plugins else []),
        "--profiling=false",
        "-v=0",
    ]


def manager(binaries: Binaries, folder: Path) -> list[str]:
    assert binaries.controller_manager, "no kube-controller-manager in KUBEBUILDER_ASSETS"
    return [
        str(binaries.controller_manager),
        f"--kubeconfig={folder / 'kubeconfig'}",
        "--controllers=garbage-collector-controller,serviceaccount-token-controller,namespace-controller",
        f"--service-account-private-key-file={folder / 'accounts.key'}",
        "--leader-elect=false",
        "--secure-port=0",
        "-v=0",
    ]


@contextlib.contextmanager
def process(folder: Path, name: str, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as the block lasts; what it says goes to ``<name>.log``."""
    with (folder / f"{name}.log").open("wb") as log:
        running = subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until_ready(server: ApiServer, apiserver: subprocess.Popen[bytes], folder: Path) -> None:
    context = ssl.create_default_context(cadata=server.ca)
    request = urllib.request.Request(
        f"{server.url}/readyz", headers={"Authorization": f"Bearer {server.token}"}
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and apiserver.poll() is None:
        try:
            with urllib.request.urlopen(request, context=context, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)  # it listens long before it is ready: there is nothing to wait on but this
    log = (folder / "kube-apiserver.log").read_text(errors="replace")
    raise RuntimeError(f"kube-apiserver is not ready:\n{log[-3000:]}")


def kubeconfig(server: ApiServer, token: str) -> str:
    """A kubeconfig for that bearer token, as YAML."""
    authority = base64.b64encode(server.ca.encode()).decode()
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "real",
            "clusters": [
                {"name": "real", "cluster": {"server": server.url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": "real", "user": {"token": token}}],
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": "real"}}],
        }
    )


def call(server: ApiServer, method: str, path: str, body: object = None, *, content: str = "") -> dict:
    """One request as the administrator; raises ``HTTPError`` for a refusal."""
    with _opened(server, method, path, body, content or "application/json", seconds=30) as response:
        answer: dict = json.load(response)
        return answer


def events(server: ApiServer, path: str) -> Iterator[dict]:
    """The events of a watch as the administrator, each as it comes, until the server ends it."""
    with _opened(server, "GET", path, None, "application/json", seconds=120) as response:
        yield from map(json.loads, response)


def _opened(
    server: ApiServer, method: str, path: str, body: object, content: str, *, seconds: float
) -> HTTPResponse:
    request = urllib.request.Request(
        server.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {server.token}", "Content-Type": content},
    )
    context = ssl.create_default_context(cadata=server.ca)
    answer: HTTPResponse = urllib.request.urlopen(request, context=context, timeout=seconds)
    return answer


def compact(etcd: str, revision: int) -> None:
    """Let etcd forget what it was before ``revision``."""
    body = json.dumps({"revision": revision, "physical": True}).encode()
    with urllib.request.urlopen(f"{etcd}/v3/kv/compaction", data=body, timeout=10):
        pass


def _keys(folder: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "accounts.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
