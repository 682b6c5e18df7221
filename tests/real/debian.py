"""A root file system of Debian's packages: made once by infra/package/root.sh into the cache folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.real.golang import Unavailable, cache_folder

SCRIPT = Path(__file__).parents[2] / "infra" / "package" / "root.sh"


def find(environment: Mapping[str, str]) -> Path:
    """The archive, made first when need be. Raises ``Unavailable``."""
    archive = cache_folder(environment) / "debian-bookworm" / "root.tar.gz"
    if archive.is_file():
        return archive
    if not shutil.which("mmdebstrap", path=environment.get("PATH")):
        raise Unavailable("A root of Debian's packages needs mmdebstrap (apt-get install mmdebstrap).")
    print(f"Making {archive} (once) …", file=sys.stderr, flush=True)
    archive.parent.mkdir(parents=True, exist_ok=True)
    half = archive.with_name("half.tar.gz")
    done = subprocess.run(["sh", str(SCRIPT), str(half)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"mmdebstrap made no root:\n{done.stderr[-2000:]}")
    half.replace(archive)
    return archive


def root() -> Path:
    """The archive; a test without it is skipped and says why."""
    try:
        return find(os.environ)
    except Unavailable as error:
        pytest.skip(str(error))
