"""The clusters that keep the contract: the model, the embedded one, and a real API server."""

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.contract.clusters import Cluster, EmbeddedCluster, ModelCluster, RealCluster
from tests.simulation.server import NAMESPACES
from tests.support.embedded import Embedded, start

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The embedded cluster without its simulated workflow controller, as a real API server comes."""
    with start(tmp_path_factory.mktemp("contract"), "--no-controller") as running:
        yield running


@pytest.fixture(params=["model", "embedded", pytest.param("real", marks=pytest.mark.real)])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Each cluster in turn."""
    match request.param:
        case "model":
            yield ModelCluster()
        case "embedded":
            running = request.getfixturevalue("alone")
            embedded = EmbeddedCluster("embedded", running.url, running.ca.read_text(), running.token)
            yield embedded
            await embedded.close()
        case "real":
            real = RealCluster(request.getfixturevalue("real_server"))
            yield real
            await real.close()


@pytest.fixture
async def namespace(cluster: Cluster) -> str:
    """One of the test's own."""
    name = f"contract-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name}})
    return name
