"""The one real API server of a test run; a conftest imports ``real_server`` to offer it."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.real.apiserver import ApiServer, call, running
from tests.real.binaries import find

CRDS = Path(__file__).parents[2] / "infra" / "crds"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="session")
def real_server() -> Iterator[ApiServer]:
    """kube-apiserver with etcd, kube-controller-manager when there is one, and the project's CRDs."""
    binaries = find(os.environ)
    with running(binaries, controllers=binaries.controller_manager is not None) as server:
        install(server, CRDS)
        yield server


def install(server: ApiServer, folder: Path) -> None:
    """Create the CRDs in a folder and wait until their resources are served."""
    names = []
    for path in sorted(folder.rglob("*.yaml")):
        for definition in yaml.safe_load_all(path.read_text()):
            if definition and definition.get("kind") == "CustomResourceDefinition":
                call(server, "POST", DEFINITIONS, definition)
                names.append(definition["metadata"]["name"])
    assert names, f"no CRDs in {folder}"
    deadline = time.monotonic() + 30
    while not all(_established(server, name) for name in names):
        assert time.monotonic() < deadline, "the CRDs are not established"
        time.sleep(0.1)  # a start-up, no test: a watch would be longer than this is


def _established(server: ApiServer, name: str) -> bool:
    conditions = call(server, "GET", f"{DEFINITIONS}/{name}").get("status", {}).get("conditions", [])
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
