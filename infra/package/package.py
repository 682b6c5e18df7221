"""`make package`: build/<function>/ and build/<function>.zip, ready for any deploy command.

Usage: package.py TARGET. Each folder has main.py, the package as a folder beside it, hashed requirements for
that function alone, a Dockerfile and a Procfile. The same checkout gives the same bytes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("cron", "events")
# What each function needs of the package, by the name at its top; a test finds one that is missing or idle.
_BOTH = frozenset(
    {
        *("__init__.py", "py.typed", "annotations.py", "errors.py"),
        *("cron", "expressions", "hostapi", "hosts", "http", "kube", "runtime", "secrets", "settings"),
        *("webhooks", "workflows"),
    }
)
ROOMS = {
    "cron": _BOTH | {"cron_function"},
    "events": _BOTH | {"console", "events", "events_function", "queries", "sinks"},
}
# Zip knows no earlier time; a fixed one makes archives equal.
EPOCH = (1980, 1, 1, 0, 0, 0)


def contents(function: str) -> dict[str, bytes]:
    """The package of one function: bytes by path, in order."""
    package = ROOT / "shared" / "triggerfish"
    files = {"main.py": (ROOT / "functions" / function / "main.py").read_bytes()}
    for path in package.rglob("*"):
        inner = path.relative_to(package)
        if path.is_file() and inner.parts[0] in ROOMS[function] and "__pycache__" not in inner.parts:
            files[f"triggerfish/{inner.as_posix()}"] = path.read_bytes()
    files["requirements.txt"] = (ROOT / "infra" / "locks" / f"{function}.txt").read_bytes()
    files["sbom.json"] = bill_of_materials(files["requirements.txt"].decode())
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    for name in ("Dockerfile", "Procfile"):
        template = (Path(__file__).parent / f"{name}.in").read_text()
        files[name] = template.replace("@FUNCTION@", function).encode()
    return dict(sorted(files.items()))


def bill_of_materials(lock: str) -> bytes:
    """The lock as CycloneDX. Its hashes stay in requirements.txt: with them this would be half a megabyte."""
    pins = "".join(f"{pin}\n" for pin in re.findall(r"^\S+==[^\\\n]*", lock, re.M))
    tool = Path(sys.executable).parent / "cyclonedx-py"
    command = [str(tool), "requirements", "--output-reproducible", "--no-validate", "-"]
    done = subprocess.run(command, input=pins.encode(), capture_output=True, check=True)  # noqa: S603  our own tool
    return done.stdout


def write(files: dict[str, bytes], folder: Path) -> None:
    """Replace the folder by these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def archive(files: dict[str, bytes], path: Path) -> None:
    """The same as a zip, as Cloud Functions takes its source."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            into.writestr(entry, content)


def main(arguments: list[str]) -> int:
    """Package every function."""
    parser = argparse.ArgumentParser(description="Build the folders that are deployed.")
    parser.add_argument("target", type=Path)
    target: Path = parser.parse_args(arguments).target
    for function in FUNCTIONS:
        files = contents(function)
        write(files, target / function)
        archive(files, target / f"{function}.zip")
        size = sum(map(len, files.values())) // 1024
        print(f"{target / function}: {len(files)} files, {size} KiB; {target / function}.zip")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
