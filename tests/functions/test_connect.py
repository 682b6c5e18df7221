"""`connect` as people call it: one command, and what the host signs then starts Workflows."""

import base64
import json
import uuid
from datetime import UTC, datetime

import pytest
import yaml
from tests.cli.calling import call, failure
from tests.hosts.served import Described, described, serving
from tests.support import functions
from tests.support.deployed import cluster_role, until_allowed
from tests.support.events import Place

from triggerfish.hosts.api.credentials import parse_credentials
from triggerfish.hosts.api.registry import PUBLIC_URLS
from triggerfish.hosts.registry import HOSTS, SENDERS
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Outgoing

REPOSITORY = "org/app"
READ_CREDENTIALS = {
    "apiGroups": [""],
    "resources": ["secrets"],
    "verbs": ["get"],
    "resourceNames": ["triggerfish-hosts"],
}
SECRETS = "argo-workflows-webhook-clients"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
EVERY_HOST = pytest.mark.parametrize("host", [host.type for host in HOSTS])


@pytest.fixture
def site(place):
    """A namespace in which a delivery's message becomes a parameter, and nothing of a client is there yet."""
    cluster_role(place.cluster, "triggerfish-webhook")
    place.template()
    # The ping starts nothing where a selector leaves pings out.
    place.binding(selector='git.event != "ping"')
    return place


def options(site, *more: str) -> list[str]:
    where = ["--kubeconfig", str(site.cluster.kubeconfig), "-n", site.namespace]
    return [*where, "--server", site.function.url, "--functions", "triggerfish", *more]


def connected(site, host: str = "gitea", *more: str) -> dict:
    return json.loads(call("connect", host, REPOSITORY, "-o", "json", *options(site, *more)))


def delivered(site, host: str, secret: str) -> int:
    delivery = str(uuid.uuid4())
    # Azure DevOps has the id in the body.
    more = {"eventType": "git.push", "id": delivery} if host == "azuredevops" else {}
    body = json.dumps({"message": "hello", **more}).encode()
    outgoing = Outgoing("push", delivery, body, datetime.now(UTC))
    headers = dict(SENDERS[host].of({}).sign(outgoing, Secret(secret.encode())))
    return site.function.send("POST", f"/api/v1/events/{site.namespace}/", body, headers).status


def client(site, account: str) -> dict:
    status, found = site.cluster.request("GET", f"/api/v1/namespaces/{site.namespace}/secrets/{SECRETS}")
    assert status == 200, found
    return yaml.safe_load(base64.b64decode(found["data"][account]))


@EVERY_HOST
def test_what_the_host_signs_starts_a_workflow_after_one_command(site, host: str) -> None:
    done = connected(site, host)
    hook = done["hook"]
    site.hidden.append(hook["secret"])
    assert done["ping"]["accepted"] is True
    assert done["faults"] == []
    assert {row["state"] for row in done["objects"]} == {"created"}
    assert hook["url"] == f"{site.function.url}/api/v1/events/{site.namespace}/"
    assert len(hook["secret"]) == 64
    assert client(site, f"{host}-org-app") == {
        "type": host,
        "secret": hook["secret"],
        "repositories": [REPOSITORY],
    }
    assert site.workflows() == []
    assert delivered(site, host, hook["secret"]) == 200
    assert len(site.workflows()) == 1


@EVERY_HOST
def test_what_a_host_sends_again_by_hand_runs_once(site, host: str) -> None:
    secret = connected(site, host)["hook"]["secret"]
    assert [delivered(site, host, secret) for _ in range(2)] == [200, 200]
    # Gitea and Forgejo give what they send again another id; the others' new id is another delivery.
    assert len(site.workflows()) == (1 if host in ("gitea", "forgejo") else 2)


@EVERY_HOST
def test_people_are_shown_the_form_and_the_secret_once(site, host: str) -> None:
    arguments = ("connect", host, REPOSITORY, *options(site))
    said = call(*arguments)
    secret = client(site, f"{host}-org-app")["secret"]
    setup = SENDERS[host].setup
    assert said.count(secret) == 1
    for text in (setup.title, setup.page, setup.url, setup.secret, site.function.url, *setup.events):
        assert text in said
    again = call(*arguments)
    assert secret not in again
    assert "--rotate makes a new one" in again
    assert {line.split("\t")[-1] for line in again.split("\n\n")[0].splitlines()[1:]} == {"unchanged"}


