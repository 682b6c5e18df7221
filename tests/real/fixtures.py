"""The real API servers of a test run, as fixtures: a conftest imports them to offer them."""

import os
import time
import urllib.error
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from tests.real import argo
from tests.real.apiserver import ApiServer, call, running
from tests.real.binaries import find
from tests.real.golang import Unavailable, is_there

from triggerfish.workflows.objects import Json

CRDS = Path(__file__).parents[2] / "infra" / "crds"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="session")
def real_server() -> Iterator[ApiServer]:
    """kube-apiserver with etcd, kube-controller-manager when there is one, and the project's CRDs."""
    yield from serving(manifests(CRDS))


@pytest.fixture(scope="session")
def argo_server() -> Iterator[ApiServer]:
    """Another one, with Argo's full CRDs and none of the project's."""
    try:
        full = argo.definitions(os.environ)
    except Unavailable as error:
        if is_there(os.environ):
            raise
        pytest.skip(str(error))
    yield from serving(full)


def serving(definitions: list[Json], plugins: str = "") -> Iterator[ApiServer]:
    """A server that knows these kinds."""
    binaries = find(os.environ)
    with running(binaries, controllers=binaries.controller_manager is not None, plugins=plugins) as server:
        install(server, definitions)
        yield server


def manifests(folder: Path) -> list[Json]:
    """The CRDs in a folder."""
    texts = (path.read_text() for path in sorted(folder.rglob("*.yaml")))
    objects = (each for text in texts for each in yaml.safe_load_all(text) if each)
    found = [each for each in objects if each.get("kind") == "CustomResourceDefinition"]
    assert found, f"no CRDs in {folder}"
    return found


def install(server: ApiServer, definitions: Iterable[Json]) -> None:
    """Create the CRDs and wait until their resources are served."""
    made = [call(server, "POST", DEFINITIONS, each) for each in definitions]
    deadline = time.monotonic() + 60
    while not all(_served(server, each["spec"]) for each in made):
        assert time.monotonic() < deadline, "the CRDs are not served"
        time.sleep(0.1)  # a start-up, no test: a watch would be longer than this is


def _served(server: ApiServer, spec: Json) -> bool:
    """Whether its objects can be listed: 404 until then, and 429 while the list is being made ready."""
    path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}/{spec['names']['plural']}"
    try:
        call(server, "GET", path)
    except urllib.error.HTTPError as error:
        if error.code in (404, 429):
            return False
        raise
    return True
