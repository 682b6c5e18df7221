"""A mutant of the tree, and what its tests say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_parts = ("shared", "functions", "infra", "tests", "docs", "pyproject.toml", "README.md", "Makefile")
_marks = "not bench and not real and not browser"
# Seconds: some only make a test wait for ever.
_longest = 300
_pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", _marks]


def copied(folder: Path) -> Path:
    """The tree without what was built, in that folder."""
    for part in _parts:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, folder / part)
    return folder


def changed(mutant, tree: Path) -> str:
    """Change the file; its text before. ``ValueError`` when the line is not there once."""
    path = tree / mutant.file
    before = path.read_text()
    if before.count(mutant.before) != 1:
        raise ValueError(
            f"{mutant.name}: {mutant.file} has {mutant.before!r} {before.count(mutant.before)} times"
        )
    path.write_text(before.replace(mutant.before, mutant.after))
    return before


def survives(mutant, tree: Path) -> bool:
    """Whether all its tests pass in spite of it; the tree is as before afterwards."""
    before = changed(mutant, tree)
    try:
        # Programs that a test starts have that tree too.
        environment = {**os.environ, "PYTHONPATH": str(tree / "shared")}
        try:
            done = subprocess.run(
                [*_pytest, *mutant.tests],
                cwd=tree,
                env=environment,
                capture_output=True,
                text=True,
                timeout=_longest,
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode not in (0, 1, 2) or re.search(r"^no tests ran", done.stdout, re.M):
            raise AssertionError(
                f"{mutant.name}: the tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.returncode == 0
    finally:
        (tree / mutant.file).write_text(before)
