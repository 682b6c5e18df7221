"""The events function against the embedded cluster."""

import pytest
from tests.support import functions
from tests.support.events import MAY_SUBMIT, SECRET, Place


@pytest.fixture(scope="session")
def events(embedded):
    """The events function with its default settings."""
    with functions.start("events", {"KUBECONFIG": str(embedded.kubeconfig)}) as function:
        yield function


@pytest.fixture
def place(embedded, events):
    """A namespace with a service account that may submit by event, and nothing else."""
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "jenkins", MAY_SUBMIT)
    found = Place(embedded, events, namespace, token, [token, SECRET, embedded.token])
    yield found
    for secret in found.hidden:
        assert secret not in events.log, "a secret or token is in the function's log"
