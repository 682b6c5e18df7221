"""`make audit`: what is deployed, checked against known vulnerabilities and its licences listed.

Usage: audit.py TARGET. Writes TARGET/licences-<function>.md. Exit code 1: a vulnerability, or a licence that
nobody has judged; 3: vulnerability data is missing, and nothing else is wrong. (`make` itself
then ends with 2, and writes the code.)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("cron", "events")
# Licences that ask for no more than notices, or (MPL, LGPL) for changes to their own files, as pip-licenses
# writes them.
ACCEPTED = re.compile(
    r"Apache-2\.0|Apache Software License|MIT|MIT-0|MIT License|ISC|Unlicense|PSF-2\.0|MPL-2\.0"
    r"|BSD License|3-Clause BSD License|BSD-[23]-Clause|Python Software Foundation License"
    r"|Mozilla Public License 2\.0 \(MPL 2\.0\)|GNU Lesser General Public License v3 or later \(LGPLv3\+\)"
)

# The metadata does not say, the licence file does.
READ = {"cel-python": "Apache-2.0"}


def locked(lock: Path) -> dict[str, str]:
    """Version by normalised name of everything in a lock."""
    pairs = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), re.M)
    return {normal(name): version for name, version in pairs}


def normal(name: str) -> str:
    """Normalize a name as package indexes do."""
    return re.sub(r"[-_.]+", "-", name).lower()


def tool(*command: str) -> Any:
    """Run a tool of this virtual environment; its output as JSON, None without any."""
    path = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(path), *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603  our own tools
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        print(f"{command[0]}: {done.stderr.strip()[-500:]}", file=sys.stderr)
        return None


def vulnerabilities(lock: Path) -> tuple[list[str], set[str]]:
    """A line for each, and the packages for which there is no data."""
    report = tool(
        "pip-audit", "-r", str(lock), "--disable-pip", "--no-deps", "--format=json", "--progress-spinner=off"
    )
    audited = [one for one in (report or {}).get("dependencies", []) if "vulns" in one]
    lines = [
        f"{one['name']} {one['version']}: {bug['id']}, fixed in {', '.join(bug['fix_versions']) or 'none'}"
        for one in audited
        for bug in one["vulns"]
    ]
    return lines, set(locked(lock)) - {normal(one["name"]) for one in audited}


def licences(lock: Path) -> list[tuple[str, str, str]]:
    """Name, version and licence of each that is in the lock and installed here."""
    wanted = locked(lock)
    listed = tool("pip-licenses", "--format=json", "--from=mixed", "--with-system") or []
    return sorted(
        (normal(one["Name"]), one["Version"], READ.get(normal(one["Name"]), one["License"]))
        for one in listed
        if normal(one["Name"]) in wanted
    )


def is_accepted(licence: str) -> bool:
    """True when each part of an expression, whatever joins them, is a licence that somebody has judged."""
    parts = re.split(r" AND | OR |; ", licence)
    return all(ACCEPTED.fullmatch(part) or ACCEPTED.fullmatch(part.strip("()")) for part in parts)


def main(arguments: list[str]) -> int:
    """Check each function's lock."""
    target = Path(arguments[0])
    target.mkdir(parents=True, exist_ok=True)
    code = 0
    for function in FUNCTIONS:
        lock = ROOT / "infra" / "locks" / f"{function}.txt"
        rows = licences(lock)
        table = "".join(f"| {name} | {version} | {licence} |\n" for name, version, licence in rows)
        path = target / f"licences-{function}.md"
        path.write_text(f"| package | version | licence |\n|---|---|---|\n{table}")
        unknown = [f"{name}: {licence}" for name, _, licence in rows if not is_accepted(licence)]
        unknown += [
            f"{name}: not installed here" for name in sorted(set(locked(lock)) - {row[0] for row in rows})
        ]
        bugs, unaudited = vulnerabilities(lock)
        print(f"{function}: {len(rows)} packages, their licences are in {path}")
        for line in (*unknown, *bugs):
            print(f"  {line}")
        if unknown or bugs:
            code = 1
        if unaudited:
            which = "any package" if len(unaudited) == len(rows) else ", ".join(sorted(unaudited))
            print(
                f"  not audited: pip-audit found no vulnerability data (has it access to PyPI?) for {which}"
            )
            code = code or 3
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
