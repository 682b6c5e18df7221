"""Modules that fit in a head, and a package whose top fits on a screen."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    path for folder in ("shared", "infra", "functions") for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_they_are_looked_at():
    assert len(MODULES) > 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_at_most_300_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_the_package_has_at_most_20_names_at_its_top():
    top = ROOT / "shared" / "triggerfish"
    names = {path.stem for path in top.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert "cron" in names
    assert len(names - {"__init__"}) <= 20
