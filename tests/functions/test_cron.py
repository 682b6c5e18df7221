"""The cron function over HTTP, through the real Functions Framework, against the embedded cluster."""

import http.server
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support import functions

CRONS = "/apis/argoproj.io/v1alpha1/namespaces/{}/cronworkflows"
WORKFLOWS = "/apis/argoproj.io/v1alpha1/namespaces/{}/workflows"


def cron(name="test-cron-wf", **spec):
    given = {
        "schedules": ["@every 1s"],
        "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
    } | spec
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name},
        "spec": given,
    }


@pytest.fixture
def namespace(embedded):
    """A namespace of this test's own."""
    return embedded.new_namespace()


@pytest.fixture
def cron_function(embedded, own, namespace):
    """The cron function, for the test's own namespace."""
    settings = {"KUBECONFIG": own("cron"), "MANAGED_NAMESPACE": namespace}
    with functions.start("cron", settings) as function:
        yield function


@pytest.fixture
def api(embedded, namespace):
    """The namespace's CronWorkflows and Workflows."""
    return Api(embedded, namespace)


class Api:
    def __init__(self, embedded, namespace):
        self.embedded, self.namespace = embedded, namespace

    def apply(self, manifest):
        status, answer = self.embedded.request("POST", CRONS.format(self.namespace), manifest)
        assert status == 201, answer
        return answer

    def cron(self, name):
        status, answer = self.embedded.request("GET", f"{CRONS.format(self.namespace)}/{name}")
        assert status == 200, answer
        return answer

    def children(self, name):
        status, answer = self.embedded.request(
            "GET",
            WORKFLOWS.format(self.namespace),
            query={"labelSelector": f"workflows.argoproj.io/cron-workflow={name}"},
        )
        assert status == 200, answer
        return answer["items"]


def tick_until(cron_function, created, patience=20):
    """Ticks, until they have created that many: slots of ``@every 1s`` follow the API server's clock."""
    end, made = time.monotonic() + patience, 0
    while True:
        reply = cron_function.send("POST", "/")
        assert reply.status == 200, (reply.body, cron_function.log)
        made += reply.json["created"]
        if made >= created:
            return reply
        assert time.monotonic() < end, cron_function.log
        time.sleep(0.2)


def test_a_due_slot_becomes_one_child_with_all_that_argo_would_set(api, cron_function):
    made = api.apply(cron(workflowMetadata={"labels": {"from": "cron"}}, concurrencyPolicy="Forbid"))
    tick_until(cron_function, 1)
    [child] = api.children("test-cron-wf")
    metadata = child["metadata"]
    slot = metadata["annotations"]["workflows.argoproj.io/scheduled-time"]
    assert metadata["labels"]["from"] == "cron"
    assert metadata["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
    assert child["spec"] == made["spec"]["workflowSpec"]
    status = api.cron("test-cron-wf")["status"]
    assert status["lastScheduledTime"] == slot
    assert status["active"][0]["uid"] == metadata["uid"]


def test_ten_ticks_at_once_make_one_child_a_slot(api, cron_function):
    api.apply(cron(schedules=["@every 1s"]))
    tick_until(cron_function, 1)
    before = len(api.children("test-cron-wf"))
    time.sleep(1.5)
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: cron_function.send("POST", "/"), range(10)))
    assert {reply.status for reply in replies} == {200}, [reply.body for reply in replies]
    names = [child["metadata"]["name"] for child in api.children("test-cron-wf")]
    assert len(names) > before
    assert sum(reply.json["created"] for reply in replies) == len(names) - before


def test_a_ticks_answer_says_which_zones_it_has(cron_function):
    assert cron_function.send("POST", "/").json["zones"] >= "2026f"


def test_a_bad_schedule_is_named_and_its_neighbour_runs(api, cron_function):
    api.apply(cron("bad", schedules=["61 * * * *"]))
    api.apply(cron("good"))
    tick_until(cron_function, 1)
    [condition] = api.cron("bad")["status"]["conditions"]
    assert condition["type"] == "SpecError"
    assert condition["message"].startswith("spec.schedules[0]: ")
    assert "0–59" in condition["message"]
    assert api.children("good")
    assert not api.children("bad")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        pytest.param("GET", "/", 405, 12, id="the tick is a POST"),
        pytest.param("POST", "/healthz", 405, 12, id="healthz is a GET"),
        pytest.param("POST", "/elsewhere", 404, 5, id="an unknown path"),
        pytest.param("POST", "/?shard=3/2", 400, 3, id="a shard that is not one"),
    ],
)
def test_what_is_not_the_tick_is_refused_in_json(cron_function, method, path, status, code):
    reply = cron_function.send(method, path)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.json["message"]
    assert ("allow" in reply.headers) is (status == 405)


def test_healthz_answers_before_anything_is_opened(cron_function):
    assert cron_function.send("GET", "/healthz").json == {"status": "ok"}


class Listener:
    """A server that notes what it is asked."""

    def __init__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_metrics_and_a_heartbeat_tell_a_quiet_tick_from_none(embedded, namespace, api):
    with Listener() as outside:
        settings = {
            "KUBECONFIG": str(embedded.kubeconfig),
            "MANAGED_NAMESPACE": namespace,
            "METRICS": "on",
            "HEARTBEAT_URL": f"http://127.0.0.1:{outside.server.server_port}/hush-beat",
        }
        with functions.start("cron", settings) as function:
            assert b"triggerfish_ticks_total{" not in function.send("GET", "/metrics").body
            assert function.send("POST", "/").json["due"] == 0
            assert outside.asked == ["/hush-beat"]
            api.apply(cron())
            tick_until(function, 1)
            text = function.send("GET", "/metrics").body.decode()
        assert "hush-beat" not in function.log
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values['triggerfish_ticks_total{result="complete"}']) >= 2
    assert float(values["triggerfish_workflows_created_total"]) >= 1
    shard, asked = '{shard="1/1"}', '{code="201",identity="function",resource="workflows",verb="create"}'
    assert float(values[f"triggerfish_last_complete_tick_timestamp_seconds{shard}"]) > time.time() - 60
    assert float(values[f"triggerfish_next_due_slot_timestamp_seconds{shard}"]) > time.time() - 60
    assert float(values[f"triggerfish_api_calls_total{asked}"]) >= 1


def test_without_the_setting_there_are_no_metrics(cron_function):
    assert cron_function.send("GET", "/metrics").status == 404


def test_shadow_writes_nothing_and_says_what_would_differ(embedded, namespace, api):
    made = api.apply(cron(schedules=["@every 1s"]))
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "MANAGED_NAMESPACE": namespace, "MODE": "shadow"}
    with functions.start("cron", settings) as function:
        reply = function.send("POST", "/")
        assert (reply.status, reply.json["created"]) == (200, 0)
    assert api.children("test-cron-wf") == []
    assert api.cron("test-cron-wf")["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
