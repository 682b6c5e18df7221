"""What is told of a delivery: on its Workflow, in the log, in the record, as a Kubernetes Event."""

from dataclasses import replace

import pytest
from tests.simulation.events_world import Instance, World

from triggerfish.kube.resources import WORKFLOWS

ID = "triggerfish.dev/delivery-id"


class Desk:
    """The events function on the model of the API, without faults."""

    def __init__(self):
        self.world = World(1, seed=1, share=0.0)
        self.instance = Instance(self.world.model, self.world.clock)
        self.namespace = self.world.sent[0].namespace

    async def signed(self, **headers):
        """The answer to a delivery of the webhook, with those headers in place of its own."""
        incoming = self.world.sent[0].request()
        return await self.send(incoming, headers)

    async def send(self, incoming, headers):
        changed = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        given = [pair for pair in incoming.scope["headers"] if pair[0] not in changed]
        given += [(name, value.encode()) for name, value in changed.items() if value is not None]
        return await self.instance.router.answer(
            replace(incoming, scope={**incoming.scope, "headers": given})
        )

    def ids(self):
        made = self.world.model.objects(WORKFLOWS)
        return {workflow["metadata"]["annotations"].get(ID) for workflow in made}


@pytest.fixture
def desk():
    return Desk()


async def test_a_workflow_names_the_delivery_by_its_sender_s_id(desk):
    assert (await desk.signed()).status == 200
    assert desk.ids() == {"1"}


async def test_a_delivery_without_an_id_gets_one_that_stays_on_a_redelivery(desk):
    for _ in range(2):
        assert (await desk.signed(x_github_delivery=None)).status == 200
    (given,) = desk.ids()
    assert len(given) == 16
