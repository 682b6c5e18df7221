"""`doctor` as people call it, on an embedded cluster with the rights that are shipped: each planted fault."""

import asyncio
import http.server
import json
import threading
from pathlib import Path

import pytest
import yaml
from tests.cli.calling import call, make
from tests.contract.clusters import ServedCluster
from tests.support import embedded as support
from typer.testing import CliRunner

from triggerfish import __version__
from triggerfish.cli.doctor import rights
from triggerfish.cli.main import app
from triggerfish.cron.planning.shard import Shard
from triggerfish.cron.schedules import zones
from triggerfish.cron_function import tick
from triggerfish.kube.resources import CONFIG_MAPS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import accounts, manifests

ROOT = Path(__file__).parents[2]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
MINUTELY = ["* * * * *"]
SUSPEND = {"entrypoint": "m", "templates": [{"name": "m", "suspend": {}}]}


class Place:
    """A cluster with both functions' accounts and rights, and a namespace to work in."""

    def __init__(self, embedded) -> None:
        self.embedded = embedded
        self.namespace = embedded.new_namespace()
        self.at_ends = []

    def found(self, *options: str, kubeconfig: Path | None = None) -> list[tuple[str, str, str, str]]:
        """(severity, check, name, what) of each fault in the namespace, and the exit code says as much."""
        words = ["doctor", "-o", "json", "-n", self.namespace, *options]
        done = CliRunner().invoke(app, [*words, "--kubeconfig", str(kubeconfig or self.embedded.kubeconfig)])
        self.rows = json.loads(done.stdout)
        known = {row["severity"] for row in self.rows}
        assert done.exit_code == (1 if known & {"error", "warning"} else 2 if known else 0), done.output
        assert [row for row in self.rows if row["severity"] != "unknown" and not row.get("command")] == []
        # The cluster's clock is its own here; a test of its own looks at clocks.
        rows = [row for row in self.rows if "clock" not in row["what"]]
        return [(row["severity"], row["check"], row.get("name", ""), row["what"]) for row in rows]

    def command(self, what: str) -> str:
        return next(row["command"] for row in self.rows if what in row["what"])

    def cron(self, name: str, **spec) -> None:
        body = {"metadata": {"name": name}, "spec": {"schedules": MINUTELY, "workflowSpec": SUSPEND} | spec}
        make(self.embedded, self.namespace, "cronworkflows", {"kind": "CronWorkflow", **body})

    def tick(self, shard: str = "1/1") -> None:
        async def once() -> None:
            ca = self.embedded.ca.read_text()
            cluster = ServedCluster("embedded", self.embedded.url, ca, self.embedded.token)
            settings = Settings(managed_namespace=self.namespace)
            await tick.run(cluster.admin, settings, Clock(), shard=Shard.of(shard))
            await cluster.close()

        asyncio.run(once())

    def advance(self, seconds: int) -> None:
        assert self.embedded.request("POST", "/clock", {"advance": seconds})[0] == 200

    def client(self, name: str, text: str = "type: github\nsecret: shh\n", *, account: bool = True) -> None:
        core = f"/api/v1/namespaces/{self.namespace}"
        if account:
            self.made(f"{core}/serviceaccounts", {"metadata": {"name": name}})
            self.made(
                f"{RBAC}/namespaces/{self.namespace}/rolebindings",
                binding(name, "triggerfish-webhook", self.namespace),
            )
        body = {"metadata": {"name": "argo-workflows-webhook-clients"}, "stringData": {name: text}}
        self.made(f"{core}/secrets", body)

    def made(self, path: str, body: dict) -> dict:
        status, answer = self.embedded.request("POST", path, body)
        assert status == 201, answer
        return answer


