"""The events function with its console, under the real framework, on the embedded cluster."""

import pytest
from tests.support import functions
from tests.support.console import READ, Desk


@pytest.fixture(scope="session")
def console(embedded):
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "CONSOLE": "on", "DELIVERY_RECORD": "50"}
    with functions.start("events", settings) as function:
        yield function


@pytest.fixture
def desk(embedded, console):
    """A namespace of one test's own, and somebody who may read it and nothing else."""
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "reader", READ)
    yield Desk(embedded, console, namespace, token)
    assert token not in console.log
    assert "a defect of Triggerfish" not in console.log
