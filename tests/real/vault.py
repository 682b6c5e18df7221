"""A real Vault on loopback: TLS, storage in memory, its engines and auth methods as a test mounts them."""

import contextlib
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from tests.real import tools
from tests.real.apiserver import free_ports

START_SECONDS = 60.0


@dataclass(frozen=True)
class Vault:
    """Where it is. ``token`` is root's; ``unseal`` opens it once it is sealed; ``ca`` is a file of PEM."""

    url: str
    ca: Path
    token: str
    unseal: str
    process: subprocess.Popen[str]

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request as root; raises ``HTTPError`` for a refusal."""
        return self.call_as(self.token, method, path, body)

    def call_as(self, token: str, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The same with another token."""
        request = urllib.request.Request(
            f"{self.url}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": token, "Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cafile=str(self.ca))
        with urllib.request.urlopen(request, context=context, timeout=30) as response:
            answer: dict[str, Any] = json.loads(response.read() or b"{}")
            return answer

    def mount(self, path: str, *, version: int) -> None:
        """A key-value engine, once it can be written: making version 2 takes a moment."""
        self.call("POST", f"sys/mounts/{path}", {"type": "kv", "options": {"version": str(version)}})
        probe = f"{path}/data/probe" if version == 2 else f"{path}/probe"
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.call("POST", probe, {"data": {"ready": "yes"}})
                return
            except urllib.error.HTTPError as error:
                if error.code != 400 or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)  # a start-up, no test: Vault tells nobody when it is done

    def login_role(self, name: str, **more: object) -> None:
        """A role of the Kubernetes auth method; see Vault's API for its fields."""
        self.call("POST", f"auth/kubernetes/role/{name}", more)

    def issued(self, policy: str, **more: object) -> str:
        """A token with that policy."""
        made = self.call("POST", "auth/token/create", {"policies": [policy], "no_parent": True, **more})
        return str(made["auth"]["client_token"])

    def until_ended(self, token: str) -> None:
        """Wait until Vault does not know this token any more."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.call_as(token, "GET", "auth/token/lookup-self")
            except urllib.error.HTTPError as error:
                if error.code != 403:
                    raise
                return
            assert time.monotonic() < deadline, "the token does not end"
            time.sleep(0.1)  # its time is the event


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Vault]:
    """Vault, unsealed; a test without Go is skipped and says so."""
    program = tools.VAULT.path()
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    ca, chain, key = folder / "ca.pem", folder / "vault.pem", folder / "vault.key"
    authority.cert_pem.write_to_path(str(ca))
    certificate.cert_chain_pems[0].write_to_path(str(chain))
    certificate.private_key_pem.write_to_path(str(key))
    (port,) = free_ports(1)
    command = [program, f"--listen=127.0.0.1:{port}", f"--cert={chain}", f"--key={key}"]
    log = folder / "vault.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True)
    try:
        assert process.stdout is not None
        # It prints the line once it listens.
        line = process.stdout.readline()
        assert line, f"Vault did not start:\n{log.read_text()[-3000:]}"
        yield Vault(f"https://127.0.0.1:{port}", ca, process=process, **json.loads(line))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
