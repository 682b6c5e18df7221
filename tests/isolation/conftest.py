"""An attacked function, and a neighbour who must not notice.

The neighbour has a namespace, a webhook client, a binding and a CronWorkflow of his own.
"""

import contextlib
import resource

import pytest
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.embedded import start
from tests.support.events import MAY_SUBMIT, SECRET, Place


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """A cluster for each file: what one attack leaves there is no other's."""
    with start(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def own(embedded, tmp_path_factory):
    """The kubeconfig of a function's own service account."""
    folder = tmp_path_factory.mktemp("kubeconfigs")
    return lambda function: str(kubeconfig(embedded, f"triggerfish-{function}", folder))


@pytest.fixture(scope="module")
def events(own):
    """The events function with its default settings."""
    # A thousand sockets are more than some shells allow.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    with functions.start("events", {"KUBECONFIG": own("events")}) as function:
        yield function


def namespace_of(embedded, events):
    """A namespace with a template, a binding and a webhook client."""
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    place = Place(embedded, events, namespace, token, [token, SECRET, embedded.token])
    place.template()
    return place


class Neighbour:
    """Somebody whose deliveries must all succeed."""

    def __init__(self, place):
        self.place, self.sent = place, 0
        place.clients(github_com=f"{{type: github, secret: '{SECRET}'}}")
        place.binding("mine", "payload.message != ''")

    def delivers(self, more=""):
        """One signed delivery, with so much more in it: its Workflow exists."""
        self.sent += 1
        answer = self.place.github({"message": f"number {self.sent}", "more": more})
        assert answer.status == 200, answer
        assert len(answer.json["workflows"]) == 1, answer

    def is_well(self):
        """All that was delivered is there, and the function lives, in its memory."""
        self.delivers()
        assert len(self.place.workflows()) == self.sent
        assert self.place.function.send("GET", "/healthz", timeout=5).status == 200
        assert memory(self.place.function) < 250 << 20


def memory(function):
    """Bytes that the function's processes hold, at most so far."""
    own, found = function.process.pid, 0
    pids = [own]
    with contextlib.suppress(OSError), open(f"/proc/{own}/task/{own}/children") as children:
        pids += [int(pid) for pid in children.read().split()]
    for pid in pids[1:] or pids:
        with open(f"/proc/{pid}/status") as status:
            found += next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
    return found


@pytest.fixture
def neighbour(embedded, events):
    return Neighbour(namespace_of(embedded, events))


@pytest.fixture
def tenant(embedded, events):
    """A namespace whose owner means no good."""
    return namespace_of(embedded, events)
