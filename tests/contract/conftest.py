"""The clusters that keep the contract: the model, the embedded one, and a real API server."""

import itertools
from collections.abc import AsyncIterator

import pytest
from tests.contract.clusters import Cluster
from tests.simulation.model import Model
from tests.simulation.server import NAMESPACES

from triggerfish.kube.client import Client

_numbers = itertools.count(1)


@pytest.fixture(params=["model"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    """Each cluster in turn."""
    model = Model()
    return Cluster("model", Client(model), lambda token: Client(model.bearer(token)))


@pytest.fixture
async def namespace(cluster: Cluster) -> AsyncIterator[str]:
    """One of the test's own."""
    name = f"contract-{next(_numbers)}"
    await cluster.admin.create(NAMESPACES, None, {"metadata": {"name": name}})
    return name
