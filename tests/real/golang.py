"""Go, which makes what the tests of a real API server need, from the modules in tests/real/go/.

Their go.sum pins every byte that comes from elsewhere. What is made is kept in a cache folder.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

MODULES = Path(__file__).parent / "go"


class Unavailable(Exception):  # noqa: N818  says what is the case
    """Something is not there and there is no way to make it; the message says what to do."""


def cache_folder(environment: Mapping[str, str]) -> Path:
    """``$XDG_CACHE_HOME/triggerfish``, else ``~/.cache/triggerfish``."""
    base = environment.get("XDG_CACHE_HOME") or os.path.join(environment.get("HOME", "."), ".cache")
    return Path(base) / "triggerfish"


def is_there(environment: Mapping[str, str]) -> bool:
    """Whether there is a ``go`` to call."""
    return shutil.which("go", path=environment.get("PATH")) is not None


def stamp(module: str) -> str:
    """Names the state of a module with a program of its own: it is built again after a change."""
    sources = b"".join(path.read_bytes() for path in sorted((MODULES / module).iterdir()))
    return hashlib.sha256(sources).hexdigest()[:12]


def go(module: str, *arguments: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What ``go ARGUMENTS`` prints in a copy of that module inside ``folder``; errors as ``go_in``."""
    # A copy: -mod=mod may write to go.mod and go.sum, and the project's own stay as they are.
    workplace = folder / f".{module}-module"
    shutil.copytree(MODULES / module, workplace, dirs_exist_ok=True)
    printed = go_in(workplace, *arguments, environment=environment)
    shutil.rmtree(workplace)
    return printed


def go_in(folder: Path, *arguments: str, environment: Mapping[str, str]) -> str:
    """What ``go ARGUMENTS`` prints in that folder; ``Unavailable`` has Go's own words."""
    done = subprocess.run(
        ["go", *arguments],
        cwd=folder,
        # By the environment, so that it also holds for the Go commands that a program run by Go starts.
        env={**environment, "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"go {arguments[0]} failed in {folder.name}:\n{done.stderr[-2000:]}")
    return done.stdout
