"""The clusters that keep the contract: the model, the embedded one, and a real API server."""

import itertools
from collections.abc import AsyncIterator

import pytest
from tests.contract.clusters import Cluster, EmbeddedCluster, ModelCluster, RealCluster
from tests.simulation.server import NAMESPACES

_numbers = itertools.count(1)


@pytest.fixture(params=["model", "embedded", pytest.param("real", marks=pytest.mark.real)])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Each cluster in turn."""
    match request.param:
        case "model":
            yield ModelCluster()
        case "embedded":
            running = request.getfixturevalue("embedded")
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