def test_the_events_function_may_act_as_that_account_alone(site) -> None:
    connected(site)
    path = f"{RBAC}/namespaces/{site.namespace}/roles/triggerfish-events-as-gitea-org-app"
    rules = site.cluster.request("GET", path)[1]["rules"]
    assert rules == [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "verbs": ["create"],
            "resourceNames": ["gitea-org-app"],
        }
    ]


def test_a_new_secret_counts_beside_the_one_before_it(site, embedded) -> None:
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "SECRET_CACHE_SECONDS": "1"}
    with functions.start("events", settings) as function:
        counts_beside_the_one_before_it(Place(embedded, function, site.namespace, site.token))


def counts_beside_the_one_before_it(site) -> None:
    first = connected(site)["hook"]["secret"]
    second = connected(site, "gitea", "--rotate")["hook"]["secret"]
    third = connected(site, "gitea", "--rotate")["hook"]["secret"]
    assert len({first, second, third}) == 3
    assert client(site, "gitea-org-app")["secrets"] == [third, second]
    assert "secret" not in connected(site)["hook"]
    assert [delivered(site, "gitea", each) for each in (third, second)] == [200, 200]


def test_what_others_wrote_stays(site) -> None:
    site.clients(other="type: github\nsecret: theirs\n", mine="type: gitea\nsecret: 0123\nmore: x\n")
    done = connected(site, "gitea", "--account", "mine")
    assert "secret" not in done["hook"]
    assert client(site, "other") == {"type": "github", "secret": "theirs"}
    found = client(site, "mine")
    assert found == {"type": "gitea", "secret": "0123", "more": "x", "repositories": [REPOSITORY]}
    call("connect", "gitea", "org/second", *options(site, "--account", "mine"))
    assert client(site, "mine")["repositories"] == [REPOSITORY, "org/second"]


def test_a_dry_run_writes_nothing_and_what_it_prints_can_be_applied(site) -> None:
    said = call("connect", "gitea", REPOSITORY, "--dry-run", "-o", "yaml", *options(site))
    assert site.cluster.request("GET", f"/api/v1/namespaces/{site.namespace}/secrets/{SECRETS}")[0] == 404
    bodies = list(yaml.safe_load_all(said))
    plurals = {
        "ServiceAccount": f"/api/v1/namespaces/{site.namespace}/serviceaccounts",
        "Secret": f"/api/v1/namespaces/{site.namespace}/secrets",
        "Role": f"{RBAC}/namespaces/{site.namespace}/roles",
        "RoleBinding": f"{RBAC}/namespaces/{site.namespace}/rolebindings",
    }
    for body in bodies:
        status, answer = site.cluster.request("POST", plurals[body["kind"]], body)
        assert status == 201, answer
    assert [body["kind"] for body in bodies].count("RoleBinding") == 2
    # The cluster has it all by now.
    done = connected(site)
    assert {row["state"] for row in done["objects"]} == {"unchanged"}
    assert done["ping"]["accepted"] is True
    as_json = json.loads(call("connect", "gitea", REPOSITORY, "--dry-run", "-o", "json", *options(site)))
    assert [body["kind"] for body in as_json["items"]] == [body["kind"] for body in bodies]


def test_a_binding_that_names_another_role_is_made_again(site) -> None:
    connected(site)
    name = "gitea-org-app-triggerfish-webhook"
    path = f"{RBAC}/namespaces/{site.namespace}/rolebindings"
    assert site.cluster.request("DELETE", f"{path}/{name}")[0] == 200
    body = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [],
    }
    assert site.cluster.request("POST", path, body)[0] == 201
    states = {row["name"]: row["state"] for row in connected(site)["objects"]}
    assert states[name] == "changed"
    assert site.cluster.request("GET", f"{path}/{name}")[1]["roleRef"]["name"] == "triggerfish-webhook"


