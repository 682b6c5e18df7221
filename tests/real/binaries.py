"""kube-apiserver, etcd and kube-controller-manager: found, or built by Go into a cache folder.

``KUBEBUILDER_ASSETS`` wins when it is set. Else they are in the cache folder of tests/real/golang.py.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.real.golang import Unavailable, go, is_there
from tests.real.golang import cache_folder as caches

KUBERNETES = "v1.34.4"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")
NEITHER = """\
No kube-apiserver: neither KUBEBUILDER_ASSETS nor Go is there. Either
  set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver
  (setup-envtest use 1.34.x prints one; kube-controller-manager beside them is used when it is there), or
  install Go 1.24 or newer, which builds them once into {cache} (about 5 minutes on two cores)."""


@dataclass(frozen=True)
class Binaries:
    """Paths; ``controller_manager`` is None when the folder given has none."""

    etcd: Path
    apiserver: Path
    controller_manager: Path | None


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where built binaries are kept, by version."""
    return caches(environment) / f"kubernetes-{KUBERNETES}"


def find(environment: Mapping[str, str]) -> Binaries:
    """The binaries, built first when need be. Raises ``Unavailable``."""
    if given := environment.get("KUBEBUILDER_ASSETS"):
        folder = Path(given)
        missing = [name for name in NAMES[:2] if not (folder / name).is_file()]
        if missing:
            raise Unavailable(f"KUBEBUILDER_ASSETS is {given}, but {' and '.join(missing)} is not in it.")
    else:
        folder = cache_folder(environment)
        missing = [name for name in NAMES if not (folder / name).is_file()]
        if missing:
            if not is_there(environment):
                raise Unavailable(NEITHER.format(cache=folder))
            folder.mkdir(parents=True, exist_ok=True)
            for name in missing:
                build(name, folder, environment)
    manager = folder / NAMES[2]
    return Binaries(folder / NAMES[0], folder / NAMES[1], manager if manager.is_file() else None)


def build(name: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Build one of them into the folder. Raises ``Unavailable`` with Go's own words."""
    print(f"Building {name} into {folder} (once) …", file=sys.stderr, flush=True)
    version = "k8s.io/component-base/version"
    major, minor = KUBERNETES.removeprefix("v").split(".")[:2]
    # Without its version kubectl cannot read what the server says of itself.
    stamps = {"gitVersion": KUBERNETES, "gitMajor": major, "gitMinor": minor}
    flags = " ".join(["-s", "-w", *(f"-X {version}.{key}={value}" for key, value in stamps.items())])
    module, package = {
        "etcd": ("etcd", "go.etcd.io/etcd/server/v3"),
    }.get(name, ("kubernetes", f"k8s.io/kubernetes/cmd/{name}"))
    half = folder / f".{name}.half"
    command = ("build", "-ldflags", flags, "-o", str(half), package)
    go(module, *command, folder=folder, environment=environment)
    half.replace(folder / name)
