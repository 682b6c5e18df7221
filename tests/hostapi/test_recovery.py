"""A pass over lost deliveries: which hosts are asked, what stands in the way, what is left to the next."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.hosts.fake_hosts import Before, FakeHost, FakeHosts, answered, credential
from tests.kube.fakes import FakeClock

from triggerfish.errors import HostRefused, HostUnanswered, SecretError
from triggerfish.hostapi.recovery import find, recover
from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.clients import parse_clients

CLIENT = "{type: github, secret: hush, recover: {hook: 7, repository: org/app}}"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Webhook(FakeHost):
    """A webhook whose receiver answers what ``takes`` says, and GitHub's list of its attempts."""

    def __init__(self, clock, takes=503, hook=("org/app", "7")):
        super().__init__()
        self.clock, self.takes, self.hook = clock, takes, hook
        self.number = 0
        self.arrived = []

    def send(self, guid, again=False):
        self.number += 1
        attempt = {
            "id": self.number,
            "guid": guid,
            "delivered_at": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "redelivery": again,
            "status": "x",
            "status_code": self.takes,
        }
        self.deliveries.setdefault(self.hook, []).insert(0, attempt)
        if self.takes == 200:
            self.arrived.append(guid)

    def _redeliver(self, repository, hook, delivery, **_):
        found = next(each for each in self.deliveries[repository, hook] if str(each["id"]) == delivery)
        self.send(found["guid"], again=True)
        return answered({}, 202)

    def answer(self, request):
        if request.method == "POST":
            *_, number, attempts = request.url.split("/")
            assert attempts == "attempts"
            return self._redeliver(*self.hook, number)
        return super().answer(request)


def clients(**texts):
    async def of(namespace):
        found = texts.get(namespace.replace("-", "_"), SecretError("there is no Secret", missing=True))
        if isinstance(found, Exception):
            raise found
        return parse_clients({"github.com": found.encode()}, SENDERS)

    return of


@pytest.fixture
def clock():
    return FakeClock(START)


@pytest.fixture
def webhook(clock):
    return Webhook(clock)


async def test_what_was_lost_in_an_outage_arrives_once_it_is_over(webhook, clock):
    hosts = FakeHosts(webhook)
    for number in range(3):
        webhook.send(f"g{number}")
        clock.advance(1)
    webhook.takes = 200
    webhook.send("g3")
    found = await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert webhook.arrived == ["g3", "g0", "g1", "g2"]
    assert [each.delivery.guid for each in found.asked] == ["g0", "g1", "g2"]
    assert found.obstacles == []
    again = await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert (again.wanted, again.asked) == ([], [])


async def test_three_times_at_most_while_it_lasts(webhook, clock):
    hosts = FakeHosts(webhook)
    webhook.send("g0")
    for _ in range(20):
        await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
        clock.advance(300)
    assert [each["redelivery"] for each in webhook.deliveries["org/app", "7"]] == [True, True, True, False]


async def test_two_passes_at_once_ask_once_for_what_was_asked_for(webhook, clock):
    hosts = FakeHosts(webhook)
    webhook.send("g0")
    for _ in range(5):
        await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
        clock.advance(30)
    assert len(webhook.deliveries["org/app", "7"]) == 2


