"""Kubernetes Events that warn of an object, as ``kubectl events --for`` shows them."""

from __future__ import annotations

from datetime import UTC, datetime

from triggerfish.kube.resources import EVENTS, Resource
from triggerfish.workflows.names import digest
from triggerfish.workflows.objects import Json

_longest_message = 1024
_longest_name = 200


def warning(
    resource: Resource,
    namespace: str,
    name: str,
    *,
    reason: str,
    message: str,
    at: datetime,
    same: str,
    uid: str = "",
) -> Json:
    """Return the Event on that object. ``reason`` is one word in capitals and small letters.

    Two with the same object, ``reason`` and ``same`` have one name, so that the second is AlreadyExists,
    whichever process writes it. ``uid`` is the object's, where it is known.
    """
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    suffix = digest(resource.kind, uid, reason, same).hex()[:16]
    involved = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": namespace,
        "name": name,
    }
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": f"{name[:_longest_name]}.{suffix}", "namespace": namespace},
        "involvedObject": involved | ({"uid": uid} if uid else {}),
        "reason": reason,
        "message": message[:_longest_message],
        "type": "Warning",
        "source": {"component": "triggerfish"},
        "reportingComponent": "triggerfish",
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
