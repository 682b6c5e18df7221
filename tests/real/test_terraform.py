"""infra/terraform as OpenTofu sees it: formatted, valid for the schemas of its providers, and planned."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.real import tools
from tests.real.tofu import INFRA, Tofu

pytestmark = pytest.mark.real
ROOTS = ("terraform", "terraform/example")


@pytest.fixture
def tofu(tmp_path: Path) -> Tofu:
    return Tofu(tmp_path)


def test_every_file_is_formatted_as_tofu_does_it() -> None:
    program = tools.TOFU.path()
    command = [program, "fmt", "-check", "-diff", "-recursive", str(INFRA / "terraform")]
    done = subprocess.run(
        command, env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_that_is_not_formatted_is_seen(tofu: Tofu) -> None:
    path = tofu.folder / "terraform" / "example" / "main.tf"
    path.write_text(
        path.read_text().replace("  project = local.project\n", "  project =   local.project\n", 1)
    )
    said = tofu.run("fmt", "-check", "-recursive", str(tofu.folder / "terraform"), code=3)
    assert said.strip().endswith("infra/terraform/example/main.tf")
    assert len(said.split()) == 1


@pytest.mark.parametrize("root", ROOTS)
def test_the_module_and_its_example_are_valid(tofu: Tofu, root: str) -> None:
    assert tofu.verdict(root) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        pytest.param(
            "scheduler.tf", "attempt_deadline ", "attempt_deadlin ", "Unsupported argument", id="argument"
        ),
        pytest.param(
            "outputs.tf", "service_config[0].uri", "service_config[0].url", 'named "url"', id="attribute"
        ),
        pytest.param("scheduler.tf", "var.shards", "var.shard", "undeclared input variable", id="variable"),
        pytest.param(
            "scheduler.tf",
            'time_zone        = "Etc/UTC"',
            "time_zone        = [1]",
            "string required",
            id="type",
        ),
        pytest.param("cluster.tf", "yamldecode(", "yamldecoded(", "Call to unknown function", id="function"),
        pytest.param(
            "example/main.tf",
            '  namespaces = ["argo"]\n',
            "  namespace = 1\n",
            "namespace",
            id="of the module",
        ),
    ],
)
def test_what_is_wrong_is_seen(tofu: Tofu, file: str, before: str, after: str, words: str) -> None:
    path = tofu.folder / "terraform" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    root = "terraform/example" if file.startswith("example/") else "terraform"
    assert any(words in each for each in tofu.verdict(root, code=1))


def environment(planned: dict, function: str) -> dict[str, str]:
    return service(planned, function)["environment_variables"]


def service(planned: dict, function: str) -> dict:
    (config,) = planned[f'google_cloudfunctions2_function.function["{function}"]']["service_config"]
    return config


def test_a_plan_with_nothing_but_what_it_must_know(tofu: Tofu) -> None:
    planned = tofu.planned({})
    common = {"KUBE_AUTH": "gke", "GKE_HOST": "argo.gke.goog", "WORKERS": "1"}
    assert environment(planned, "cron") == {**common, "DEFAULT_TIMEZONE": "UTC"}
    assert environment(planned, "events") == common
    roles = [address for address in planned if address.startswith("kubernetes_")]
    assert len(roles) == 8
    assert all(address.startswith("kubernetes_cluster_role") for address in roles)
    assert not [address for address in planned if "pubsub_topic" in address]


def test_every_setting_of_a_function_can_be_given(tofu: Tofu) -> None:
    given = {"cron": {"MODE": "shadow", "INSTANCE_ID": "two"}, "events": {"DELIVERY_RECORD": "100"}}
    planned = tofu.planned({"environment": given})
    for function, settings in given.items():
        assert settings.items() <= environment(planned, function).items()


def test_rights_in_some_namespaces_alone(tofu: Tofu) -> None:
    planned = tofu.planned({"namespaces": ["a", "b"]})
    assert environment(planned, "cron")["MANAGED_NAMESPACE"] == "a,b"
    made = {address: values for address, values in planned.items() if address.startswith("kubernetes_")}
    assert not [address for address in made if "cluster_role" in address]
    places = [values["metadata"][0]["namespace"] for values in made.values()]
    assert sorted(places) == ["a"] * 8 + ["b"] * 8


def test_every_name_begins_with_the_prefix(tofu: Tofu) -> None:
    planned = tofu.planned(
        {"prefix": "second", "bursts": True, "webhook_namespaces": ["a"], "labels": {"team": "platform"}}
    )
    assert "triggerfish" not in {
        word.partition("-")[0]
        for address, values in planned.items()
        if not address.startswith("google_monitoring")
        for key in ("name", "account_id", "secret_id", "role_id")
        for word in [str(values.get(key) or "")]
    }
    inside = [
        values["metadata"][0]["name"] for address, values in planned.items() if "kubernetes_" in address
    ]
    assert inside
    assert all(name.startswith("second-") for name in inside)
    for address in (
        'google_cloudfunctions2_function.function["cron"]',
        "google_storage_bucket.source",
        "google_pubsub_topic.deliveries[0]",
        'google_secret_manager_secret.clients["a"]',
    ):
        assert planned[address]["labels"] == {"team": "platform"}, address
    assert environment(planned, "events")["SECRET_NAME"] == (
        "projects/p/secrets/second-webhook-clients-{namespace}/versions/latest"
    )


def test_how_the_functions_run_can_be_given(tofu: Tofu) -> None:
    planned = tofu.planned(
        {
            "min_instances": {"events": 2},
            "ingress": {"cron": "ALLOW_INTERNAL_ONLY"},
            "vpc": {"connector": "c", "egress": "ALL_TRAFFIC"},
            "webhook_namespaces": ["a"],
            "secret_version": "3",
            "build_service_account": "projects/p/serviceAccounts/b@example.com",
            "dns_endpoint": False,
            "shards": 2,
        }
    )
    events, cron = service(planned, "events"), service(planned, "cron")
    assert (events["min_instance_count"], cron["min_instance_count"]) == (2, 0)
    assert (events["ingress_settings"], cron["ingress_settings"]) == ("ALLOW_ALL", "ALLOW_INTERNAL_ONLY")
    assert (events["vpc_connector"], events["vpc_connector_egress_settings"]) == ("c", "ALL_TRAFFIC")
    assert events["environment_variables"]["SECRET_NAME"].endswith("/versions/3")
    assert environment(planned, "cron")["GKE_CA"] == "UEVN"
    assert "google_service_account.build[0]" not in planned
    (build,) = planned['google_cloudfunctions2_function.function["cron"]']["build_config"]
    assert build["service_account"] == "projects/p/serviceAccounts/b@example.com"
    assert len([address for address in planned if address.startswith("google_cloud_scheduler_job")]) == 2


def test_credentials_for_git_hosts_are_where_the_webhook_secrets_are(tofu: Tofu) -> None:
    given = {"git_hosts": {"namespaces": ["a", "b"], "recover": ["a"]}}
    planned = tofu.planned({**given, "webhook_namespaces": ["a", "b"]})
    name = "projects/p/secrets/triggerfish-hosts-{namespace}/versions/latest"
    for function in ("cron", "events"):
        settings = environment(planned, function)
        assert (settings["SECRET_STORE"], settings["HOST_SECRET_NAME"]) == ("google", name)
    assert environment(planned, "cron")["RECOVER_NAMESPACES"] == "a"
    assert environment(planned, "cron")["SECRET_NAME"] == environment(planned, "events")["SECRET_NAME"]
    assert "RECOVER_NAMESPACES" not in environment(planned, "events")
    readers = {each for each in planned if each.startswith("google_secret_manager_secret_iam_member.")}
    assert readers == {
        *(f'google_secret_manager_secret_iam_member.clients["{each}"]' for each in "ab"),
        'google_secret_manager_secret_iam_member.recovered["a"]',
        *(
            f'google_secret_manager_secret_iam_member.hosts["{each}/{function}"]'
            for each in "ab"
            for function in ("cron", "events")
        ),
    }
    assert not [each for each in planned if "kubernetes_" in each and "hosts" in each]


def test_or_in_the_cluster_with_roles_for_them(tofu: Tofu) -> None:
    planned = tofu.planned({"git_hosts": {"namespaces": ["a"], "recover": ["a"]}})
    assert environment(planned, "cron")["RECOVER_NAMESPACES"] == "a"
    assert "SECRET_STORE" not in environment(planned, "events")
    assert not [each for each in planned if each.startswith("google_secret_manager_secret.hosts")]
    more = {"triggerfish-cron-hosts", "triggerfish-events-hosts", "triggerfish-cron-recover"}
    for kind in ("role", "role_binding"):
        for role in more:
            assert f'kubernetes_cluster_{kind}_v1.function["{role}"]' in planned


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"git_hosts": {"recover": ["a"]}},
            "git_hosts.recover names namespaces of git_hosts.namespaces alone",
        ),
        ({"packages": {}}, "run `make package`, or name the archives in `packages`"),
        ({"min_instances": {"events": 11}}, "min_instances is more than the most"),
        ({"min_instances": {"cron": 2}}, "min_instances is more than the most"),
        ({"bursts": True, "ingress": {"events": "ALLOW_INTERNAL_ONLY"}}, "ingress.events must be ALLOW_ALL"),
        ({"environment": {"events": {"WORKERS": "4"}}}, "WORKERS must stay 1"),
        ({"environment": {"cron": {"WORKERS": "4"}}}, "WORKERS must stay 1"),
        ({"prefix": "Triggerfish"}, "2 to 20 lower-case letters"),
        ({"prefix": "a" * 21}, "2 to 20 lower-case letters"),
        ({"ingress": {"cron": "NOBODY"}}, "ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."),
        ({"vpc": {"egress": "SOME"}}, "vpc.egress is PRIVATE_RANGES_ONLY or ALL_TRAFFIC."),
        ({"secret_version": "newest"}, "latest, or a version's number."),
        ({"shards": 0}, "Between 1 and 64 shards."),
        ({"shards": 65}, "Between 1 and 64 shards."),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_value_that_cannot_work_is_refused_before_anything_changes(
    tofu: Tofu, variables: dict, words: str
) -> None:
    assert words in tofu.plan(variables, code=1)
