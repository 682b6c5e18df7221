"""Nobody gives away what they do not have: who writes a role or a binding must hold its rights."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import rbac
from triggerfish_laptop.cluster.admission import Guard
from triggerfish_laptop.cluster.calls import ApiCall, User
from triggerfish_laptop.cluster.rbac import Attributes, Authorizer, denied
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import forbidden

_roles = (rbac.ROLES, rbac.CLUSTER_ROLES)
_bindings = (rbac.ROLE_BINDINGS, rbac.CLUSTER_ROLE_BINDINGS)


@dataclass(frozen=True, slots=True)
class Escalation:
    """Makes the guard for one request."""

    authorizer: Authorizer

    def guard(self, resource: ServedResource, user: User, call: ApiCall) -> Guard:
        """403 for what ``user`` may not write though the verb is allowed.

        A role or a binding that grants more than they hold; an apply that would create without that right.
        """
        namespace = call.namespace
        if call.verb == "patch":
            return self._applying(resource, user, call, self._granting(resource, user, namespace))
        return self._granting(resource, user, namespace)

    def _applying(self, resource: ServedResource, user: User, call: ApiCall, more: Guard) -> Guard:
        def check(new: Json, old: Json | None) -> None:
            asked = Attributes("create", resource.group, resource.plural, "", call.namespace, call.name)
            if old is None and not self.authorizer.allows(user, asked):
                raise denied(user, asked)
            more(new, old)

        return check

    def _granting(self, resource: ServedResource, user: User, namespace: str) -> Guard:
        if resource.key not in _roles and resource.key not in _bindings:
            return _nothing

        def check(new: Json, old: Json | None) -> None:
            name = new["metadata"].get("name", "")
            if resource.key in _roles:
                if old is not None and old.get("rules") == new.get("rules"):
                    return
                verb, wanted, allowed_on = "escalate", new.get("rules") or [], (resource.plural, name)
            else:
                if old is not None and old.get("subjects") == new.get("subjects"):
                    return
                reference = new["roleRef"]
                plural = "clusterroles" if reference["kind"] == "ClusterRole" else "roles"
                wanted = self.authorizer.role_rules(reference, namespace)
                verb, allowed_on = "bind", (plural, reference["name"])
            asked = Attributes(verb, resource.group, allowed_on[0], "", namespace, allowed_on[1])
            if self.authorizer.allows(user, asked):
                return
            missing = self.authorizer.missing(user, namespace, wanted)
            if missing:
                lines = "\n".join(map(_written, missing))
                who = f'user "{user.name}" (groups={list(user.groups)})'
                why = f"{who} is attempting to grant RBAC permissions not currently held:\n{lines}"
                raise forbidden(resource.group, resource.plural, name, why)

        return check


def _nothing(new: Json, old: Json | None) -> None:
    return


def _written(rule: Json) -> str:
    titles = {
        "nonResourceURLs": "NonResourceURLs",
        "apiGroups": "APIGroups",
        "resources": "Resources",
        "resourceNames": "ResourceNames",
        "verbs": "Verbs",
    }
    parts = []
    for key, title in titles.items():
        if rule.get(key):
            parts.append(f"{title}:[" + " ".join(f'"{value}"' for value in rule[key]) + "]")
    return "{" + ", ".join(parts) + "}"
