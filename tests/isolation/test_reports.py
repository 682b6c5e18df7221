"""What a tenant makes of the reports on commits: the neighbour's slot and status come in their minute."""

import base64
import json
import time

import pytest
from tests.isolation import githosts
from tests.isolation.ticking import ARGO, cron, ticking
from tests.support.reports import PHASE, REPORT, REPORTED

from triggerfish.hosts.api.credentials import parse_credentials
from triggerfish.hosts.api.registry import PUBLIC_URLS
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.trust import seal_key

MIB = 1 << 20
# Few bytes, and thirty times as many in memory.
HOLLOW = {"entrypoint": "main", "templates": [], "x": [{}] * 420_000}
MARK = "success 2026-11-23T11:00:00Z"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    with githosts.hosts(tmp_path_factory.mktemp("hosts")) as found:
        yield found


@pytest.fixture
def place(tmp_path_factory, hosts):
    authority, _ = hosts
    settings = {"REPORTS": "on", "HOST_ADDRESSES": "private", "HOST_CA": str(authority)}
    with ticking(
        tmp_path_factory.mktemp("ticking"), "triggerfish-cron-hosts", TICK_DEADLINE_SECONDS="6", **settings
    ) as found:
        yield found


class Reported:
    """A namespace with credentials, whose Workflows ask for statuses."""

    def __init__(self, place, *credentials):
        self.place, self.namespace = place, place.cluster.new_namespace()
        texts = {f"c{number:02}": json.dumps(each).encode() for number, each in enumerate(credentials)}
        self.credentials = parse_credentials(texts, PUBLIC_URLS).good
        data = {name: base64.b64encode(text).decode() for name, text in texts.items()}
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        body = {"metadata": {"name": "triggerfish-hosts"}, "data": data}
        assert place.cluster.request("POST", path, body)[0] == 201

    def run(self, number, *, phase="", annotation=None, notes=None, finalizers=(), spec=None):
        name = f"run-{number}"
        if annotation is None:
            used = self.credentials[number % len(self.credentials)]
            told = Intent("github", used.name, "org/app", f"{number:040x}", "ci/build", 0.0)
            annotation = told.sealed(self.namespace, name, seal_key(used))
        stage = "ended" if notes and REPORTED in notes else "pending"
        metadata = {
            "name": name,
            "labels": {REPORT: stage, **({PHASE: phase} if phase else {})},
            "annotations": {REPORT: annotation, **(notes or {})},
            "finalizers": [REPORT, *finalizers],
        }
        body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata}
        body["spec"] = spec or {"entrypoint": "main", "templates": []}
        path = f"{ARGO}/namespaces/{self.namespace}/workflows"
        status, answer = self.place.cluster.request("POST", path, body)
        assert status == 201, answer


def github(host, **more):
    return {"type": "github", "url": host.url, "repositories": ["*"], **(more or {"token": "x"})}


def hollow_ends(place, new):
    tenant = Reported(place, github(new()))
    for number in range(40):
        tenant.run(number, phase="Failed", spec=HOLLOW)


def hollow_intents(place, new):
    tenant = Reported(place, github(new()))
    told = {"host": "github", "credential": "ci", "repository": "a/b", "sha": "x", "context": "c", "at": 0.0}
    text = json.dumps(told | {"ids": {f"{n:x}": n + 1000 for n in range(360)}, "seal": "x"})
    for number in range(5000):
        tenant.run(number, annotation=text.replace(" ", ""))


def long_finalizers(place, new):
    tenant = Reported(place, github(new()))
    names = [f"{'.'.join(['a' * 60] * 4)}/{n:05}{'x' * 50}" for n in range(3900)]
    for number in range(30):
        tenant.run(number, annotation="{}", finalizers=names)


def long_annotations(place, new):
    tenant = Reported(place, github(new()))
    for number in range(300):
        tenant.run(number, annotation="{}", notes={"triggerfish.dev/superseded-by": "x" * 250_000})


def dear_keys(place, new):
    tenant = Reported(place, *[github(new(), username="u", password=f"p{n}") for n in range(50)])
    for number in range(50):
        tenant.run(number)


def answering(answer, *, marked=False):
    """Fifty credentials, each for a host that answers so."""

    def plant(place, new):
        evil = [new(answer) for _ in range(8)]
        tenant = Reported(place, *[github(evil[n % 8]) for n in range(50)])
        for number in range(400):
            # What was told already is read back.
            ended = {"phase": "Succeeded", "notes": {REPORTED: MARK}} if marked else {}
            tenant.run(number, **ended)

    return plant


def long(attack, peak, name):
    """One that takes ten seconds and more."""
    return pytest.param(attack, peak, id=name, marks=pytest.mark.soak)


@pytest.mark.parametrize(
    ("attack", "peak"),
    [
        long(hollow_ends, 180, "runs that are large in memory"),
        long(hollow_intents, 180, "annotations that are large in memory"),
        long(long_finalizers, 180, "megabytes of finalizers"),
        pytest.param(long_annotations, 180, id="megabytes of annotations"),
        pytest.param(dear_keys, 180, id="keys that are dear to derive"),
        long(answering(githosts.never), 180, "hosts that never answer"),
        long(answering(githosts.without_end), 200, "hosts that never end"),
        long(answering(githosts.in_circles), 200, "hosts that redirect without end"),
        long(answering(githosts.by_the_megabyte, marked=True), 200, "hosts that answer megabytes"),
    ],
)
def test_the_neighbour_is_told_in_its_minute(place, hosts, attack, peak):
    _, new = hosts
    own = new()
    neighbour = Reported(place, github(own))
    place.put(neighbour.namespace, cron("mine"))
    attack(place, new)
    for number in (1, 2):
        neighbour.run(number)
        began = time.monotonic()
        place.minute()
        posted = [at for at, method, path in own.calls if method == "POST" and f"{number:040x}" in path]
        assert posted, "the status was not posted"
        assert posted[0] - began < 6
        slots = [each for each in place.runs(neighbour.namespace) if "mine-" in each["metadata"]["name"]]
        assert len(slots) == number
        assert place.slowest < 0.5
    assert place.memory < peak * MIB