@pytest.mark.parametrize(
    "keyed", [{"concurrency-key": '"one"', "concurrency-policy": "Replace"}, {"commands": "retest, cancel"}]
)
def test_bindings_that_need_more_rights_are_told_with_the_command(site, keyed: dict[str, str]) -> None:
    annotations = {f"triggerfish.dev/{key}": value for key, value in keyed.items()}
    site.binding(name="keyed", selector="false", value="git.sha", annotations=annotations)
    (fault,) = connected(site)["faults"]
    assert "list, patch workflows" in fault["what"]
    assert fault["command"].startswith(f"kubectl -n {site.namespace} create role")


@pytest.mark.parametrize(
    ("server", "said"),
    [
        pytest.param("http://127.0.0.1:1", "no answer", id="nobody listens"),
        pytest.param("{url}/elsewhere", "404", id="another path"),
    ],
)
def test_a_ping_that_is_not_accepted_is_told(site, server: str, said: str, capsys) -> None:
    server = server.format(url=site.function.url)
    arguments = [*options(site)[:4], "--server", server, "--functions", "triggerfish"]
    done = json.loads(call("connect", "gitea", REPOSITORY, "-o", "json", *arguments, code=1))
    assert done["ping"]["accepted"] is False
    assert said in done["ping"]["answer"]
    assert "ping" not in json.loads(
        call("connect", "gitea", REPOSITORY, "--no-ping", "-o", "json", *arguments)
    )


def test_somebody_without_the_rights_is_told_the_command_that_grants_them(site, tmp_path) -> None:
    config = yaml.safe_load(site.cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": site.token}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    arguments = ["--kubeconfig", str(path), *options(site)[2:]]
    said = failure("connect", "gitea", REPOSITORY, *arguments)
    assert "is forbidden" in said
    assert "kubectl create role" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["githup", "org/app"], "HOST: 'githup' is no Git host; did you mean github?"),
        (["svn", "org/app"], "HOST: 'svn' is no Git host; one of: azuredevops, bitbucket"),
        (["github", "app"], "REPOSITORY: 'app' names no repository of GitHub; write it as OWNER/NAME"),
        (["github", "https://github.com/org/app"], "write it as OWNER/NAME, without the address"),
        (["gitlab", "app"], "write it as GROUP/PROJECT"),
        (["github", "org/app", "--server", "example.com"], "--server: 'example.com' is not an address"),
        (["github", "org/app", "--server", "https://u@example.com"], "--server: the address has more"),
        (["github", "org/app", "--account", "No Name"], "--account: 'No Name' cannot be the name"),
        (
            ["github", "org/app", "--host-url", "https://g"],
            "--host-url: it has no effect without --create-hook or",
        ),
        (
            ["github", "org/app", "--test"],
            "--test: it has no effect without --create-hook; add --create-hook",
        ),
        (["github", "org/app", "--keep-token"], "--keep-token: TRIGGERFISH_HOST_TOKEN is not set"),
        (["github", "org/app", "--create-hook"], "--create-hook: there is no token that may make webhooks"),
        (
            ["github", "org/app", "--create-hook"],
            "set TRIGGERFISH_HOST_TOKEN, or add a credential of type git",
        ),
        (
            ["gitea", "a/b", "--create-hook", "--host-url", "https://g"],
            "--host-url: it goes with TRIGGERFISH_",
        ),
        (["github", "org/app", "--role", "none-such"], "--role: there is no Role or ClusterRole none-such"),
    ],
)
def test_wrong_input_is_told_by_its_name_and_the_fix(site, words: list[str], said: str) -> None:
    assert said in failure("connect", *options(site), *words)


@pytest.mark.parametrize("url", ["http://git.example.com", "git.example.com", "https://u@git.example.com"])
def test_a_hosts_address_is_https(site, url: str, monkeypatch) -> None:
    monkeypatch.setenv("TRIGGERFISH_HOST_TOKEN", "s3cr3t")
    said = failure("connect", "gitea", "a/b", *options(site), "--create-hook", "--host-url", url)
    assert said.startswith("--host-url: its url")
    assert "s3cr3t" not in said
    # Nothing was made before that.
    assert site.cluster.request("GET", f"/api/v1/namespaces/{site.namespace}/secrets/{SECRETS}")[0] == 404


