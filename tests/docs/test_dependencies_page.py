"""docs/dependencies.md has a row for each package that a function may import, and none besides."""

import re

from tests.bench.test_imports import MODULES
from tests.docs.transcripts.pages import ROOT

PAGE = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \| (.+) \| (<?\d+) \|$", PAGE, re.MULTILINE)


def test_every_dependency_has_its_row():
    pinned = re.findall(r"^([a-z0-9-]+)[=>]=", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, *_ in ROWS) == sorted(pinned)


def test_the_command_measures_as_many():
    assert len(MODULES) == len(ROWS)
    assert "tests/bench/test_imports.py" in PAGE
