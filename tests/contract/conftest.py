"""The clusters that keep the contract: the model, the embedded one, and a real API server."""

import itertools

import pytest
from tests.contract.clusters import Cluster, ModelCluster
from tests.simulation.server import NAMESPACES

_numbers = itertools.count(1)


@pytest.fixture(params=["model"])
async def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Each cluster in turn."""
    return ModelCluster()


@pytest.fixture
async def namespace(cluster: Cluster) -> str:
    """One of the test's own."""
    name = f"contract-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name}})
    return name
