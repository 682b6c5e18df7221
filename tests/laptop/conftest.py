"""A namespace of its own for each test, and the paths of its collections."""

import pytest
from tests.laptop.manifests import ARGO


@pytest.fixture
def namespace(embedded):
    return embedded.new_namespace()


@pytest.fixture
def core(namespace):
    return f"/api/v1/namespaces/{namespace}"


@pytest.fixture
def argo(namespace):
    return f"{ARGO}/namespaces/{namespace}"
