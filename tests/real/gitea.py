"""Gitea, built by Go once into the cache folder, and one that runs on loopback while tests need it."""

import base64
import contextlib
import getpass
import json
import os
import secrets
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.real.apiserver import free_ports, process
from tests.real.golang import Unavailable, cache_folder, go, is_there

VERSION = "v1.25.4"
MODULE = "code.gitea.io/gitea"
# It reads these from beside the program, so they are kept with it.
STATIC = ("options", "public", "templates")
START_SECONDS = 60.0
_SETTINGS = """\
APP_NAME = Gitea of a test
RUN_USER = {user}
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
PROTOCOL = https
CERT_FILE = {folder}/server.pem
KEY_FILE = {folder}/server.key
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
DOMAIN = 127.0.0.1
ROOT_URL = {url}/
STATIC_ROOT_PATH = {static}
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
[repository]
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
# A test's passwords protect nothing.
PASSWORD_HASH_ALGO = pbkdf2$1$50
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = loopback
DELIVER_TIMEOUT = 60
[indexer]
ISSUE_INDEXER_TYPE = db
[actions]
ENABLED = false
[log]
MODE = console
LEVEL = Warn
"""


def find(environment: Mapping[str, str]) -> Path:
    """The program, built first when need be; what it reads lies beside it. Raises ``Unavailable``."""
    program = cache_folder(environment) / f"gitea-{VERSION}" / "gitea"
    if not program.is_file():
        if not is_there(environment):
            raise Unavailable(
                "Gitea needs Go, which builds it once (about 5 minutes), or what it built before."
            )
        build(program, environment)
    return program


def build(program: Path, environment: Mapping[str, str]) -> None:
    """Build it, and copy what it reads from the module."""
    print(f"Building {program} (once) …", file=sys.stderr, flush=True)
    folder = program.parent
    folder.mkdir(parents=True, exist_ok=True)
    half = program.with_name(".gitea.half")
    flags = ("-tags", "sqlite sqlite_unlock_notify", "-ldflags", f"-s -w -X main.Version={VERSION[1:]}")
    go("gitea", "build", *flags, "-o", str(half), MODULE, folder=folder, environment=environment)
    where = go("gitea", "list", "-m", "-f", "{{.Dir}}", MODULE, folder=folder, environment=environment)
    for name in STATIC:
        # Without the modes of the files: those of the module cache are read-only.
        source, target = Path(where.strip()) / name, folder / name
        shutil.copytree(source, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for each in (target, *(path for path in target.rglob("*") if path.is_dir())):
            each.chmod(0o755)
    half.replace(program)


@dataclass(frozen=True)
class Person:
    """A user of Gitea; ``token`` may do all that the user may."""

    name: str
    token: str
    password: str = ""


@dataclass(frozen=True)
class Gitea:
    """A running one: ``url`` is its HTTPS address on loopback, ``ca`` the file with its authority."""

    url: str
    ca: Path
    admin: Person

    def call(self, method: str, path: str, body: object = None, *, by: Person | None = None) -> Any:
        """What its API answers to ``by`` (the administrator); raises ``HTTPError`` for a refusal."""
        return self._call(method, path, body, f"token {(by or self.admin).token}")

    def _call(self, method: str, path: str, body: object, authorization: str) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": authorization, "Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            error.add_note(f"{method} {path}: {error.read().decode(errors='replace')}")
            raise
        return json.loads(text) if text else None

    def person(self, name: str) -> Person:
        """A new user."""
        password = secrets.token_hex(8)
        account = {"username": name, "email": f"{name}@example.com", "password": password}
        self.call("POST", "/admin/users", {**account, "must_change_password": False})
        return Person(name, self.token(name, password, "all"), password)

    def token(self, name: str, password: str, *scopes: str) -> str:
        """A new token of a user, who alone may make one."""
        body = {"name": secrets.token_hex(4), "scopes": list(scopes)}
        basic = base64.b64encode(f"{name}:{password}".encode()).decode()
        return str(self._call("POST", f"/users/{name}/tokens", body, f"Basic {basic}")["sha1"])

    def repository(self, owner: Person, name: str) -> str:
        """A new one of ``owner``, with a first commit on ``main``; its full name."""
        body = {"name": name, "auto_init": True, "default_branch": "main"}
        return str(self.call("POST", "/user/repos", body, by=owner)["full_name"])

    def statuses(self, repository: str, sha: str) -> list[dict]:
        """The statuses of a commit, the newest first."""
        found: list[dict] = self.call("GET", f"/repos/{repository}/commits/{sha}/statuses")
        # By their numbers: two of one second come in any order.
        return sorted(found, key=lambda each: each["id"], reverse=True)


@contextlib.contextmanager
def running(program: Path, folder: Path) -> Iterator[Gitea]:
    """A Gitea with an administrator and nothing else, until the block ends."""
    (port,) = free_ports(1)
    url = f"https://127.0.0.1:{port}"
    _keys(folder)
    config = folder / "app.ini"
    values = {"user": getpass.getuser(), "folder": folder, "port": port, "url": url, "static": program.parent}
    config.write_text(_SETTINGS.format(**values))
    command = [str(program), "--work-path", str(folder), "--config", str(config)]
    _done(*command, "migrate")
    account = ("--username", "root", "--email", "root@example.com", "--random-password", "--admin")
    said = _done(*command, "admin", "user", "create", *account, "--access-token")
    token = said.rpartition("Access token was successfully created... ")[2].split()[0]
    server = Gitea(url, folder / "ca.pem", Person("root", token))
    with process(folder, "gitea", [*command, "web"]) as web:
        _wait_until_ready(server, web, folder)
        yield server


def _wait_until_ready(server: Gitea, web: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            server.call("GET", "/version")
            return
        time.sleep(0.1)  # there is nothing to wait on but its answer
    log = (folder / "gitea.log").read_text(errors="replace")
    raise RuntimeError(f"Gitea is not ready:\n{log[-3000:]}")


def _keys(folder: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    certificate.private_key_pem.write_to_path(folder / "server.key")


def _done(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    """One for the whole session: each test has people and repositories of its own there."""
    try:
        program = find(os.environ)
    except Unavailable as error:
        if is_there(os.environ):
            raise
        pytest.skip(str(error))
    with running(program, tmp_path_factory.mktemp("gitea")) as server:
        yield server
