"""Helm, built by Go once into the cache folder."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.real.golang import Unavailable, cache_folder, go, is_there

VERSION = "v3.22.0"
# What is rendered without a cluster: built from source, Helm takes 1.20 for granted.
KUBERNETES = "1.34.0"
CHART = Path(__file__).parents[2] / "infra" / "helm" / "triggerfish"


def find(environment: Mapping[str, str]) -> Path:
    """The program, built first when need be. Raises ``Unavailable``."""
    program = cache_folder(environment) / f"helm-{VERSION}" / "helm"
    if program.is_file():
        return program
    if not is_there(environment):
        raise Unavailable("helm needs Go, which builds it once (about 5 minutes), or what it built before.")
    print(f"Building {program} (once) …", file=sys.stderr, flush=True)
    program.parent.mkdir(parents=True, exist_ok=True)
    half = program.with_name(".helm.half")
    package = "helm.sh/helm/v3/cmd/helm"
    arguments = ("build", "-ldflags", "-s -w", "-o", str(half), package)
    go("helm", *arguments, folder=program.parent, environment=environment)
    half.replace(program)
    return program


def program() -> Path:
    """The program; a test without Go is skipped and says so."""
    try:
        return find(os.environ)
    except Unavailable as error:
        if is_there(os.environ):
            raise
        pytest.skip(str(error))


def helm(*arguments: str, kubeconfig: Path | None = None, code: int = 0) -> str:
    """What ``helm ARGUMENTS`` prints; a test without Go is skipped and says so."""
    environment = {**os.environ, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
    done = subprocess.run(
        [str(program()), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def rendered(
    values: Mapping[str, object], *, release: str = "triggerfish", namespace: str = "triggerfish"
) -> list[dict]:
    """The chart's objects with those values, without its CRDs."""
    arguments = ["template", release, str(CHART), "--namespace", namespace, "--kube-version", KUBERNETES]
    return [item for item in yaml.safe_load_all(helm(*arguments, *given(values))) if item]


def given(values: Mapping[str, object]) -> list[str]:
    """The arguments that set those values."""
    return [word for name, value in values.items() for word in ("--set-json", f"{name}={json.dumps(value)}")]
