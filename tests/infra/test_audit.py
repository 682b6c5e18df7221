"""`make audit`: what it says and how it ends, with tools that answer from a script."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from infra.package.audit import is_accepted, locked

ROOT = Path(__file__).parents[2]
CRON, EVENTS = (locked(ROOT / "infra" / "locks" / f"{function}.txt") for function in ("cron", "events"))
PACKAGES = CRON | EVENTS


def audited(*, but: tuple[str, ...] = (), bug: str = "") -> dict:
    """pip-audit's report: no data about ``but``, a vulnerability in ``bug``."""
    vulnerable = [{"id": "PYSEC-2026-1", "fix_versions": ["9.9"]}]
    return {
        "dependencies": [
            {"name": name, "skip_reason": "not found"}
            if name in but
            else {"name": name, "version": version, "vulns": vulnerable if name == bug else []}
            for name, version in PACKAGES.items()
        ]
    }


def licensed(**other: str) -> list[dict]:
    """pip-licenses' report: MIT, unless ``other`` says more."""
    return [
        {"Name": name, "Version": version, "License": other.get(name, "MIT")}
        for name, version in PACKAGES.items()
    ]


@pytest.fixture
def run(tmp_path: Path):
    """audit.py beside tools that print these reports; a text is printed to stderr instead."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)

    def start(report: object, licences: object) -> tuple[int, str]:
        for name, answer in {"pip-audit": report, "pip-licenses": licences}.items():
            (programs / f"{name}.out").write_text("" if isinstance(answer, str) else json.dumps(answer))
            (programs / f"{name}.err").write_text(answer if isinstance(answer, str) else "")
            (programs / name).write_text('#!/bin/sh\ncat "$0.out"; cat "$0.err" >&2\n')
            (programs / name).chmod(0o755)
        command = [str(programs / "python"), str(ROOT / "infra/package/audit.py"), str(tmp_path / "build")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return start


@pytest.mark.parametrize(
    ("report", "licences", "code", "says"),
    [
        pytest.param(audited(), licensed(), 0, "cron: .* packages, their licences are in", id="all is well"),
        pytest.param(
            audited(bug="aiohttp"), licensed(), 1, r"aiohttp \S+: PYSEC-2026-1, fixed in 9.9", id="vulnerable"
        ),
        pytest.param(
            audited(), licensed(aiohttp="AGPL-3.0"), 1, "aiohttp: AGPL-3.0", id="a licence not judged"
        ),
        pytest.param(
            audited(), licensed()[1:], 1, "not installed here", id="a licence that nobody could read"
        ),
        pytest.param(
            audited(but=tuple(PACKAGES)), licensed(), 3, "not audited: .* any package", id="no data"
        ),
        pytest.param(
            audited(but=("orjson",)), licensed(), 3, "not audited: .* for orjson", id="no data for one"
        ),
        pytest.param("no route to host", licensed(), 3, "pip-audit: no route to host", id="the tool fails"),
        pytest.param(
            audited(but=("orjson",), bug="aiohttp"), licensed(), 1, "not audited: .* for orjson", id="both"
        ),
    ],
)
def test_how_it_ends(run, report: object, licences: object, code: int, says: str) -> None:
    ended, text = run(report, licences)
    assert (ended, bool(re.search(says, text))) == (code, True), text


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("Apache Software License; MIT License", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("Permitted for some, limited for others", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_each_part_of_a_licence_is_judged(licence: str, accepted: bool) -> None:
    assert is_accepted(licence) is accepted
