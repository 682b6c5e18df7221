"""What README and docs name in a command is there: the target of make, the file, the option.

Most commands are typed as well (test_transcripts.py); this looks at the others too, and asks no cluster.
"""

import itertools
import re
import shlex
from pathlib import Path

import pytest
import typer
from tests.docs.transcripts.pages import PAGES, ROOT, blocks

from triggerfish.cli.main import app


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
    assert {"make", "kubectl", "triggerfish"} <= names
