"""What people get wrong: each is a sentence that names what is wrong, and an exit code, never a traceback."""

import pytest
import yaml
from tests.cli.calling import call, failure, make, path
from typer.testing import CliRunner

from triggerfish.cli.main import app

CRON = """\
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: night}
spec:
  schedules: ["30 2 * * *"]
  workflowMetadata: {annotations: {triggerfish.dev/simulate: 0.1s}}
  workflowSpec: {entrypoint: main, templates: [{name: main, container: {image: busybox}}]}
"""
FILES = {
    "cron.yaml": CRON,
    "broken.yaml": "kind: CronWorkflow\nspec: [1",
    "nameless.yaml": CRON.replace("{name: night}", "{}"),
    "list-as-metadata.yaml": CRON.replace("{name: night}", "[1]"),
    "empty.yaml": "",
    "empty.json": "",
    "payload.json": "{}",
    "binding.yaml": "kind: WorkflowEventBinding\nmetadata: {name: b}\nspec: {event: {selector: 'true'}}",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("next nowhere.yaml", "NAME: nowhere.yaml cannot be read: No such file"),
        ("next broken.yaml", "broken.yaml:2: not YAML"),
        ("next bytes.yaml", "bytes.yaml is not UTF-8 text"),
        ("next nameless.yaml", "metadata.name: a CronWorkflow has no name"),
        ("next list-as-metadata.yaml", "metadata.name: a CronWorkflow has no name"),
        ("next -", "there is no CronWorkflow in standard input"),
        ("next cron.yaml --from soon", "--from: 'soon' is not a date or a time"),
        ("next cron.yaml --timezone Berlin", "--timezone: unknown time zone 'Berlin'"),
        ("calendar cron.yaml --month May", "--month: 'May' is not a month"),
        ("calendar cron.yaml night", "cron.yaml is a file; give either files or names"),
        ("lint cron.yaml --from soon", "--from: 'soon' is not a date or a time"),
        ("explain cron night --last soon", "--last 'soon' is not a duration"),
        ("preview cron night --at 2026-11-23", "--at: '2026-11-23' is a day"),
        ("suspend night --until soon", "--until: 'soon' is not a date or a time"),
        ("backfill night --from x --to y", "--from: 'x' is not a date or a time"),
        ("backfill night --from 2026-11-23 --to y", "--to: 'y' is not a date or a time"),
        ("match -b cron.yaml --payload payload.json", "--binding: there is no WorkflowEventBinding in cron"),
        ("match -b binding.yaml --payload broken.yaml", "--payload: the body is not JSON"),
        ("match -b binding.yaml --payload payload.json -H x", "--header: 'x' does not have the form"),
        ("send payload.json", "--sender: say who sends"),
        ("send payload.json --sender hub --secret s", "--sender: there is no sender 'hub'"),
        ("send payload.json --sender github", "--secret: there is no secret"),
        ("send payload.json --token t --server here", "--server: 'here' is not an address"),
        ("send nowhere.json --token t", "PAYLOAD: nowhere.json cannot be read: No such file"),
        ("submit cron.yaml", "WHAT: cron.yaml holds CronWorkflow, not a Workflow"),
        ("submit empty.yaml", "WHAT: there is no Workflow in empty.yaml"),
        ("submit workflowtemplate/", "WHAT: 'workflowtemplate/' is neither a file nor KIND/NAME"),
        ("get crons", "no cluster: set KUBECONFIG, or start one here with `make run`"),
        ("get crons --kubeconfig nowhere", "nowhere cannot be read: No such file"),
        ("dev advance soon", "'soon' is not a duration to advance by"),
        ("dev advance 2h", "start the embedded cluster first"),
    ],
)
def test_one_sentence_says_what_and_where(folder, typed, said):
    assert said in failure(*typed.split())


@pytest.mark.parametrize(
    "typed",
    [
        "nonsense",
        "lint",
        "lint nowhere.yaml",
        "lint bytes.yaml",
        "lint empty.yaml",
        "next cron.yaml -c 0",
        "get things",
        "match -b binding.yaml --payload payload.json --dialect lua",
        "match -b binding.yaml --payload payload.json -o xml",
        "explain event",
        "suspend",
        "suspend night -l team=blue",
        "backfill night",
    ],
)
def test_a_command_that_is_wrong_is_exit_code_2(folder, typed):
    done = CliRunner().invoke(app, typed.split())
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)


