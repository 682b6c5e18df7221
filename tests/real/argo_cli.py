"""Argo's own command line, built by Go from Argo's module into the cache folder."""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.real.argo import VERSION
from tests.real.golang import Unavailable, cache_folder, go, go_in, is_there

MODULE = "github.com/argoproj/argo-workflows/v4"


def command(environment: Mapping[str, str]) -> Path:
    """The program, built first when need be (5 minutes on two cores). Raises ``Unavailable``."""
    kept = cache_folder(environment) / f"argo-cli-{VERSION}"
    if not kept.is_file():
        if not is_there(environment):
            raise Unavailable("Argo's command line is built by Go, and there is no Go.")
        build(kept, environment)
    return kept


def build(target: Path, environment: Mapping[str, str]) -> None:
    """Build it from a copy of the module, which lacks what its web interface is built of."""
    print(f"Building Argo's command line into {target} (once) …", file=sys.stderr, flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".argo-cli-") as name:
        folder = Path(name)
        go("argo", "mod", "download", MODULE, folder=folder, environment=environment)
        where = go(
            "argo", "list", "-m", "-f", "{{.Dir}}", MODULE, folder=folder, environment=environment
        ).strip()
        source = folder / "source"
        # Without the modes of the files: those of the module cache are read-only.
        shutil.copytree(where, source, copy_function=shutil.copyfile)
        for each in (source, *(path for path in source.rglob("*") if path.is_dir())):
            each.chmod(0o755)
        # The command line has the server in it, which has the web interface in it: an empty one will do.
        page = source / "ui" / "dist" / "app" / "index.html"
        page.parent.mkdir(parents=True)
        page.touch()
        stamp = f"-s -w -X {MODULE}.version={VERSION}"
        half = folder / "argo"
        go_in(source, "build", "-ldflags", stamp, "-o", str(half), "./cmd/argo", environment=environment)
        half.replace(target)