def binding(account: str, role: str, namespace: str) -> dict:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    return {"metadata": {"name": f"{account}-{role}"}, "roleRef": reference, "subjects": [subject]}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An embedded cluster whose clock stands, with the accounts and rights that are shipped."""
    state = tmp_path_factory.mktemp("doctor")
    with support.start(state, "--at", "2026-11-23T05:00:20Z", "--speed", "0", "--no-controller") as cluster:

        async def grant() -> None:
            served = ServedCluster("embedded", cluster.url, cluster.ca.read_text(), cluster.token)
            for manifest in accounts.rights(ROOT):
                await manifests.apply(served.admin, manifest)
            await served.close()

        asyncio.run(grant())
        yield cluster


@pytest.fixture
def place(installed):
    return Place(installed)


def put_back(place, path: str):
    """The object is taken away; the function puts it back."""
    status, body = place.embedded.request("GET", path)
    assert status == 200, body
    assert place.embedded.request("DELETE", path)[0] == 200
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        body["metadata"].pop(key, None)
    return lambda: place.made(path.rpartition("/")[0], body)


def test_a_good_installation_has_no_fault(place) -> None:
    place.cron("sound")
    place.client("github.com")
    spec = {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "build"}}}
    make(
        place.embedded,
        place.namespace,
        "workfloweventbindings",
        {"kind": "WorkflowEventBinding", "metadata": {"name": "on-push"}, "spec": spec},
    )
    template = {"kind": "WorkflowTemplate", "metadata": {"name": "build"}, "spec": SUSPEND}
    make(place.embedded, place.namespace, "workflowtemplates", template)
    place.advance(120)
    place.tick()
    assert place.found() == []


def test_it_prints_a_fault_and_the_command_that_mends_it(place) -> None:
    place.cron("wrong", schedules=["61 * * * *"])
    text = call("doctor", "-n", place.namespace, "--kubeconfig", str(place.embedded.kubeconfig), code=1)
    assert f"error schedules {place.namespace}/wrong: spec.schedules[0]: " in text
    assert f"\n  kubectl -n {place.namespace} edit cronworkflow wrong\n" in text


def test_a_namespace_that_does_not_exist_is_not_well(place) -> None:
    words = ["doctor", "-n", "nowhere", "--kubeconfig", str(place.embedded.kubeconfig)]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "namespace nowhere was not found" in done.stderr


class TestRights:
    def test_a_right_that_was_removed(self, place) -> None:
        path = f"{RBAC}/clusterroles/triggerfish-cron"
        _, role = place.embedded.request("GET", path)
        rules = [dict(rule) for rule in role["rules"]]
        rules[0]["verbs"] = [verb for verb in rules[0]["verbs"] if verb != "patch"]
        merge_patch = "application/merge-patch+json"
        place.embedded.request("PATCH", path, {"rules": rules}, content_type=merge_patch)
        try:
            ((severity, check, name, what),) = place.found()
        finally:
            place.embedded.request("PATCH", path, {"rules": role["rules"]}, content_type=merge_patch)
        assert (severity, check, name) == ("error", "rights", "triggerfish-cron")
        assert what.endswith("needs in all namespaces: patch cronworkflows")
        assert place.command(what) == (
            "kubectl create clusterrole triggerfish-cron-patch-cronworkflows --verb=patch"
            " --resource=cronworkflows.argoproj.io"
            " && kubectl create clusterrolebinding triggerfish-cron-patch-cronworkflows"
            " --clusterrole=triggerfish-cron-patch-cronworkflows"
            " --serviceaccount=triggerfish:triggerfish-cron"
        )

    def test_a_binding_that_was_removed(self, place) -> None:
        again = put_back(place, f"{RBAC}/clusterrolebindings/triggerfish-events")
        try:
            found = place.found()
        finally:
            again()
        assert [each[:3] for each in found] == [("error", "rights", "triggerfish-events")]
        assert place.command("") == (
            "kubectl create clusterrolebinding triggerfish-events --clusterrole=triggerfish-events"
            " --serviceaccount=triggerfish:triggerfish-events"
        )

    def test_a_calendar_that_may_not_be_read(self, place) -> None:
        notes = {"triggerfish.dev/exclude": "ics:holidays"}
        files = {"metadata": {"name": "holidays"}, "data": {"a.ics": CALENDAR}}
        place.made(CONFIG_MAPS.path(place.namespace), files)
        spec = {"schedules": ["0 5 * * *"], "workflowSpec": SUSPEND}
        body = {"kind": "CronWorkflow", "metadata": {"name": "c", "annotations": notes}, "spec": spec}
        make(place.embedded, place.namespace, "cronworkflows", body)
        assert [each[:3] for each in place.found()] == [("error", "rights", "triggerfish-cron")]
        assert place.command("calendar") == (
            f"kubectl -n {place.namespace} create rolebinding triggerfish-cron-calendars"
            " --clusterrole=triggerfish-cron-calendars --serviceaccount=triggerfish:triggerfish-cron"
        )

    def test_lost_deliveries_want_two_secrets_where_they_are_asked_for(self, place, monkeypatch) -> None:
        monkeypatch.setenv("RECOVER_NAMESPACES", place.namespace)
        roles = ("triggerfish-cron-hosts", "triggerfish-cron-recover")
        again = [put_back(place, f"{RBAC}/clusterrolebindings/{role}") for role in roles]
        try:
            ((severity, check, name, what),) = place.found()
        finally:
            for each in again:
                each()
        assert (severity, check, name) == ("error", "rights", "triggerfish-cron")
        assert "get secrets triggerfish-hosts; get secrets argo-workflows-webhook-clients" in what
        assert place.command(what).startswith(
            f"kubectl -n {place.namespace} create role triggerfish-cron-get-secrets-triggerfish-hosts"
            " --verb=get --resource=secrets --resource-name=triggerfish-hosts"
        )

    def test_reports_want_the_credentials_of_both_functions(self, place, monkeypatch) -> None:
        monkeypatch.setenv("REPORTS", "on")
        monkeypatch.setenv("HOST_SECRET_NAME", "git-hosts")
        found = place.found()
        assert [each[:3] for each in found] == [
            ("error", "rights", "triggerfish-cron"),
            ("error", "rights", "triggerfish-events"),
        ]
        assert all("get secrets git-hosts in all namespaces" in each[3] for each in found)

    def test_in_another_store_they_want_no_right_of_the_cluster(self, place, monkeypatch) -> None:
        monkeypatch.setenv("REPORTS", "on")
        monkeypatch.setenv("RECOVER_NAMESPACES", place.namespace)
        monkeypatch.setenv("SECRET_STORE", "file")
        assert [each for each in place.found() if each[1] == "rights"] == []

    def test_on_openshift_the_right_to_the_owner_is_one_more(self, place) -> None:
        definition = {
            "metadata": {"name": "ingresses.config.openshift.io"},
            "spec": {
                "group": "config.openshift.io",
                "scope": "Cluster",
                "names": {"plural": "ingresses", "kind": "Ingress"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object"}},
                    }
                ],
            },
        }
        again = put_back(place, f"{RBAC}/clusterrolebindings/triggerfish-cron-owner")
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        try:
            assert place.found() == []
            place.made(path, definition)
            ((_, check, _, what),) = place.found()
        finally:
            again()
            place.embedded.request("DELETE", f"{path}/ingresses.config.openshift.io")
        assert check == "rights"
        assert "update cronworkflows/finalizers" in what

    def test_somebody_who_may_not_ask_is_told_so(self, place, tmp_path) -> None:
        reads = [{"apiGroups": ["argoproj.io"], "resources": ["*"], "verbs": ["get", "list"]}]
        token = place.embedded.service_account(place.namespace, "reader", reads)
        path = tmp_path / "kubeconfig"
        found = yaml.safe_load(place.embedded.kubeconfig.read_text())
        found["users"][0]["user"] = {"token": token}
        path.write_text(yaml.safe_dump(found))
        seen = place.found(kubeconfig=path)
        assert [each[:2] for each in seen] == [("unknown", "rights"), ("unknown", "webhooks")]
        assert "--resource=subjectaccessreviews.authorization.k8s.io" in place.command("you may not ask")

    def test_somebody_who_may_only_impersonate_asks_so(self, place, tmp_path) -> None:
        everything = [
            {"apiGroups": ["argoproj.io"], "resources": ["*"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]},
        ]
        token = place.embedded.service_account(place.namespace, "actor", everything)
        rules = [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["impersonate"]}]
        name = f"actor-{place.namespace}"
        place.made(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
        body = binding("actor", name, place.namespace) | {"metadata": {"name": name}}
        place.made(f"{RBAC}/clusterrolebindings", body)
        path = tmp_path / "kubeconfig"
        found = yaml.safe_load(place.embedded.kubeconfig.read_text())
        found["users"][0]["user"] = {"token": token}
        path.write_text(yaml.safe_dump(found))
        assert place.found(kubeconfig=path) == []

    def test_the_table_of_rights_is_the_manifests(self) -> None:
        shipped = {
            role["metadata"]["name"]: {
                (verb, group, resource, name)
                for rule in role["rules"]
                for verb in rule["verbs"]
                for group in rule["apiGroups"]
                for resource in rule["resources"]
                for name in rule.get("resourceNames", [""])
            }
            for role in yaml.safe_load_all((ROOT / "infra/kubernetes/rbac.yaml").read_text())
        }
        wanted = Settings(
            delivery_record=5, k_sink="http://broker", sink_identity="system:serviceaccount:knative:sender"
        )
        accounts_named = ("github.com", "gitlab.com", "bitbucket.org")
        needs = {
            "triggerfish-cron": rights.of_cron(wanted),
            "triggerfish-cron-owner": (rights.OWNER,),
            "triggerfish-cron-calendars": (rights.CALENDARS,),
            "triggerfish-cron-templates": (rights.TEMPLATES, rights.CLUSTER_TEMPLATES),
            "triggerfish-events": (
                *rights.of_events(Settings()),
                *(need for name in accounts_named for need in rights.of_identity(wanted, name)),
            ),
            "triggerfish-cron-hosts": rights.of_hosts(Settings()),
            "triggerfish-cron-recover": rights.of_recovery(Settings()),
            "triggerfish-events-hosts": rights.of_hosts(Settings()),
            "triggerfish-events-record": rights.of_events(wanted)[-2:],
            "triggerfish-events-broker": rights.of_broker(wanted),
            "triggerfish-webhook": (*rights.WEBHOOK, rights.WEBHOOK_CLUSTER_TEMPLATES),
            "triggerfish-webhook-runs": (rights.WEBHOOK_FIXED_NAMES, rights.WEBHOOK_CONCURRENCY),
        }
        said = {
            role: {(verb, need.group, need.resource, need.name) for need in given for verb in need.verbs}
            for role, given in needs.items()
        }
        assert said == shipped


class TestWebhooks:
    def test_a_client_without_its_account(self, place) -> None:
        place.client("github.com", account=False)
        ((severity, check, name, _),) = place.found()
        assert (severity, check, name) == ("error", "webhooks", "github.com")
        assert place.command("") == f"kubectl -n {place.namespace} create serviceaccount github.com"

    def test_a_client_that_the_function_may_not_act_as(self, place) -> None:
        place.client("forgejo")
        ((severity, check, name, what),) = place.found()
        assert (severity, check, name) == ("error", "webhooks", "forgejo")
        assert "create serviceaccounts/token forgejo" in what
        assert "--resource=serviceaccounts/token --resource-name=forgejo" in place.command("")

    def test_a_client_whose_account_may_do_nothing(self, place) -> None:
        place.client("github.com")
        path = f"{RBAC}/namespaces/{place.namespace}/rolebindings/github.com-triggerfish-webhook"
        assert place.embedded.request("DELETE", path)[0] == 200
        ((_, check, name, what),) = place.found()
        assert (check, name) == ("webhooks", "github.com")
        assert "list workfloweventbindings; get workflowtemplates; create workflows" in what

    @pytest.mark.parametrize(
        "text", ["type: githubb\nsecret: shh\n", "type: github\n", "- a", "type: github\nsecret: [b"]
    )
    def test_a_client_that_is_none(self, place, text) -> None:
        place.client("github.com", text)
        ((severity, check, name, _),) = place.found()
        assert (severity, check, name) == ("error", "webhooks", "github.com")
        assert place.command("").endswith("edit secret argo-workflows-webhook-clients")


class TestManifests:
    def test_a_bad_zone_and_a_bad_schedule(self, place) -> None:
        place.cron("zone", timezone="Europe/Berln")
        place.cron("schedule", schedules=["every day"])
        place.cron("sound")
        found = place.found()
        assert [each[:3] for each in found] == [
            ("error", "schedules", "schedule"),
            ("error", "schedules", "zone"),
        ]
        assert "Europe/Berlin" in found[1][3]

    def test_a_bad_default_zone(self, place, monkeypatch) -> None:
        monkeypatch.setenv("DEFAULT_TIMEZONE", "Europe/Berln")
        ((severity, check, _, what),) = place.found()
        assert (severity, check) == ("error", "functions")
        assert "Europe/Berlin" in what

    @pytest.mark.parametrize(
        ("spec", "says"),
        [
            ({"event": {"selector": "payload ="}, "submit": {}}, "spec.event.selector"),
            (
                {"event": {"selector": "true"}, "submit": {"workflowTemplateRef": {"name": "none"}}},
                "WorkflowTemplate 'none' was not found",
            ),
        ],
    )
    def test_a_binding_that_starts_nothing(self, place, spec, says) -> None:
        body = {"kind": "WorkflowEventBinding", "metadata": {"name": "b"}, "spec": spec}
        make(place.embedded, place.namespace, "workfloweventbindings", body)
        found = place.found()
        assert {each[:3] for each in found} == {("error", "bindings", "b")}
        assert says in found[0][3]


class TestTicks:
    def test_no_tick_comes(self, place) -> None:
        place.cron("a")
        place.tick()
        place.advance(240)
        ((severity, check, _, what),) = place.found("--cron-url", "http://127.0.0.1:1")[:1]
        assert (severity, check) == ("error", "ticks")
        assert what.startswith("no tick comes: what was due at ")
        assert f"{place.namespace}/a" in what
        assert place.command("no tick") == "curl --fail-with-body -X POST 'http://127.0.0.1:1/'"
        place.tick()
        assert place.found() == []

    def test_ticks_that_are_late_by_two_minutes_are_no_fault(self, place) -> None:
        place.cron("a")
        place.tick()
        place.advance(120)
        assert place.found() == []

    def test_a_dead_shard(self, place) -> None:
        for number in range(40):
            place.cron(f"cron-{number}")
        for shard in ("1/4", "2/4", "3/4", "4/4"):
            place.tick(shard)
        place.advance(300)
        for shard in ("1/4", "3/4", "4/4"):
            place.tick(shard)
        ((severity, check, _, what),) = place.found()
        assert (severity, check) == ("error", "ticks")
        assert what.startswith("shard 2/4 is dead")

    def test_what_rests_is_not_waited_for(self, place) -> None:
        place.cron("suspended", suspend=True)
        place.cron("waits", when="false")
        place.advance(600)
        assert place.found() == []


class TestArgo:
    def test_a_run_that_argo_started(self, place) -> None:
        place.cron("both")
        _, cron = place.embedded.request(
            "GET", f"/apis/argoproj.io/v1alpha1/namespaces/{place.namespace}/cronworkflows/both"
        )
        owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": "both"}
        owner |= {"uid": cron["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}
        now = cron["metadata"]["creationTimestamp"]
        metadata = {
            "name": "both-1795410000",
            "labels": {"workflows.argoproj.io/cron-workflow": "both"},
            "annotations": {"workflows.argoproj.io/scheduled-time": now},
            "ownerReferences": [owner],
        }
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{place.namespace}/workflows"
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": metadata,
            "spec": SUSPEND,
        }
        agent = {"User-Agent": "workflow-controller/v0.0.0 (linux/amd64) kubernetes/$Format"}
        status, answer = place.embedded.request("POST", path, body, headers=agent)
        assert status == 201, answer
        ((severity, check, name, what),) = place.found()
        assert (severity, check, name) == ("error", "argo", "both")
        assert "its cron workers are on" in what
        # Old runs prove nothing.
        place.advance(16 * 60)
        assert [each[1] for each in place.found()] == ["ticks"]

    def test_our_own_runs_are_not_argos(self, place) -> None:
        place.cron("ours")
        place.advance(60)
        place.tick()
        # Argo's controller writes their status.
        _, made = place.embedded.request(
            "GET", f"/apis/argoproj.io/v1alpha1/namespaces/{place.namespace}/workflows"
        )
        for body in made["items"]:
            agent = {"User-Agent": "workflow-controller/v0.0.0"}
            path = WORKFLOWS.path(place.namespace, body["metadata"]["name"])
            body["status"] = {"phase": "Running"}
            assert place.embedded.request("PUT", path, body, headers=agent)[0] == 200
        assert made["items"]
        assert place.found() == []


def test_a_function_that_does_not_answer(place) -> None:
    ((severity, check, name, what),) = place.found("--events-url", "http://127.0.0.1:1")
    assert (severity, check, name) == ("error", "versions", "triggerfish-events")
    assert "does not answer" in what


@pytest.fixture
def readyz():
    """A server that answers GET /readyz as it is told: (status, body)."""
    told = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = told["answer"]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told["url"] = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "severity", "says"),
    [
        pytest.param(200, {"version": "9.9.9"}, "warning", "is of version 9.9.9", id="another version"),
        pytest.param(
            200,
            {"version": __version__, "zones": {"version": "2019c"}},
            "warning",
            "the time zones of 2019c",
            id="other time zones",
        ),
        pytest.param(
            503,
            {"version": __version__, "message": "rights are missing"},
            "error",
            "answers 503: rights are missing",
            id="not ready",
        ),
    ],
)
def test_what_a_function_says_of_itself(place, readyz, status, body, severity, says) -> None:
    readyz["answer"] = status, body
    ((found, check, name, what),) = place.found("--cron-url", readyz["url"])
    assert (found, check, name) == (severity, "versions", "triggerfish-cron")
    assert says in what


def test_a_function_of_this_version_and_these_zones_is_no_fault(place, readyz) -> None:
    readyz["answer"] = 200, {"version": __version__, "zones": {"version": zones.version()}}
    assert place.found("--cron-url", readyz["url"], "--events-url", readyz["url"]) == []


def test_clocks_that_differ(place) -> None:
    place.found()
    assert [row["check"] for row in place.rows if "clock" in row["what"]] == ["versions"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param("plural", "is missing", id="missing"),
        pytest.param("field", "drops spec.when", id="too old"),
        pytest.param("status", "status subresource", id="a status subresource"),
    ],
)
def test_definitions(tmp_path, change, says) -> None:
    with support.start(tmp_path, "--no-controller") as cluster:
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        name = "cronworkflows.argoproj.io"
        body = yaml.safe_load((ROOT / "infra/crds/argoproj.io_cronworkflows.yaml").read_text())
        version = body["spec"]["versions"][0]
        if change == "field":
            known = {"schedules", "timezone", "suspend", "concurrencyPolicy", "startingDeadlineSeconds"}
            known |= {"successfulJobsHistoryLimit", "failedJobsHistoryLimit", "stopStrategy"}
            known |= {"workflowMetadata", "workflowSpec"}
            spec = {"type": "object", "properties": {each: {} for each in known}}
            status = version["schema"]["openAPIV3Schema"]["properties"].get("status", {})
            status |= {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
            version["schema"]["openAPIV3Schema"]["properties"] |= {"spec": spec, "status": status}
        if change == "status":
            version["subresources"] = {"status": {}}
        cluster.request("DELETE", f"{path}/{name}")
        if change != "plural":
            assert cluster.request("POST", path, body)[0] == 201
        done = CliRunner().invoke(app, ["doctor", "-o", "json", "--kubeconfig", str(cluster.kubeconfig)])
        rows = [row for row in json.loads(done.stdout) if row["check"] == "definitions"]
        assert done.exit_code == 1
        assert [row["name"] for row in rows] == [name]
        assert says in rows[0]["what"]
        assert (
            rows[0]["command"]
            == "kubectl apply --server-side --force-conflicts -f infra/crds/argoproj.io_cronworkflows.yaml"
        )


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261225
SUMMARY:Christmas
END:VEVENT
END:VCALENDAR
"""
