"""Fixtures that tests of several parts share."""

import os

import pytest
from hypothesis import settings
from tests.real.fixtures import argo_server, real_server  # noqa: F401  offered here as fixtures
from tests.support import embedded as support

# A slow machine is no failure; and `make test` is the same run every time (`make soak` is not).
settings.register_profile("test", deadline=None, derandomize=True)
settings.load_profile("test")


def pytest_xdist_auto_num_workers(config):
    """`-n auto`: one more than there are processors, for many a test waits for a server of its own."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    """An embedded cluster for the whole session; take a ``new_namespace()`` of your own in each test."""
    with support.start(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster
