"""docs/architecture.md draws every room, answers every question by a path that is there, and stays short."""

import re

import pytest
from tests.docs.transcripts.pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PACKAGE = ROOT / "shared" / "triggerfish"


def rows(heading: str) -> dict[str, list[str]]:
    """The paths of each row of the table under a heading, by the row's first cell."""
    lines = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("|") and "`" in line]
    return {first.strip(): re.findall(r"`([^`]+)`", " ".join(rest)) for first, *rest in cells}


def test_it_stays_short():
    assert len(PAGE.splitlines()) <= 120


def test_the_picture_has_every_room():
    picture = PAGE.partition("```text\n")[2].partition("```")[0]
    found = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert found - {"__init__"} <= set(re.findall(r"\w+", picture))


@pytest.mark.parametrize("asked", ["Forbid stop a schedule", "Forbid stop an event"])
def test_each_decision_has_one_path(asked):
    [found] = [paths for question, paths in rows("Where is it decided?").items() if asked in question]
    assert len(found) == 1


@pytest.mark.parametrize(
    "what",
    ["Git host", "secret store", "sink", "command", "screen", "setting", "annotation", "skip reason"],
)
def test_each_addition_has_one_path_and_one_registry_at_most(what):
    [found] = [paths for row, paths in rows("Where to add").items() if what in row]
    assert 1 <= len(found) <= 2


@pytest.mark.parametrize("path", [path for found in rows("Where to add").values() for path in found])
def test_each_path_to_add_to_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", PAGE.partition("## Where")[0]))
def test_each_step_of_the_two_ways_is_there(path):
    assert (PACKAGE / path).is_file() or (ROOT / path).is_file()
