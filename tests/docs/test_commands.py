"""What README and docs name in a command is there: the target of make, the file, the option.

Most commands are typed as well (test_transcripts.py); this looks at the others too, and asks no cluster.
"""

import itertools
import json
import re
import shlex
from pathlib import Path

import pytest
import typer
from tests.docs.transcripts.pages import PAGES, ROOT, blocks

from triggerfish.cli.main import app
from triggerfish.cron_function import starting as cron
from triggerfish.events_function import starting as events


def words(text: str) -> list[str]:
    """Of a command, without the variables that are set for it."""
    found = shlex.split(text.replace("\\\n", " "), comments=True)
    return list(itertools.dropwhile(lambda word: re.fullmatch(r"[A-Z_]+=.*", word), found))


ALL = [
    (page.relative_to(ROOT).as_posix(), words(command.text))
    for page in PAGES
    for block in blocks(page.read_text("utf-8"))
    for command in block.commands
]


def of(name: str) -> list:
    found = [(page, typed) for page, typed in ALL if typed and Path(typed[0]).name == name]
    return [pytest.param(typed, id=f"{page}: {' '.join(typed)}"[:90]) for page, typed in found]


@pytest.mark.parametrize("typed", of("make"))
def test_the_target_is_in_the_makefile(typed):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = [word for word in typed[1:] if "=" not in word and not word.startswith("-")]
    assert named
    assert set(named) <= targets


@pytest.mark.parametrize("typed", of("kubectl"))
def test_the_files_that_are_applied_are_there(typed):
    for flag, value in itertools.pairwise(typed):
        if flag in ("-f", "-k") and value != "-":
            assert (ROOT / value).exists(), value


@pytest.mark.parametrize("typed", of("helm"))
def test_the_chart_is_there_and_has_the_values_that_are_set(typed):
    assert (ROOT / CHART / "Chart.yaml").is_file()
    if typed[1] in ("install", "upgrade"):
        assert typed[3] == CHART
        assert [name for name in set_values(typed) if not takes(SCHEMA, name)] == []
    else:
        assert typed[1:3] == ["uninstall", "triggerfish"]


CHART = "infra/helm/triggerfish"
SCHEMA = json.loads((ROOT / CHART / "values.schema.json").read_text("utf-8"))


def set_values(typed: list[str]) -> list[list[str]]:
    """The path of each value that is set. A dot parts names, unless it has a backslash before it."""
    paths = []
    for flag, given in itertools.pairwise(typed):
        if flag in ("--set", "--set-string"):
            texts = [each.partition("=")[0] for each in re.split(r",(?![^{]*\})", given)]
        elif flag == "--set-json":
            texts = [given.partition("=")[0]]
        else:
            continue
        paths += [re.split(r"(?<!\\)\.", re.sub(r"\[\d+\]", ".0", text)) for text in texts]
    return paths


def takes(schema: dict, path: list[str]) -> bool:
    """Whether the chart knows a value at that path."""
    if not path:
        return True
    first, *rest = path
    if first in schema.get("properties", {}):
        return takes(schema["properties"][first], rest)
    if schema.get("type") == "array":
        return first == "0" and takes(schema.get("items", {}), rest)
    return not rest and schema.get("additionalProperties", True) is not False


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        pytest.param(("--set", "image.tag=1"), [], id="a value"),
        pytest.param(("--set", "image.tga=1"), [["image", "tga"]], id="a value that is misspelt"),
        pytest.param(("--set", "namespaces={a,b}"), [], id="a list"),
        pytest.param(("--set", "namespaces={a,b},nonsense=1"), [["nonsense"]], id="two values"),
        pytest.param(("--set", "cron.env.MODE=shadow"), [], id="a setting"),
        pytest.param(("--set-string", r"events.podLabels.azure\.io/use=true"), [], id="a dot in a name"),
        pytest.param(
            ("--set", "events.podLabels.azure.io/use=true"),
            [["events", "podLabels", "azure", "io/use"]],
            id="a dot that parts",
        ),
        pytest.param(("--set", "webhooks.clients[0].name=x"), [], id="an entry of a list"),
        pytest.param(("--set-json", 'metrics.egress=[{"a": 1}]'), [["metrics", "egress"]], id="JSON"),
    ],
)
def test_a_value_that_the_chart_does_not_have_is_found(given, wrong):
    assert [path for path in set_values(["helm", *given]) if not takes(SCHEMA, path)] == wrong


@pytest.mark.parametrize("typed", of("gcloud"))
def test_a_function_is_deployed_from_its_package_with_settings_that_it_takes(typed):
    options = dict(word.split("=", 1) for word in typed if word.startswith("--") and "=" in word)
    if typed[1:3] == ["functions", "deploy"]:
        function = options["--entry-point"]
        assert (ROOT / "functions" / function / "main.py").is_file()
        assert options["--source"] == f"build/{function}"
        given = dict(each.split("=", 1) for each in options["--set-env-vars"].split(","))
        examine = {"cron": cron, "events": events}[function].examine
        # The host comes from a variable of the shell.
        found = examine({**given, "GKE_HOST": "10.0.0.1"})
        assert (found.wrong, found.advice) == ((), ())


@pytest.mark.parametrize("typed", of("triggerfish"))
def test_the_command_line_knows_the_command_and_its_options(typed):
    command, arguments = typer.main.get_command(app), typed[1:]
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command = command.commands[arguments.pop(0)]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
    options = {word.partition("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)}
    assert options <= known, options - known


def test_there_is_something_to_look_at():
    names = {Path(typed[0]).name for _, typed in ALL if typed}
    assert {"make", "kubectl", "triggerfish", "helm", "gcloud"} <= names
