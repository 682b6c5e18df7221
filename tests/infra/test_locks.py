"""The locks: what floats in them, and how a newer release is noticed."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = re.search(r"^tzdata==(\S+)", (ROOT / "infra/locks/cron.txt").read_text(), re.M)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            "echo tzdata==2099.1", "WARNING: .* and 2099.1 is out: run 'make lock'", id="a newer one"
        ),
        pytest.param("echo tzdata==LOCKED", "LOCKED is locked, the newest release", id="the newest"),
        pytest.param("exit 1", "the package index did not say", id="no index in reach"),
        pytest.param("true", "the package index did not say", id="an index that says nothing"),
    ],
)
def test_a_newer_release_of_the_zones_is_noticed(tmp_path: Path, answer: str, said: str) -> None:
    assert LOCKED
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\n{answer.replace('LOCKED', LOCKED[1])}\n")
    uv.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "infra/locks/zones.sh"), str(uv)], capture_output=True, text=True, check=True
    )
    assert re.search(said.replace("LOCKED", re.escape(LOCKED[1])), done.stdout)


def test_ci_asks_for_it() -> None:
    assert "make zones" in (ROOT / ".ci/run").read_text()


def test_the_zones_alone_float() -> None:
    stated = re.findall(r"^([a-z][\w.-]*)(\S*)", (ROOT / "requirements.txt").read_text(), re.M)
    assert [name for name, version in stated if not version.startswith("==")] == ["tzdata"]


def test_every_lock_has_the_same_zones() -> None:
    found = {
        name: re.findall(r"^tzdata==(\S+)", (ROOT / f"infra/locks/{name}.txt").read_text(), re.M)
        for name in ("cron", "events", "dev")
    }
    assert len({tuple(versions) for versions in found.values()}) == 1, found
