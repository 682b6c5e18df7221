"""The events function is replaced under load: nothing is lost or made twice, and no error in between."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections import Counter

import aiohttp
import pytest
from tests.support import functions
from tests.support.events import MAY_SUBMIT, SECRET, Place

SENDERS = 16
CLIENT = 'type: github\nsecret: "shh!"\n'


class Balancer:
    """Two processes; a connection that is refused or reset is tried again on the other one."""

    def __init__(self, start) -> None:
        self.start = start
        self.stacks = [contextlib.ExitStack(), contextlib.ExitStack()]
        self.urls = ["", ""]
        self.retried = 0

    def begin(self, index: int) -> None:
        self.urls[index] = self.stacks[index].enter_context(self.start()).url

    async def replace(self, index: int) -> None:
        """SIGTERM, and another in its place once it has ended."""
        await asyncio.to_thread(self.stacks[index].close)
        await asyncio.to_thread(self.begin, index)

    async def send(self, session: aiohttp.ClientSession, number: int, path: str, body: bytes, headers) -> int:
        for attempt in range(100):
            url = self.urls[(number + attempt) % 2]
            try:
                async with session.post(url + path, data=body, headers=headers) as answer:
                    await answer.read()
                    return answer.status
            except (aiohttp.ClientConnectionError, ConnectionResetError):
                self.retried += 1
                await asyncio.sleep(0.02)
        raise AssertionError("neither process takes a connection")


@pytest.fixture
def place(embedded, own):
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    found = Place(embedded, None, namespace, token)
    found.clients(github_com=CLIENT)
    found.template()
    found.binding("on-push", "true", "string(payload.number)")
    return found


def delivery(number: int) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"number": number}).encode()
    return body, {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(number),
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


async def test_each_delivery_makes_one_workflow_while_both_processes_are_replaced(place, own):
    path = f"/api/v1/events/{place.namespace}/"
    kubeconfig = own("events")
    balancer = Balancer(lambda: functions.start("events", {"KUBECONFIG": kubeconfig}))
    statuses: dict[int, int] = {}
    replaced = asyncio.Event()

    async def sender(session, first):
        number = first
        while not replaced.is_set():
            body, headers = delivery(number)
            statuses[number] = await balancer.send(session, number, path, body, headers)
            number += SENDERS
            await asyncio.sleep(0.05)

    with balancer.stacks[0], balancer.stacks[1]:
        for index in (0, 1):
            await asyncio.to_thread(balancer.begin, index)
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for number in range(SENDERS):
                group.create_task(sender(session, number))
            for index in (0, 1):
                await asyncio.sleep(0.5)
                await balancer.replace(index)
            await asyncio.sleep(0.5)
            replaced.set()
    assert set(statuses.values()) == {200}
    assert len(statuses) > 2 * SENDERS
    assert balancer.retried, "nothing was refused: the replacement was not under load"
    made = Counter(
        int(workflow["spec"]["arguments"]["parameters"][0]["value"]) for workflow in place.workflows()
    )
    assert made == dict.fromkeys(statuses, 1)
