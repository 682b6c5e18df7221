"""Every command that README and docs show can be typed as it stands: its target, file or option is there.

`make` targets and paths are looked up, `triggerfish` commands parsed by the command line itself, and those
that need no cluster are run.
"""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from triggerfish.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("infra/*/README.md")))
BLOCK = re.compile(r"^```(?:console|sh|bash|shell)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OFFLINE = {"lint", "match"}


def commands() -> Iterator[tuple[str, list[str]]]:
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                text = line.removeprefix("$ ").strip()
                try:
                    words = shlex.split(text, comments=True)
                except ValueError:
                    continue  # output, or a quotation that goes on in the next line
                while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                    words.pop(0)
                if words:
                    yield page.relative_to(ROOT).as_posix(), words


ALL = list(commands())


def of(name: str) -> list:
    found = [(page, words) for page, words in ALL if Path(words[0]).name == name]
    return [pytest.param(words, id=f"{page}: {' '.join(words)}"[:90]) for page, words in found]


@pytest.mark.parametrize("words", of("make"))
def test_the_target_is_in_the_makefile(words):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
    assert named
    assert set(named) <= targets


@pytest.mark.parametrize("words", of("kubectl"))
def test_the_files_that_are_applied_are_there(words):
    for flag, value in itertools.pairwise(words):
        if flag in ("-f", "-k") and value != "-" and value.startswith(("infra/", "tests/", "docs/")):
            assert (ROOT / value).exists(), value


@pytest.mark.parametrize("words", of("triggerfish"))
def test_the_command_line_knows_the_command_and_its_options(words):
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group | typer.core.TyperGroup)
    arguments = [word for word in words[1:] if word not in ("|", ">")]
    if arguments and arguments[0].startswith("--"):
        return
    command = group
    while isinstance(command, typer.core.TyperGroup) and arguments and arguments[0] in command.commands:
        command = command.commands[arguments.pop(0)]
    assert command is not group, words
    if "--help" not in arguments:
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        options = {word.partition("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)}
        assert options <= known, options - known


def here(words: list[str]) -> bool:
    """It needs no cluster, and the files it names are in the project."""
    files = [word for word in words[2:] if "/" in word]
    return words[1] in OFFLINE and all((ROOT / file).exists() for file in files)


@pytest.mark.parametrize("words", [each for each in of("triggerfish") if here(each.values[0])])
def test_a_command_without_a_cluster_runs(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert CliRunner().invoke(app, words[1:]).exit_code == 0


def test_there_is_something_to_look_at():
    names = {Path(words[0]).name for _, words in ALL}
    assert {"make", "kubectl", "triggerfish"} <= names
