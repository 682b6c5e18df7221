"""`make audit`: what is deployed, checked against known vulnerabilities and its licences listed.

Usage: audit.py TARGET. Writes TARGET/licences-<function>.md. Exit code 1: a vulnerability, or a licence that
nobody has judged; 3: the vulnerability data cannot be had, and nothing was found wrong otherwise.
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
# Licences that ask for no more than notices, or (MPL) for changes to their own files.
ACCEPTED = re.compile(
    r"(apache|mit|bsd|isc|python|psf|mpl|mozilla|zlib|unlicense|cc0|public domain|lgpl|lesser general)", re.I
)

# The metadata does not say, the licence file does.
READ = {"cel-python": "Apache-2.0"}


def locked(lock: Path) -> dict[str, str]:
    """Version by normalised name of everything in a lock."""
    pairs = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), re.M)
    return {normal(name): version for name, version in pairs}


def normal(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def tool(*command: str) -> Any:
    """What a tool of this virtual environment prints as JSON; None when it prints none."""
    path = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(path), *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603  our own tools
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        print(f"{command[0]}: {done.stderr.strip()[-500:]}", file=sys.stderr)
        return None


def vulnerabilities(lock: Path) -> tuple[list[str], bool]:
    """A line for each, and whether the data could be had."""
    report = tool(
        "pip-audit", "-r", str(lock), "--disable-pip", "--no-deps", "--format=json", "--progress-spinner=off"
    )
    found = (report or {}).get("dependencies", [])
    lines = [
        f"{one['name']} {one['version']}: {bug['id']}, fixed in {', '.join(bug['fix_versions'])}"
        for one in found
        for bug in one.get("vulns", [])
    ]
    return lines, any("vulns" in one for one in found)


def licences(lock: Path) -> list[tuple[str, str, str]]:
    """Name, version and licence of each that is in the lock and installed here."""
    wanted = locked(lock)
    listed = tool("pip-licenses", "--format=json", "--from=mixed", "--with-system") or []
    return sorted(
        (normal(one["Name"]), one["Version"], READ.get(normal(one["Name"]), one["License"]))
        for one in listed
        if normal(one["Name"]) in wanted
    )


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
        unknown = [f"{name}: {licence}" for name, _, licence in rows if not ACCEPTED.search(licence)]
        bugs, complete = vulnerabilities(lock)
        print(f"{function}: {len(rows)} packages, their licences are in {path}")
        for line in (*unknown, *bugs):
            print(f"  {line}")
        if unknown or bugs:
            code = 1
        elif not complete:
            print("  not audited: pip-audit found no vulnerability data for any package (no access to PyPI?)")
            code = code or 3
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
