"""A host over HTTPS on loopback: it answers as its description says, and notes what that does not allow."""

import contextlib
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
import trustme
import yaml

from triggerfish.hosts.api.values import HostRequest, HostResponse

DESCRIPTIONS = Path(__file__).parent / "descriptions"
_patience = 30.0


@dataclass
class Operation:
    """One method of one path, as a description has it."""

    path: str
    method: str
    described: dict[str, Any]
    base: str = ""

    @property
    def pattern(self) -> str:
        parts = re.split(r"\{[^}]+\}", self.base + self.path)
        return "([^/?]+)".join(map(re.escape, parts))

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


class Described:
    """The description of a host: ``wrong`` has what a request or an answer does against it."""

    def __init__(self, host: str) -> None:
        file = next(DESCRIPTIONS.glob(f"{host}.*"))
        # JSON is YAML, but its own reader is a hundred times as fast.
        text = file.read_text("utf-8")
        found = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
        base = found.get("base", "/api/v3" if host == "github" else "")
        self.operations = [
            Operation(path, method, described, base)
            for path, methods in found["paths"].items()
            for method, described in methods.items()
        ]
        self.wrong: list[str] = []
        self.asked: list[str] = []

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation of a request; the one with the fewest parameters in its path comes first."""
        fitting = [
            each
            for each in self.operations
            if each.method == method.lower() and re.fullmatch(each.pattern, path)
        ]
        return min(fitting, key=lambda each: each.path.count("{"), default=None)

    def check(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Operation | None:
        """Note what the description does not allow."""
        parts = urlsplit(target)
        found = self.operation(method, parts.path)
        if found is None:
            self.wrong.append(f"no such operation: {method} {parts.path}")
            return None
        self.asked.append(found.name)
        self._query(found, parse_qsl(parts.query, keep_blank_values=True))
        self._body(found, body, headers)
        if "authorization" not in headers or "user-agent" not in headers:
            self.wrong.append(f"{found.name}: no authorization or no user agent")
        return found

    def _query(self, operation: Operation, given: list[tuple[str, str]]) -> None:
        declared = {
            each["name"]: each for each in operation.described.get("parameters", []) if each["in"] == "query"
        }
        for name, value in given:
            if name not in declared:
                self.wrong.append(f"{operation.name}: no such parameter: {name}")
                continue
            schema = declared[name].get("schema", {})
            typed = _typed(value, schema.get("type"))
            self._valid(f"{operation.name}: parameter {name}", typed, schema)
        for name, each in declared.items():
            if each.get("required") and name not in dict(given):
                self.wrong.append(f"{operation.name}: parameter {name} is missing")

    def _body(self, operation: Operation, body: bytes, headers: dict[str, str]) -> None:
        schema = operation.described.get("body")
        if not body:
            if schema and schema.get("required"):
                self.wrong.append(f"{operation.name}: no body")
            return
        if schema is None:
            self.wrong.append(f"{operation.name}: it takes no body")
            return
        if headers.get("content-type") != "application/json":
            self.wrong.append(f"{operation.name}: the body is not said to be JSON")
        value = json.loads(body)
        self._valid(f"{operation.name}: body", value, schema)
        self.wrong += [f"{operation.name}: no such field: {name}" for name in _undescribed(value, schema)]

    def answer(self, operation: Operation, value: Any) -> None:
        """Note where an answer is not one of the operation's."""
        if operation.described.get("answer"):
            self._valid(f"{operation.name}: answer", value, operation.described["answer"])

    def _valid(self, where: str, value: Any, schema: dict[str, Any]) -> None:
        for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
            self.wrong.append(f"{where}: {error.json_path}: {error.message[:200]}")


def _undescribed(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The fields, at any depth, that the description does not have."""
    if isinstance(value, list):
        for each in value:
            yield from _undescribed(each, schema.get("items", {}), f"{path}[]")
    if isinstance(value, dict):
        described = schema.get("properties")
        for name, each in value.items():
            where = f"{path}.{name}".lstrip(".")
            if described is not None and name not in described:
                yield where
            elif described is not None:
                yield from _undescribed(each, described[name], where)


def _typed(value: str, kind: Any) -> Any:
    """What a text of a query stands for."""
    if kind == "integer" and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


@dataclass
class Fault:
    """An answer instead of the host's own; ``seconds``: it waits that long before."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Served:
    """A running host: ``faults`` come first, one for each request; ``requests`` are ``METHOD target``."""

    base: str
    authority: str
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


Answer = Callable[[str, str, dict[str, str], bytes], HostResponse]


@contextlib.contextmanager
def serving(answer: Answer, folder: Path) -> Iterator[Served]:
    """The host on a free port, while the block runs; its authority's certificate is in the folder."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    path = folder / "hosts-ca.pem"
    authority.cert_pem.write_to_path(str(path))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _patience

        def handle_any(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            served.requests.append(f"{self.command} {self.path}")
            served.headers.append(headers)
            fault = served.faults.pop(0) if served.faults else None
            if fault and fault.seconds:
                served.closing.wait(fault.seconds)
            if fault and fault.status:
                response = HostResponse(fault.status, fault.headers, json.dumps(fault.body).encode())
            else:
                response = answer(self.command, self.path, headers, body)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            empty = response.status == 204
            self.send_header("Content-Length", "0" if empty else str(len(response.body)))
            self.end_headers()
            if not empty:
                self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Each connection has ended when the server has.
    server.daemon_threads = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    served = Served(f"https://127.0.0.1:{server.server_port}", str(path))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def fake(host: Any) -> Answer:
    """The answers of a ``FakeHost``."""

    def answer(method: str, target: str, headers: dict[str, str], body: bytes) -> HostResponse:
        value = json.loads(body) if body else None
        return host.answer(HostRequest(method, f"https://host.example{target}", json=value))

    return answer


def described(description: Described, values: Callable[[str, str, Any], Any]) -> Answer:
    """The examples of a description, each as ``values(operation, target, example)`` changes it."""

    def answer(method: str, target: str, headers: dict[str, str], body: bytes) -> HostResponse:
        operation = description.check(method, target, headers, body)
        if operation is None:
            return HostResponse(404, {}, b'{"message": "Not Found"}')
        value = values(operation.name, unquote(target), operation.described.get("example"))
        status, more = operation.described["status"], {}
        if isinstance(value, HostResponse):
            return value
        if isinstance(value, tuple):
            value, more = value
        description.answer(operation, value)
        return HostResponse(status, more, b"" if value is None else json.dumps(value).encode())

    return answer
