"""The cron function on a cluster whose clock the test moves: a minute passes when it is told to."""

import threading
import time
from contextlib import contextmanager

from tests.isolation.conftest import memory
from tests.support import functions
from tests.support.deployed import bound, kubeconfig
from tests.support.embedded import start

ARGO = "/apis/argoproj.io/v1alpha1"
START = "2026-11-23T12:00:30Z"
TOKEN = "tick-token-of-a-test"
WORKFLOW = {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "busybox"}}]}


def cron(name, *, notes=None, status=None, **spec):
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": name, "annotations": notes or {}},
        "spec": {"schedules": ["* * * * *"], "workflowSpec": WORKFLOW, **spec},
    }
    return body | ({"status": status} if status else {})


class Ticking:
    """The cluster and the function; ``minute`` lets one pass and ticks.

    ``slowest`` is how long, in seconds, the function took at most to say that it lives, in the last tick.
    """

    def __init__(self, cluster, function):
        self.cluster, self.function, self.slowest = cluster, function, 0.0

    def put(self, namespace, *bodies):
        for body in bodies:
            status, answer = self.cluster.request(
                "POST", f"{ARGO}/namespaces/{namespace}/cronworkflows", body
            )
            assert status == 201, answer

    def calendar(self, namespace, name, text):
        body = {"metadata": {"name": name}, "data": {"calendar.ics": text}}
        status, answer = self.cluster.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
        assert status == 201, answer

    def tick(self, token=TOKEN):
        """One tick, while somebody asks whether the function is alive."""
        with self.asked() as answers:
            answer = self.function.send(
                "POST", "/", headers={"Authorization": f"Bearer {token}"}, timeout=120
            )
        assert set(answers) <= {200}
        return answer

    def minute(self):
        """A minute passes; its tick's answer."""
        status, answer = self.cluster.request("POST", "/clock", {"advance": 60})
        assert status == 200, answer
        answer = self.tick()
        assert answer.status in (200, 500), answer
        return answer.json

    @contextmanager
    def asked(self):
        answers, ended = [], threading.Event()
        self.slowest = 0.0

        def ask():
            while True:
                began = time.monotonic()
                answers.append(self.function.send("GET", "/healthz", timeout=10).status)
                self.slowest = max(self.slowest, time.monotonic() - began)
                if ended.wait(0.05):
                    return

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield answers
        finally:
            ended.set()
            thread.join()

    def runs(self, namespace):
        status, answer = self.cluster.request("GET", f"{ARGO}/namespaces/{namespace}/workflows")
        assert status == 200, answer
        return answer["items"]

    def condition(self, namespace, name):
        status, found = self.cluster.request("GET", f"{ARGO}/namespaces/{namespace}/cronworkflows/{name}")
        assert status == 200, found
        return " ".join(each["message"] for each in found.get("status", {}).get("conditions") or ())

    def clean(self, namespace):
        self.cluster.request("DELETE", f"{ARGO}/namespaces/{namespace}/cronworkflows")

    @property
    def memory(self):
        return memory(self.function)


@contextmanager
def ticking(folder, *roles, **settings):
    """``roles`` are what the function may do besides."""
    with start(folder / "cluster", "--at", START, "--speed", "0") as cluster:
        own = str(kubeconfig(cluster, "triggerfish-cron", folder))
        for role in roles:
            bound(cluster, role, "triggerfish-cron")
        usual = {"KUBECONFIG": own, "TICK_TOKEN": TOKEN, "METRICS": "on"}
        with functions.start("cron", usual | settings) as function:
            yield Ticking(cluster, function)
