"""Lost deliveries at a host over HTTPS: the cron function with its own rights, and the command by hand."""

import base64
import json

import pytest
from tests.cli.calling import call, failure
from tests.hostapi.test_recovery import Webhook
from tests.hosts.served import Fault, fake, serving
from tests.support import functions
from tests.support.deployed import bound, kubeconfig

from triggerfish.runtime.clock import Clock

CLIENTS, HOSTS = "argo-workflows-webhook-clients", "triggerfish-hosts"


@pytest.fixture
def webhook():
    """One whose receiver was down for two deliveries, and is back."""
    found = Webhook(Clock())
    found.send("g0")
    found.send("g1")
    found.takes = 200
    return found


@pytest.fixture
def host(webhook, tmp_path):
    with serving(fake(webhook), tmp_path) as served:
        yield served


@pytest.fixture
def namespace(embedded, host):
    """A namespace with the client, and with a credential for the host."""
    name = embedded.new_namespace()
    made(embedded, name, CLIENTS, "{type: github, secret: s3cret, recover: {hook: 7, repository: org/app}}")
    text = f"{{type: github, url: '{host.base}', token: hush-token, repositories: [org/*]}}"
    made(embedded, name, HOSTS, text)
    return name


def made(embedded, namespace, name, text):
    body = {"metadata": {"name": name}, "data": {"github.com": base64.b64encode(text.encode()).decode()}}
    status, answer = embedded.request("POST", f"/api/v1/namespaces/{namespace}/secrets", body)
    assert status == 201, answer


def settings(host):
    return {"HOST_ADDRESSES": "127.0.0.0/8", "HOST_CA": host.authority}


class TestTheFunction:
    def start(self, own, host, namespace, **more):
        environment = {"KUBECONFIG": own("cron"), "RECOVER_NAMESPACES": namespace, **settings(host), **more}
        return functions.start("cron", environment)

    def test_a_tick_asks_for_what_was_lost(self, embedded, own, host, webhook, namespace):
        own("cron")
        bound(embedded, "triggerfish-cron-hosts", "triggerfish-cron")
        bound(embedded, "triggerfish-cron-recover", "triggerfish-cron")
        with self.start(own, host, namespace) as function:
            assert function.send("POST", "/").status == 200
            assert webhook.arrived == ["g0", "g1"]
            assert function.said("a lost delivery was asked for again")
            for _ in range(5):
                assert function.send("POST", "/").status == 200
            assert "hush" not in function.log
            assert "s3cret" not in function.log
        assert webhook.arrived == ["g0", "g1"]
        assert host.headers[0]["authorization"] == "Bearer hush-token"

    @pytest.mark.parametrize(
        ("roles", "secret", "asked"),
        [
            (["triggerfish-cron-hosts"], CLIENTS, []),
            (["triggerfish-cron-recover"], HOSTS, []),
            (["triggerfish-cron-hosts", "triggerfish-cron-recover"], "", ["g0", "g1"]),
        ],
        ids=["without the clients", "without the credentials", "with both"],
    )
    def test_each_of_its_two_rights_is_missed(
        self, embedded, tmp_path, host, webhook, namespace, roles, secret, asked
    ):
        account = f"cron-{namespace}-{len(roles)}{len(secret)}"
        config = kubeconfig(embedded, "triggerfish-cron", tmp_path, account=account, more=roles)
        with self.start(lambda _: str(config), host, namespace) as function:
            assert function.send("POST", "/").status == 200
            if secret:
                assert function.said(f"Secret {namespace}/{secret} cannot be read: 403")
                assert function.said("kubectl")
            assert webhook.arrived == asked

    def test_without_the_setting_no_host_is_asked(self, own, host, webhook, namespace):
        with functions.start("cron", {"KUBECONFIG": own("cron"), **settings(host)}) as function:
            assert function.send("POST", "/").status == 200
        assert host.requests == []

    def test_an_address_that_is_not_allowed_is_told_and_not_asked(
        self, embedded, own, host, webhook, namespace
    ):
        own("cron")
        bound(embedded, "triggerfish-cron-hosts", "triggerfish-cron")
        bound(embedded, "triggerfish-cron-recover", "triggerfish-cron")
        with self.start(own, host, namespace, HOST_ADDRESSES="10.0.0.0/8") as function:
            assert function.send("POST", "/").status == 200
            assert function.said("GitHub has no public address here")
        assert host.requests == []

    @pytest.mark.parametrize(
        ("variable", "value", "says"),
        [
            ("HOST_ADDRESSES", "everything", "HOST_ADDRESSES is 'everything'; it takes"),
            ("HOST_CA", "/nowhere.pem", "HOST_CA is '/nowhere.pem'; it takes a file"),
            ("RECOVER_NAMESPACES", "Team A", "RECOVER_NAMESPACES is 'Team A'"),
            ("HOST_SECRET_NAME", "No_Secret", "HOST_SECRET_NAME is 'No_Secret'"),
            ("REPORTS", "yes", "REPORTS is 'yes'; it takes one of: off, on"),
        ],
    )
    @pytest.mark.parametrize("function", ["cron", "events"])
    def test_a_wrong_setting_ends_it(self, own, function, variable, value, says):
        done = functions.run(function, {"KUBECONFIG": own(function), variable: value})
        assert done.returncode == 78
        assert says in done.stdout


class TestTheCommand:
    def arguments(self, embedded, namespace):
        return ["recover", "--kubeconfig", str(embedded.kubeconfig), "-n", namespace]

    @pytest.fixture(autouse=True)
    def environment(self, host, monkeypatch):
        for name, value in settings(host).items():
            monkeypatch.setenv(name, value)

    def test_a_dry_run_shows_what_was_lost(self, embedded, webhook, namespace):
        rows = json.loads(call(*self.arguments(embedded, namespace), "--dry-run", "-o", "json"))
        assert [(row["delivery"], row["state"], row["reason"]) for row in rows] == [
            ("g0", "lost", "it was answered 503"),
            ("g1", "lost", "it was answered 503"),
        ]
        assert webhook.arrived == []

    def test_it_asks_for_them_once(self, embedded, webhook, namespace):
        printed = call(*self.arguments(embedded, namespace))
        assert printed.count("asked for") == 2
        assert webhook.arrived == ["g0", "g1"]
        assert call(*self.arguments(embedded, namespace)).strip() == "No lost delivery."

    def test_a_host_that_refuses_is_told(self, embedded, host, namespace):
        host.faults = [Fault(401, {"message": "hush"})]
        assert "No lost delivery." in call(*self.arguments(embedded, namespace), code=1)

    def test_a_namespace_without_clients(self, embedded):
        empty = embedded.new_namespace()
        assert call(*self.arguments(embedded, empty), code=1).strip() == "No lost delivery."


def test_a_wrong_setting_stops_the_command(embedded, namespace, monkeypatch):
    monkeypatch.setenv("HOST_ADDRESSES", "everything")
    given = ["recover", "--kubeconfig", str(embedded.kubeconfig), "-n", namespace]
    assert "HOST_ADDRESSES is 'everything'" in failure(*given)
