"""Both functions against the embedded cluster, and against real API servers with exactly their rights.

``real`` has the project's CRDs, ``argo`` Argo's full ones, which validate and prune.
"""

import contextlib

import pytest
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.embedded import start
from tests.support.events import MAY_SUBMIT, SECRET, Place
from tests.support.real import Real

CLUSTERS = ("embedded", *(pytest.param(name, marks=pytest.mark.real) for name in ("real", "argo")))


@pytest.fixture(scope="session", params=CLUSTERS)
def embedded(request, tmp_path_factory):
    """Each cluster in turn, under the name that the tests know."""
    if request.param == "embedded":
        with start(tmp_path_factory.mktemp("cluster")) as cluster:
            yield cluster
    else:
        with contextlib.closing(Real(request.getfixturevalue(f"{request.param}_server"))) as cluster:
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
