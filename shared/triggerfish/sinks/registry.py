"""Every kind of broker there is, by the scheme of ``K_SINK``. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable

from triggerfish.runtime.clock import Clock
from triggerfish.sinks.broker import Broker
from triggerfish.sinks.http import HttpBroker
from triggerfish.sinks.pubsub import PubSub

BROKERS: dict[str, Callable[[str, Clock], Broker]] = {
    "http": HttpBroker.of,
    "https": HttpBroker.of,
    "pubsub": PubSub.of,
}
