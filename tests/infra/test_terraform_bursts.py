"""infra/terraform/bursts.tf: both ends of Pub/Sub fit the function, and everybody may do just their part."""

from typing import Any

from tests.infra.test_terraform import parsed, unquoted
from tests.infra.test_terraform_schemas import flat

from triggerfish.events_function.routes import ROUTES
from triggerfish.runtime.clock import Clock
from triggerfish.sinks.pubsub import PubSub

AGENT = "${local.pubsub_agent}"
EVENTS = '${google_service_account.function["events"].member}'
PUSH = "${google_service_account.push[0].member}"
SERVICE = '${google_cloudfunctions2_function.function["events"].service_config[0].service}'
# The argument that says what a grant is about.
TARGETS = ("topic", "subscription", "name", "service_account_id")


def bodies() -> dict[str, Any]:
    """``type.name`` → body."""
    return {
        f"{unquoted(kind)}.{unquoted(name)}": body
        for block in parsed()["resource"]
        for kind, named in block.items()
        for name, body in named.items()
    }


def local(name: str) -> str:
    (value,) = [block[name] for block in parsed()["locals"] if name in block]
    return value


def test_the_function_publishes_where_the_subscription_reads() -> None:
    assert "pubsub://${google_pubsub_topic.deliveries[0].id}" in local("sink")
    subscription = bodies()["google_pubsub_subscription.deliveries"]
    assert subscription["topic"] == "${google_pubsub_topic.deliveries[0].id}"
    # As the provider writes a topic's id.
    topic = f"projects/my-project/topics/{unquoted(bodies()['google_pubsub_topic.deliveries']['name'])}"
    PubSub.of(f"pubsub://{topic}", Clock())


def test_what_is_pushed_is_what_the_function_takes() -> None:
    subscriptions = (
        bodies()["google_pubsub_subscription.deliveries"],
        bodies()["google_pubsub_subscription.dead"],
    )
    (push,), (again,) = (flat(subscription)["push_config"] for subscription in subscriptions)
    (token,), (wrapper,) = push["oidc_token"], push["no_wrapper"]
    assert (again["oidc_token"], again["no_wrapper"]) == ([token], [wrapper])
    assert wrapper["write_metadata"] is True
    settings, returns = local("sink"), local("returns")
    assert push["push_endpoint"] == "${local.returns}"
    assert ("POST", unquoted(returns).rpartition("}")[2]) in {
        (route.method, route.pattern) for route in ROUTES
    }
    assert (token["audience"], token["service_account_email"]) == (
        "${local.audience}",
        "${google_service_account.push[0].email}",
    )
    assert "SINK_AUDIENCE = local.audience" in settings
    assert "SINK_IDENTITY = google_service_account.push[0].email" in settings


def test_what_fails_is_tried_again_and_then_kept() -> None:
    subscription, dead = (bodies()[f"google_pubsub_subscription.{name}"] for name in ("deliveries", "dead"))
    (letters,) = subscription["dead_letter_policy"]
    assert letters["dead_letter_topic"] == dead["topic"] == "${google_pubsub_topic.dead[0].id}"
    assert 5 <= letters["max_delivery_attempts"] <= 100, "what Pub/Sub takes"
    for each in (subscription, dead):
        assert unquoted(each["expiration_policy"][0]["ttl"]) == "", "it never expires"
    policy = bodies()["google_monitoring_alert_policy.dead"]["conditions"][0]["condition_threshold"][0]
    assert "${google_pubsub_subscription.dead[0].name}" in policy["filter"]


def test_who_may_do_what_and_nothing_else() -> None:
    grants = {
        (body["member"], unquoted(body["role"]), target)
        for name, body in bodies().items()
        if "_iam_member." in name and body.get("count") == "${local.bursts}"
        for target in (body[argument] for argument in TARGETS if argument in body)
    }
    assert grants == {
        (EVENTS, "roles/pubsub.publisher", "${google_pubsub_topic.deliveries[0].name}"),
        (PUSH, "roles/run.invoker", SERVICE),
        (AGENT, "roles/iam.serviceAccountOpenIdTokenCreator", "${google_service_account.push[0].name}"),
        (AGENT, "roles/pubsub.publisher", "${google_pubsub_topic.dead[0].name}"),
        (AGENT, "roles/pubsub.subscriber", "${google_pubsub_subscription.deliveries[0].name}"),
    }