def kubeconfig(folder, text: str, **user: str) -> str:
    document = yaml.safe_load(text)
    document["users"][0]["user"] = user
    (folder / "kubeconfig").write_text(yaml.safe_dump(document))
    return str(folder / "kubeconfig")


@pytest.mark.parametrize("typed", ["get crons", "next night", "trigger night", "submit workflowtemplate/t"])
def test_a_token_that_is_not_known_says_what_to_do(embedded, folder, typed):
    own = kubeconfig(folder, embedded.kubeconfig.read_text(), token="guessed")
    assert f"the cluster of {own} does not accept your credentials (401)" in failure(
        *typed.split(), "--kubeconfig", own
    )


@pytest.mark.parametrize("typed", ["get crons", "explain cron night", "suspend night", "get deliveries"])
def test_a_right_that_is_missing_is_named(embedded, folder, typed):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "nobody")
    own = kubeconfig(folder, embedded.kubeconfig.read_text(), token=token)
    said = failure(*typed.split(), "--kubeconfig", own, "-n", namespace)
    assert f'User "system:serviceaccount:{namespace}:nobody" cannot' in said


def test_a_cluster_that_does_not_answer_is_named(embedded, folder):
    text = embedded.kubeconfig.read_text().replace(embedded.url, "https://127.0.0.1:1")
    own = kubeconfig(folder, text, token="t")
    assert f"the cluster of {own} does not answer" in failure("get", "crons", "--kubeconfig", own)


def test_a_context_that_is_not_there_is_named(embedded, folder):
    document = yaml.safe_load(embedded.kubeconfig.read_text()) | {"current-context": "gone"}
    (folder / "kubeconfig").write_text(yaml.safe_dump(document))
    assert "no context named 'gone'" in failure("get", "crons", "--kubeconfig", str(folder / "kubeconfig"))


class TestOnTheCluster:
    @pytest.fixture
    def options(self, embedded) -> list[str]:
        namespace = embedded.new_namespace()
        make(embedded, namespace, "cronworkflows", yaml.safe_load(CRON))
        return ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("suspend -l a=b,(", "--selector: unable to parse requirement"),
            ("suspend -l a=b", "there is no CronWorkflow with a=b"),
            ("trigger night -p day", "--parameter: 'day' does not have the form NAME=VALUE"),
            ("submit cronworkflow/night --labels day", "--labels: 'day' does not have the form NAME=VALUE"),
            ("explain cron night --at 2020-01-01", "No slot of night lies on 2020-01-01"),
            ("explain cron night --at 2020-01-01T00:00", "Nothing is due at 2020-01-01T00:00:00Z"),
            ("audit nobody", "there is no CronWorkflow 'nobody'"),
        ],
    )
    def test_one_sentence_says_what_and_where(self, options, typed, said):
        assert said in failure(*typed.split(), *options)

    def test_no_name_of_several_is_written_to_when_one_is_wrong(self, embedded, options):
        failure("suspend", "night", "nobody", *options)
        _, night = embedded.request("GET", path(options[-1], "cronworkflows", "night"))
        assert "suspend" not in night["spec"]

    def test_a_backfill_that_no_terminal_watches_says_how_far_it_is(self, options):
        asked = ["--from", "2026-11-22", "--to", "2026-11-23"]
        done = CliRunner().invoke(app, ["backfill", "night", *asked, *options])
        assert done.exit_code == 0
        assert done.stderr.splitlines()[0] == "0 of 2 done, 1 running"
        assert done.stderr.splitlines()[-1] == "2 of 2 done, 0 running"
        assert done.stdout.count("succeeded") == 2


def test_crons_of_one_name_in_two_namespaces_are_both_shown(folder):
    two = [CRON.replace("{name: night}", f"{{name: night, namespace: {each}}}") for each in ("a", "b")]
    (folder / "two.yaml").write_text("---\n".join(two))
    text = call("next", "two.yaml", "-c", "1", "--from", "2026-11-23")
    assert ("a/night" in text, "b/night" in text) == (True, True)
