"""Both functions against the embedded cluster, and against a real API server with exactly their rights."""

import contextlib

import pytest
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.embedded import start
from tests.support.events import MAY_SUBMIT, SECRET, Place
from tests.support.real import Real


@pytest.fixture(scope="session", params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def embedded(request, tmp_path_factory):
    """Each cluster in turn, under the name that the tests know."""
    if request.param == "real":
        with contextlib.closing(Real(request.getfixturevalue("real_server"))) as cluster:
            yield cluster
    else:
        with start(tmp_path_factory.mktemp("cluster")) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def own(embedded, tmp_path_factory):
    """The kubeconfig of a function's own service account, by the function's name."""
    folder = tmp_path_factory.mktemp("kubeconfigs")
    return lambda function: str(kubeconfig(embedded, f"triggerfish-{function}", folder))


@pytest.fixture(scope="session")
def events(embedded, own):
    """The events function with its default settings."""
    with functions.start("events", {"KUBECONFIG": own("events")}) as function:
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
