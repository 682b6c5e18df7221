"""docs/hosts says what each Git host can do: what its API can, in its words, and how it is connected."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from tests.cli.calling import call

from triggerfish.hosts.api.registry import APIS
from triggerfish.hosts.api.values import State
from triggerfish.hosts.registry import SENDERS

FOLDER = Path(__file__).parents[2] / "docs" / "hosts"
README = (FOLDER / "README.md").read_text("utf-8")
# The columns of the table, and the methods that they stand for.
COLUMNS = {
    "status": "post_status",
    "files": "files",
    "permission": "permission",
    "pull request": "pull_request",
    "lost deliveries": "failed_deliveries",
    "webhook made": "create_hook",
    "test delivery": "ping",
}
ROWS = {
    State.PENDING: "created, waiting",
    State.RUNNING: "running",
    State.SUCCESS: "succeeded",
    State.FAILURE: "failed",
    State.ERROR: "ended with an error, or no Workflow could be made",
    State.CANCELED: "stopped, deleted or superseded",
}


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table whose heading begins so."""
    table = text[text.index(f"| {head} |") :].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table if "---" not in line]


def page(host: str) -> str:
    """The page of a host, in which a line may break anywhere."""
    return " ".join((FOLDER / f"{host}.md").read_text("utf-8").split())


def test_the_table_says_what_each_host_can_do() -> None:
    heading, *found = rows(README, "host")
    assert heading[1:] == list(COLUMNS)
    expected = {
        host: ["no" if method in api.cannot else "yes" for method in COLUMNS.values()]
        for host, api in APIS.items()
    }
    assert {re.findall(r"\((\w+)\.md\)", row[0])[0]: row[1:] for row in found} == expected


def test_each_host_has_its_page() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} - {"README"} == set(APIS)


@pytest.mark.parametrize("host", sorted(APIS))
def test_the_page_says_what_is_reported(host) -> None:
    _, *found = rows((FOLDER / f"{host}.md").read_text("utf-8"), "the run is")
    assert {tuple(row) for row in found} == {
        (words, f"`{APIS[host].words[state]}`") for state, words in ROWS.items()
    }


@pytest.mark.parametrize("host", sorted(APIS))
def test_the_page_says_what_is_not_possible_and_why(host) -> None:
    section = page(host).partition("## What is not possible")[2].partition(" ## ")[0]
    for reason in APIS[host].cannot.values():
        assert reason[1:] in section


@pytest.mark.parametrize("host", sorted(APIS))
def test_the_page_says_what_to_click(host) -> None:
    setup = SENDERS[host].setup
    assert setup.page in page(host)
    assert all(f"*{event}*" in page(host) for event in setup.events)


@pytest.mark.parametrize("host", sorted(APIS))
def test_the_command_of_the_page_is_one(host, embedded, monkeypatch) -> None:
    command = page(host).partition("```sh ")[2].partition(" ```")[0].replace("\\ ", "")
    variable, program, *words = shlex.split(command)
    assert (variable.partition("=")[0], program) == ("TRIGGERFISH_HOST_TOKEN", "triggerfish")
    monkeypatch.setenv("TRIGGERFISH_HOST_TOKEN", "a-token")
    words[words.index("-n") + 1] = namespace = embedded.new_namespace()
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles"
    role = {"metadata": {"name": "triggerfish-webhook"}, "rules": []}
    assert embedded.request("POST", roles, role)[0] == 201
    # Nothing is written, at the host neither.
    printed = call(*words, "--kubeconfig", str(embedded.kubeconfig), "--dry-run", "-o", "yaml")
    made = {each["kind"] for each in yaml.safe_load_all(printed)}
    assert {"ServiceAccount", "RoleBinding", "Secret"} <= made
