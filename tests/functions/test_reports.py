"""The status on the commit with the real functions, the embedded cluster, and a Git host over HTTPS."""

import base64
import http.server
import json
import ssl
import threading
import time
from urllib.parse import urljoin

import pytest
import trustme
from tests.hosts.fake_hosts import FakeHost
from tests.support import functions
from tests.support.events import ARGO, MAY_SUBMIT, SECRET, Place

from triggerfish.hosts.api.values import HostRequest

SHA = "1a" * 20
REPORT, REPORTED = "triggerfish.dev/report", "triggerfish.dev/reported"
MERGE = "application/merge-patch+json"
PUSH = {
    "ref": "refs/heads/main",
    "before": "0" * 40,
    "after": SHA,
    "repository": {"full_name": "org/app"},
}


class Server:
    """GitHub's API in memory, behind TLS on loopback."""

    def __init__(self, folder):
        self.host, self.calls = FakeHost(), []
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                outer.calls.append((self.command, self.headers.get("authorization")))
                answer = outer.host.answer(
                    HostRequest(self.command, urljoin(outer.url, self.path), json=body)
                )
                self.send_response(answer.status)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_POST = do_GET  # noqa: N815  the library's name

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.close()


@pytest.fixture
def place(embedded, server):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(embedded, None, namespace, token)
    found.clients(github_com=json.dumps({"type": "github", "secret": SECRET, "repositories": ["org/*"]}))
    credential = {"type": "github", "url": server.url, "token": "hush-hush", "repositories": ["org/*"]}
    data = {"ci": base64.b64encode(json.dumps(credential).encode()).decode()}
    path = f"/api/v1/namespaces/{namespace}/secrets"
    assert embedded.request("POST", path, {"metadata": {"name": "triggerfish-hosts"}, "data": data})[0] == 201
    found.template(templates=[{"name": "main", "suspend": {}}])
    found.binding("on-push", "true", "git.sha", annotations={REPORT: "ci/build"})
    return found


def until(check):
    deadline = time.monotonic() + 20
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


def test_from_the_push_to_its_success_on_the_commit(embedded, place, server):
    settings = {
        "KUBECONFIG": str(embedded.kubeconfig),
        "MANAGED_NAMESPACE": place.namespace,
        "REPORTS": "on",
        "HOST_ADDRESSES": "private",
        "HOST_CA": str(server.authority),
        "WORKFLOW_URL": "https://argo.example.com/{namespace}/{name}",
    }
    path = f"{ARGO}/namespaces/{place.namespace}/workflows"
    with functions.start("events", settings) as events, functions.start("cron", settings) as cron:
        place.function = events
        answer = place.github(PUSH)
        assert answer.json["bindings"][0]["report"] == f"ci/build on org/app@{SHA[:12]}", answer.body
        name = answer.json["workflows"][0]
        until(lambda: server.calls)
        assert server.host.latest("org/app", SHA, "ci/build") == ("pending", "waiting to start")

        ended = {"labels": {"workflows.argoproj.io/phase": "Succeeded"}}
        assert embedded.request("PATCH", f"{path}/{name}", {"metadata": ended}, content_type=MERGE)[0] == 200
        # Its time to live is over, and its end is not told yet.
        assert embedded.request("DELETE", f"{path}/{name}")[0] == 200
        assert embedded.request("GET", f"{path}/{name}")[0] == 200
        assert cron.send("POST", "/").json["reports"]["posted"] == {"success": 1}
        assert server.host.latest("org/app", SHA, "ci/build") == ("success", "succeeded")
        newest = server.host.statuses["org/app", SHA][0]
        assert newest["target_url"] == f"https://argo.example.com/{place.namespace}/{name}"
        earlier = {"metadata": {"annotations": {REPORTED: "success 2026-01-01T00:00:00Z"}}}
        assert embedded.request("PATCH", f"{path}/{name}", earlier, content_type=MERGE)[0] == 200
        assert cron.send("POST", "/reports").json["done"] == 1
        assert embedded.request("GET", f"{path}/{name}")[0] == 404
        assert [method for method, _ in server.calls] == ["POST", "POST", "GET"]
        assert {authorization for _, authorization in server.calls} == {"Bearer hush-hush"}
        assert "hush-hush" not in events.log + cron.log


def test_without_the_setting_there_is_no_such_path(embedded):
    with functions.start("cron", {"KUBECONFIG": str(embedded.kubeconfig)}) as cron:
        assert cron.send("POST", "/reports").status == 404
