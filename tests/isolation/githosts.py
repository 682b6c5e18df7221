"""Git hosts over HTTPS on loopback that answer well, never, without end, or by the megabyte."""

import contextlib
import http.server
import json
import ssl
import threading
import time

import trustme

MEGABYTES = b"[" + b"[]," * 2_600_000 + b"[]]"


def well(_handler):
    """GitHub's answers to a status that is posted and to one that is read back."""
    return json.dumps([]).encode()


def never(handler):
    handler.server.ends.wait(30)
    return b"[]"


def without_end(handler):
    """Eight megabytes in a moment, and then no more of the nine that were promised."""
    handler.send_response(200)
    handler.send_header("content-length", str(9 << 20))
    handler.end_headers()
    handler.wfile.write(b"[" + b" " * (8_300_000))
    handler.wfile.flush()
    handler.server.ends.wait(30)


def by_the_megabyte(_handler):
    return MEGABYTES


def in_circles(handler):
    handler.send_response(307)
    handler.send_header("location", handler.path)
    handler.send_header("content-length", "0")
    handler.end_headers()


class GitHost:
    """Each answer is what ``answer`` returns, or has written itself; ``calls`` are the requests' lines."""

    def __init__(self, folder, authority, answer=well):
        self.answer, self.calls = answer, []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.calls.append((time.monotonic(), self.command, self.path))
                with contextlib.suppress(OSError):
                    body = outer.answer(self)
                    if body is not None:
                        self.send_response(201 if self.command == "POST" else 200)
                        self.send_header("content-length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)

            do_POST = do_GET  # noqa: N815  the library's name

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            ends = threading.Event()

            def get_request(self):
                # The handshake is the connection's own thread's.
                sock, address = self.socket.accept()
                return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.ends.set()
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def hosts(folder):
    """The file of their authority, and what makes one."""
    authority, made = trustme.CA(), []
    path = folder / "hosts.pem"
    authority.cert_pem.write_to_path(str(path))

    def new(answer=well):
        made.append(GitHost(folder, authority, answer))
        return made[-1]

    try:
        yield path, new
    finally:
        for each in made:
            each.close()
