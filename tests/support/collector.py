"""A collector of OpenTelemetry's traces on loopback: OTLP over HTTP, as its exporters send it."""

import contextlib
import gzip
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_patience = 30.0


@dataclass
class CollectedSpan:
    """One span as it arrived; ids in hexadecimal digits."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    failed: bool
    facts: dict


@dataclass
class Collector:
    """``spans`` are all that arrived so far; ``held`` keeps every answer back while it is set."""

    url: str = ""
    spans: list[CollectedSpan] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)
    asked: int = 0

    def until(self, name, count=1, **facts) -> list[CollectedSpan]:
        """The spans of that name and with these attributes, once there are so many."""

        def found():
            return [
                span
                for span in self.spans
                if span.name == name
                and all(span.facts.get(f"triggerfish.{key}") == value for key, value in facts.items())
            ]

        with self.heard:
            assert self.heard.wait_for(lambda: len(found()) >= count, _patience), self.spans
            return found()

    def until_asked(self) -> None:
        """Wait for the first request, whatever is in it."""
        with self.heard:
            assert self.heard.wait_for(lambda: self.asked, _patience)

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self.heard:
            for resource in request.resource_spans:
                about = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    self.spans += [_read(span, about["service.name"]) for span in scope.spans]
            self.heard.notify_all()


def _read(span, service) -> CollectedSpan:
    facts = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
    return CollectedSpan(
        span.name,
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.status.code == 2,
        facts,
    )


@contextlib.contextmanager
def collecting(*, silent: threading.Event | None = None) -> Iterator[Collector]:
    """A collector; ``silent``: it takes requests and answers none until that is set."""
    collector = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            with collector.heard:
                collector.asked += 1
                collector.heard.notify_all()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if silent is not None:
                silent.wait(_patience)
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.take(body)
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        if silent is not None:
            silent.set()
        server.shutdown()
        thread.join()
        server.server_close()
