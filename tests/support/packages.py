"""Packages of the functions as `make package` builds them: of this checkout, or of an earlier commit."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The commit before the settings were checked at start, the records and the ticker changed.
EARLIER = "97cd258"


def built(tree: Path, target: Path) -> Path:
    """The folder with ``cron`` and ``events`` in it."""
    command = [sys.executable, str(tree / "infra" / "package" / "package.py"), str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def current(folder: Path) -> Path:
    """The packages of this checkout."""
    return built(ROOT, folder / "current")


def earlier(folder: Path) -> Path:
    """The packages of ``EARLIER``; the test is skipped in a clone that does not reach back so far."""
    archive = folder / "earlier.tar"
    command = ["git", "-C", str(ROOT), "archive", "--output", str(archive), EARLIER]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"commit {EARLIER} is not in this clone (git fetch --unshallow brings it): {done.stderr}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "tree", filter="data")
    return built(folder / "tree", folder / "earlier")
