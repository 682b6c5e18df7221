"""Between a function and the embedded cluster: moves the clock that the function sees, and holds calls."""

import contextlib
import http.server
import threading
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import yaml


class Front:
    """Forwards every request as the administrator. ``ahead`` is added to the ``Date`` of each answer.

    While ``holding`` names a method and a part of the path, such requests wait and are lost; ``held`` is set
    when one waits. ``after_create`` is what is held once something was created.
    """

    def __init__(self, embedded):
        self.embedded, self.ahead = embedded, timedelta(0)
        self.holding = self.after_create = None
        self.held, self.let_go = threading.Event(), threading.Event()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                front._forward(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = forward  # noqa: N815  http.server's names

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def _forward(self, asked):
        body = asked.rfile.read(int(asked.headers.get("content-length") or 0)) or None
        if self.holding and asked.command == self.holding[0] and self.holding[1] in asked.path:
            self.held.set()
            self.let_go.wait(30)
            asked.close_connection = True
            return
        status, headers, data = self.embedded.raw(
            asked.command,
            asked.path,
            body,
            content_type=asked.headers.get("content-type", "application/json"),
            headers={"Accept": asked.headers.get("accept", "application/json")},
        )
        if asked.command == "POST" and status == 201 and self.after_create:
            self.holding, self.after_create = self.after_create, None
        date = parsedate_to_datetime(headers["date"]) + self.ahead
        asked.send_response_only(status)
        asked.send_header("Date", format_datetime(date, usegmt=True))
        asked.send_header("Content-Type", headers.get("content-type", "application/json"))
        asked.send_header("Content-Length", str(len(data)))
        asked.end_headers()
        with contextlib.suppress(OSError):
            asked.wfile.write(data)

    def kubeconfig(self, folder):
        """A kubeconfig that leads here."""
        path = folder / "front.yaml"
        url = f"http://127.0.0.1:{self.server.server_port}"
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "front", "cluster": {"server": url}}],
                    "users": [{"name": "front", "user": {}}],
                    "contexts": [{"name": "front", "context": {"cluster": "front", "user": "front"}}],
                    "current-context": "front",
                }
            )
        )
        return path

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.let_go.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
