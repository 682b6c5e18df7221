"""Requests by their parts: verb, resource, namespace, name, as the API server's URL scheme writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from triggerfish_laptop.cluster.selectors import selected_name

_verbs = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


@dataclass(frozen=True, slots=True)
class User:
    """The user who asks."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request. ``resource`` is empty for a path that names none (discovery, health)."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    def flag(self, name: str) -> bool:
        """A query parameter as Kubernetes reads booleans: there, and not false or 0."""
        return self.query.get(name, "0").lower() not in ("false", "0")

    @property
    def dry_run(self) -> bool:
        """True when nothing shall be stored."""
        return self.query.get("dryRun", "") == "All"

    @property
    def manager(self) -> str:
        """The manager that becomes the owner of the fields that this request sets."""
        agent = self.headers.get("user-agent", "")
        return self.query.get("fieldManager") or agent.partition("/")[0][:128] or "unknown"


def parse(method: str, path: str, query: bytes, headers: Mapping[str, str]) -> ApiCall:
    """Read a request line; paths outside of /api and /apis keep ``resource`` empty."""
    pairs = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    parts = path.strip("/").split("/")
    verb = _verbs.get(method, method.lower())
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return ApiCall(method, path, pairs, headers, verb)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        # /namespaces/x/status is of the namespace itself, /namespaces/x/secrets is in it.
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    subresource = "/".join(rest[2:])
    if not name:
        verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
        if verb == "list" and pairs.get("watch", "0").lower() not in ("false", "0"):
            verb = "watch"
        if verb in ("list", "watch", "deletecollection"):
            name = selected_name(pairs.get("fieldSelector", ""))
    return ApiCall(method, path, pairs, headers, verb, group, version, rest[0], namespace, name, subresource)