def test_a_token_is_kept_for_the_functions(site, monkeypatch) -> None:
    monkeypatch.setenv("TRIGGERFISH_HOST_TOKEN", "s3cr3t")
    url = ["--host-url", "https://git.example.com"]
    for repository in ("org/app", "org/second"):
        said = call("connect", "gitea", repository, *options(site, "--account", "mine", "--keep-token"), *url)
        assert "s3cr3t" not in said
    path = f"/api/v1/namespaces/{site.namespace}/secrets/triggerfish-hosts"
    status, found = site.cluster.request("GET", path)
    assert status == 200, found
    credentials = parse_credentials({"mine": base64.b64decode(found["data"]["mine"])}, PUBLIC_URLS).good
    assert [(each.type, each.url, each.repositories, each.auth.value) for each in credentials] == [
        ("gitea", "https://git.example.com", ("org/app", "org/second"), "s3cr3t")
    ]
    for function in ("events", "cron"):
        user = f"system:serviceaccount:triggerfish:triggerfish-{function}"
        until_allowed(site.cluster, user, site.namespace, READ_CREDENTIALS)


@pytest.mark.parametrize("host", ["github", "gitlab", "bitbucket", "bitbucketserver", "azuredevops"])
def test_the_webhook_is_made_at_the_host_with_the_clients_secret(site, host, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TRIGGERFISH_HOST_TOKEN", "s3cr3t")
    description, bodies = Described(host), []
    answer = described(description, lambda operation, target, example: example)

    def noted(method, target, headers, body):
        bodies.append(body.decode())
        return answer(method, target, headers, body)

    with serving(noted, tmp_path) as served:
        monkeypatch.setenv("HOST_CA", served.authority)
        url = f"{served.base}/org" if host == "azuredevops" else served.base
        arguments = [*options(site), "--create-hook", "--host-url", url]
        done = json.loads(call("connect", host, "group/app", "-o", "json", *arguments))
    assert "fault" not in done
    assert "secret" not in done["hook"]
    assert done["hook"]["id"]
    assert description.wrong == []
    (made, *_) = [body for body in bodies if body]
    assert client(site, f"{host}-group-app")["secret"] in made
    assert json.dumps(f"{site.function.url}/api/v1/events/{site.namespace}/") in made.replace("\\/", "/")
    # Where the host keeps what failed, it can be asked for that.
    recover = (
        {"hook": done["hook"]["id"], "repository": "group/app"} if host in ("github", "gitlab") else None
    )
    assert client(site, f"{host}-group-app").get("recover") == recover
    # Where the host has a harmless ping of its own, it was asked for one.
    pinged = any("/pings" in each or "/webhooks/test" in each for each in served.requests)
    assert pinged == (host in ("github", "bitbucketserver"))


def test_a_host_that_does_not_answer_leaves_the_form_to_fill_in(site, monkeypatch) -> None:
    monkeypatch.setenv("TRIGGERFISH_HOST_TOKEN", "s3cr3t")
    arguments = ["--create-hook", "--host-url", "https://127.0.0.1:1"]
    done = json.loads(call("connect", "gitea", REPOSITORY, "-o", "json", *options(site), *arguments, code=1))
    assert done["fault"].startswith("Gitea did not answer")
    assert done["hook"]["secret"] == client(site, "gitea-org-app")["secret"]
    assert delivered(site, "gitea", done["hook"]["secret"]) == 200


def test_an_account_that_has_a_client_of_another_host_is_refused(site) -> None:
    site.clients(mine="type: github\nsecret: theirs\n")
    said = failure("connect", "gitea", REPOSITORY, *options(site, "--account", "mine"))
    assert said.startswith("--account: the webhook client mine is there, and its type is 'github'")


def test_without_an_address_the_option_is_named(site) -> None:
    arguments = options(site)[:4]
    said = failure("connect", "github", REPOSITORY, *arguments)
    assert said.startswith("--server: the address at which GitHub reaches the events function")
