"""Google Pub/Sub as the broker: a fake of it on loopback that keeps the service's limits, and pushes."""

import base64
import json

import pytest
from aiohttp import web
from tests.runtime.test_callers import Key
from tests.simulation.events_world import SECRET
from tests.support.brokers import Place, served

from triggerfish.errors import SettingError, Unanswered
from triggerfish.kube.tokens import Lease, Leased
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish.sinks.pubsub import ENDPOINT, PubSub
from triggerfish.sinks.sink import Sink, open_sink

TOPIC = "projects/my-project/topics/deliveries"
MOST = 2_097_152


class Google:
    """Pub/Sub, and who gives its tokens: ``messages`` were published, ``status`` is answered if set.

    https://cloud.google.com/pubsub/quotas has the limits.
    """

    def __init__(self):
        self.messages, self.asked, self.tokens = [], 0, 0
        self.status = None
        self.valid = {"token-1"}
        self.down = False

    async def token(self):
        if self.down:
            raise Unanswered("Google gives no token: TransportError")
        self.tokens += 1
        return Lease(f"token-{self.tokens}", 3600.0)

    async def publish(self, request):
        self.asked += 1
        body = await request.read()
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.valid:
            return web.json_response({"error": {"code": 401, "status": "UNAUTHENTICATED"}}, status=401)
        if self.status is not None:
            return web.json_response({"error": {"code": self.status}}, status=self.status)
        messages = json.loads(body)["messages"]
        if len(body) > 10_000_000 or not all(self.takes(message) for message in messages):
            return web.json_response({"error": {"code": 400, "status": "INVALID_ARGUMENT"}}, status=400)
        ids = [str(number) for number, _ in enumerate(messages, len(self.messages) + 1)]
        self.messages += messages
        return web.json_response({"messageIds": ids})

    @staticmethod
    def takes(message):
        attributes = message.get("attributes", {})
        return (
            len(base64.b64decode(message["data"], validate=True)) <= 10_000_000
            and len(attributes) <= 100
            and all(0 < len(name.encode()) <= 256 and not name.startswith("goog") for name in attributes)
            and all(len(value.encode()) <= 1024 for value in attributes.values())
        )

    def push(self, number=1):
        """Headers and body of a push without wrapper, with metadata."""
        message = self.messages[number - 1]
        metadata = {
            "x-goog-pubsub-subscription-name": "projects/my-project/subscriptions/deliveries",
            "x-goog-pubsub-message-id": str(number),
            "x-goog-pubsub-publish-time": "2026-03-01T12:00:00.000Z",
            "x-goog-pubsub-delivery-attempt": "1",
            "user-agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        }
        return {**metadata, **message["attributes"]}, base64.b64decode(message["data"])


@pytest.fixture(scope="module")
def key():
    return Key("one")


@pytest.fixture
async def google():
    found = Google()
    async with served(f"/v1/{TOPIC}:publish", found.publish) as found.url:
        yield found


@pytest.fixture
async def place(google, key):
    broker = PubSub(TOPIC, Leased(Clock(), google.token), google.url)
    found = Place(key, sink=Sink(broker, MOST))
    yield found
    await found.intake.close()


async def test_published_pushed_made_and_once(place, google):
    for _ in range(2):
        assert (await place.deliver()).status == 202
    assert place.workflows == []
    # Redelivered by the host, and each message pushed twice.
    for number in (1, 2, 1, 2):
        headers, body = google.push(number)
        answer = await place.bring_back(body, headers=headers)
        assert answer.status == 200, answer
        assert len(place.workflows) == place.expected
    assert google.tokens == 1, "a token is kept"


async def test_the_event_s_attributes_are_the_message_s(place, google):
    await place.deliver()
    headers, body = google.push()
    assert {name: headers[name] for name in ("ce-specversion", "ce-type", "ce-source", "Content-Type")} == {
        "ce-specversion": "1.0",
        "ce-type": "dev.triggerfish.delivery",
        "ce-source": f"/api/v1/events/{place.world.sent[0].namespace}",
        "Content-Type": "application/json",
    }
    assert headers["ce-id"]
    assert json.loads(body)["namespace"] == place.world.sent[0].namespace


async def test_no_secret_and_no_signature_is_published(place, google):
    await place.deliver()
    headers, body = google.push()
    published = f"{headers} {body.decode()}"
    assert SECRET not in published
    assert "signature" not in published


async def test_only_the_subscription_s_identity_may_push(place, google, key):
    await place.deliver()
    headers, body = google.push()
    stranger = key.token(email="stranger@my-project.iam.gserviceaccount.com")
    for token in ("", stranger):
        assert (await place.bring_back(body, token, headers)).status == 401
    assert place.workflows == []


async def test_whoever_may_publish_can_forge_nothing(place, google):
    await place.deliver()
    headers, body = google.push()
    forged = json.loads(body) | {"serviceAccount": "admin"}
    answer = await place.bring_back(json.dumps(forged).encode(), headers=headers)
    # No success: Pub/Sub tries again and then puts it with the dead letters.
    assert (answer.status, answer.body["code"]) == (403, 7)
    assert place.workflows == []


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_what_is_not_published_is_handled_at_once(place, google, status, caplog):
    google.status = status
    assert (await place.deliver()).status == 200
    assert len(place.workflows) == place.expected
    assert f"the sink answered {status}" in caplog.text
    assert "token-1" not in caplog.text


async def test_without_a_token_it_is_handled_at_once(place, google, caplog):
    google.down = True
    assert (await place.deliver()).status == 200
    assert (len(place.workflows), google.asked) == (place.expected, 0)
    assert "Google gives no token" in caplog.text


async def test_a_token_that_is_refused_is_not_sent_again(place, google):
    google.valid = {"token-2"}
    assert [(await place.deliver(number)).status for number in (1, 2, 3)] == [200, 202, 202]
    assert google.tokens == 2


async def test_what_the_lost_answer_left_behind_repeats_nothing(place, google):
    await place.deliver()
    google.status = 503
    assert (await place.deliver()).status == 200
    headers, body = google.push()
    assert (await place.bring_back(body, headers=headers)).status == 200
    assert len(place.workflows) == place.expected


async def test_a_sealed_delivery_of_the_greatest_length_is_taken(google):
    """By the fake, which has the service's limits."""
    broker = PubSub(TOPIC, Leased(Clock(), google.token), google.url)
    head = {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
        "datacontenttype": "application/json",
    }
    post = await broker.post(head | {"data": {"content": "x" * 7_400_000}})
    assert len(post.body) <= broker.longest
    (message,) = json.loads(post.body)["messages"]
    assert google.takes(message)
    assert len((await broker.post(head | {"data": {"content": "x" * 7_600_000}})).body) > broker.longest


def opened(url):
    return open_sink(Settings(k_sink=url), Clock())


async def test_the_setting_names_the_topic():
    broker = PubSub.of(f"pubsub://{TOPIC}", Clock())
    assert broker._url == f"{ENDPOINT}/v1/{TOPIC}:publish"
    assert opened(f"pubsub://{TOPIC}") is not None
    assert opened("") is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("pubsub://deliveries", "names no topic", id="a topic without its project"),
        pytest.param("pubsub://projects/p/topics/t/more", "names no topic", id="more than a topic"),
        pytest.param("pubsub:projects/p/topics/t", "http://, https://, pubsub://", id="no slashes"),
        pytest.param("kafka://broker/topic", "http://, https://, pubsub://", id="another broker"),
        pytest.param("broker.example.com", "http://, https://, pubsub://", id="no scheme"),
    ],
)
async def test_a_wrong_setting_says_what_is_right(url, says):
    with pytest.raises(SettingError, match=says) as caught:
        opened(url)
    assert "K_SINK" in str(caught.value)