async def test_a_dry_run_asks_for_nothing(webhook, clock):
    hosts = FakeHosts(webhook)
    webhook.send("g0")
    found = await find(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert [each.delivery.guid for each in found.wanted] == ["g0"]
    assert found.asked == []
    assert [each.method for each in hosts.calls] == ["GET"]


async def test_what_github_has_forgotten_is_not_asked_for(webhook, clock):
    webhook.send("g0")
    clock.advance(timedelta(days=3, seconds=1).total_seconds())
    found = await find(FakeHosts(webhook), clients(team_a=CLIENT), ["team-a"], clock)
    assert found.wanted == []


@pytest.mark.parametrize(
    ("text", "credentials", "says"),
    [
        (CLIENT, [credential(repositories=["other/*"])], "no credential of type github is for org/app"),
        (CLIENT, [credential(kind="gitlab")], "no credential of type github is for org/app"),
        (CLIENT.replace("github", "gitea"), [credential(kind="gitea")], "no API that lists the deliveries"),
        (
            "{type: standard, secret: whsec_aHVzaA==, recover: {hook: 7, repository: org/app}}",
            [credential()],
            "a client of type standard has no host",
        ),
    ],
)
async def test_who_cannot_be_asked_is_told(webhook, clock, text, credentials, says):
    hosts = FakeHosts(webhook, *credentials)
    webhook.send("g0")
    found = await recover(hosts, clients(team_a=text), ["team-a"], clock)
    assert (found.asked, hosts.calls) == ([], [])
    (obstacle,) = found.obstacles
    assert (obstacle.namespace, obstacle.client) == ("team-a", "github.com")
    assert says in obstacle.message
    assert "hush" not in repr(found)


async def test_clients_without_recover_ask_nobody(webhook, clock):
    hosts = FakeHosts(webhook)
    found = await recover(hosts, clients(team_a="{type: github, secret: hush}"), ["team-a"], clock)
    assert (found.wanted, found.obstacles, hosts.calls) == ([], [], [])


async def test_a_namespace_that_cannot_be_read_hides_no_other(webhook, clock):
    webhook.send("g0")
    broken = SecretError("Secret cannot be read: 403", fix="kubectl create role")
    of = clients(team_a=broken, team_b=CLIENT)
    found = await recover(FakeHosts(webhook), of, ["team-a", "team-b"], clock)
    assert len(found.asked) == 1
    assert [each.message for each in found.obstacles] == ["Secret cannot be read: 403; kubectl create role"]


@pytest.mark.parametrize("error", [HostUnanswered("GitHub answered 502"), HostRefused("GitHub answered 403")])
async def test_a_host_that_refuses_is_told_and_asked_again_by_the_next_pass(webhook, clock, error):
    hosts = FakeHosts(webhook)
    webhook.send("g0")
    webhook.takes = 200
    hosts.faults = [Before(error)]
    found = await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert [each.message for each in found.obstacles] == [str(error)]
    await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert webhook.arrived == ["g0"]


async def test_after_a_refused_one_the_webhook_waits_for_the_next_pass(webhook, clock):
    hosts = FakeHosts(webhook)
    for number in range(3):
        webhook.send(f"g{number}")
        clock.advance(1)
    webhook.takes = 200
    hosts.faults = [None, None, Before(HostUnanswered("GitHub answered 429"))]
    found = await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert ([each.delivery.guid for each in found.asked], len(hosts.calls)) == (["g0"], 3)
    await recover(hosts, clients(team_a=CLIENT), ["team-a"], clock)
    assert webhook.arrived == ["g0", "g1", "g2"]


async def test_a_host_that_hangs_holds_up_its_own_namespace_alone(webhook, clock):
    webhook.send("g0")
    webhook.takes = 200
    released = asyncio.Event()

    class Hanging(FakeHosts):
        """The host of one namespace answers nothing until the list of another has come."""

        async def credential(self, namespace, host_type, repository):
            return credential(namespace)

        async def run(self, credential, make, *, seconds, namespace="", installation=None):
            if credential.name == "team-a":
                # Not for ever, so that a turn that is missing fails the test.
                async with asyncio.timeout(5):
                    await released.wait()
                raise HostUnanswered("GitHub did not answer")
            released.set()
            return await super().run(credential, make, seconds=seconds)

    both = clients(team_a=CLIENT, team_b=CLIENT)
    found = await recover(Hanging(webhook), both, [*["team-a"] * 20, "team-b"], clock)
    assert webhook.arrived == ["g0"]
    assert {each.namespace for each in found.obstacles} == {"team-a"}


@pytest.mark.parametrize("hanging", [1, 9, 20])
async def test_lists_that_hang_leave_time_to_ask(webhook, clock, hanging):
    webhook.send("g0")
    webhook.takes = 200
    begun = clock.monotonic()

    class Hanging(FakeHosts):
        """The host of one namespace takes all the seconds that it is given."""

        async def credential(self, namespace, host_type, repository):
            return credential(namespace)

        async def run(self, credential, make, *, seconds, namespace="", installation=None):
            if credential.name == "team-a":
                until = clock.monotonic() + seconds
                for _ in range(10):  # the others that wait begin at the same moment
                    await asyncio.sleep(0)
                clock.advance(max(0, until - clock.monotonic()))
                raise HostUnanswered("GitHub did not answer")
            return await super().run(credential, make, seconds=seconds)

    both = clients(team_a=CLIENT, team_b=CLIENT)
    found = await recover(Hanging(webhook), both, [*["team-a"] * hanging, "team-b"], clock)
    assert webhook.arrived == ["g0"]
    assert {each.namespace for each in found.obstacles} == {"team-a"}
    assert clock.monotonic() - begun <= 15


@pytest.mark.parametrize("ask_of", ["team-a", "team-b"])
async def test_a_host_that_takes_no_request_holds_up_its_own_namespace_alone(clock, ask_of):
    """Either order: the lists have come, and the asking of one namespace hangs until the other's is done."""
    hosts = {"team-a": Webhook(clock), "team-b": Webhook(clock)}
    for webhook in hosts.values():
        webhook.send("g0")
        webhook.takes = 200
    released = asyncio.Event()

    class Hanging(FakeHosts):
        def __init__(self):
            super().__init__(hosts[ask_of])
            self.runs = 0

        async def credential(self, namespace, host_type, repository):
            return credential(namespace)

        async def run(self, credential, make, *, seconds, namespace="", installation=None):
            self.runs += 1
            if self.runs <= len(hosts):
                return await super().run(credential, make, seconds=seconds)
            if credential.name != ask_of:
                # Not for ever, so that a turn that is missing fails the test.
                async with asyncio.timeout(5):
                    await released.wait()
                raise HostUnanswered("GitHub did not answer")
            released.set()
            return await super().run(credential, make, seconds=seconds)

    found = await recover(Hanging(), clients(team_a=CLIENT, team_b=CLIENT), list(hosts), clock)
    assert [each.of.namespace for each in found.asked] == [ask_of]


async def test_a_pass_has_an_end(webhook, clock):
    webhook.send("g0")

    class Slow(FakeHosts):
        async def run(self, credential, make, *, seconds, namespace="", installation=None):
            assert seconds > 0
            clock.advance(9)
            return await super().run(credential, make, seconds=seconds)

    many = ["team-a"] * 8
    found = await recover(Slow(webhook), clients(team_a=CLIENT), many, clock)
    assert {each.message for each in found.obstacles} == {"the pass has taken too long"}
    assert clock.monotonic() <= 20
