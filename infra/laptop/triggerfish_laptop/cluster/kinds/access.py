"""Role, ClusterRole and their bindings."""

from __future__ import annotations

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.kinds.core import TEXT, TEXT_MAP, TEXTS, described, listed, record
from triggerfish_laptop.cluster.registry import Column, KindRules, ServedResource
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import Cause, invalid_value, not_supported, required
from triggerfish_laptop.cluster.tables import AGE
from triggerfish_laptop.cluster.validation import path_segment

GROUP = "rbac.authorization.k8s.io"
_rule = record(apiGroups=TEXTS, nonResourceURLs=TEXTS, resourceNames=TEXTS, resources=TEXTS, verbs=TEXTS)
_subject = record(apiGroup=TEXT, kind=TEXT, name=TEXT, namespace=TEXT)
_selector = record(
    matchLabels=TEXT_MAP, matchExpressions=listed(record(key=TEXT, operator=TEXT, values=TEXTS))
)


class RoleRules(KindRules):
    """Each rule is on resources or on paths."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """A role without rules says so."""
        new.setdefault("rules", None)

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Verbs, and what they are on."""
        causes = []
        for index, rule in enumerate(new.get("rules") or []):
            field = f"rules[{index}]"
            if not rule.get("verbs"):
                causes.append(required(f"{field}.verbs", "verbs must contain at least one value"))
            if rule.get("nonResourceURLs"):
                if new["kind"] == "Role":
                    why = "namespaced rules cannot apply to non-resource URLs"
                    causes.append(invalid_value(f"{field}.nonResourceURLs", rule["nonResourceURLs"], why))
                continue
            if not rule.get("apiGroups"):
                why = "resource rules must supply at least one api group"
                causes.append(required(f"{field}.apiGroups", why))
            if not rule.get("resources"):
                why = "resource rules must supply at least one resource"
                causes.append(required(f"{field}.resources", why))
        return causes


class BindingRules(KindRules):
    """The role that a binding names never changes."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """API groups that people leave out."""
        reference = new.get("roleRef")
        if isinstance(reference, dict):
            new["roleRef"] = {"apiGroup": GROUP, **reference}
        new["subjects"] = [
            subject
            if subject.get("kind") == "ServiceAccount" or subject.get("apiGroup")
            else {"apiGroup": GROUP, **subject}
            for subject in new.get("subjects") or []
        ]

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Role and subjects."""
        causes = []
        reference = new.get("roleRef") or {}
        kinds = ("Role", "ClusterRole") if new["kind"] == "RoleBinding" else ("ClusterRole",)
        if reference.get("kind") not in kinds:
            causes.append(not_supported("roleRef.kind", reference.get("kind", ""), kinds))
        if not reference.get("name"):
            causes.append(required("roleRef.name"))
        if old is not None and old["roleRef"] != reference:
            causes.append(invalid_value("roleRef", reference, "cannot change roleRef"))
        for index, subject in enumerate(new["subjects"]):
            field = f"subjects[{index}]"
            if not subject.get("name"):
                causes.append(required(f"{field}.name"))
            if subject.get("kind") not in ("User", "Group", "ServiceAccount"):
                choices = ("ServiceAccount", "User", "Group")
                causes.append(not_supported(f"{field}.kind", subject.get("kind", ""), choices))
            elif subject["kind"] == "ServiceAccount" and not (
                subject.get("namespace") or new["kind"] == "RoleBinding"
            ):
                causes.append(required(f"{field}.namespace"))
        return causes


def _role(value: Json) -> str:
    reference = value["roleRef"]
    return f"{reference['kind']}/{reference['name']}"


_rules = described("The rights: verbs on resources, or on paths.", {**listed(_rule), "nullable": True})
_aggregation = described("Kept, but not acted on here.", record(clusterRoleSelectors=listed(_selector)))
_roles = Schema(record(rules=_rules))
_cluster_roles = Schema(record(rules=_rules, aggregationRule=_aggregation))
_bindings = Schema(
    record(
        roleRef=described(
            "The role that is given; cannot be changed.", record(apiGroup=TEXT, kind=TEXT, name=TEXT)
        ),
        subjects=described("Who is given it.", listed(_subject)),
    )
)
_created = Column("Created At", lambda value: value["metadata"].get("creationTimestamp"))

ROLES = ServedResource(
    GROUP,
    "v1",
    "roles",
    "Role",
    columns=(_created,),
    schema=_roles,
    rules=RoleRules(),
    name_rule=path_segment,
    description="Role is a set of rights in one namespace.",
)
CLUSTER_ROLES = ServedResource(
    GROUP,
    "v1",
    "clusterroles",
    "ClusterRole",
    namespaced=False,
    columns=(_created,),
    schema=_cluster_roles,
    rules=RoleRules(),
    name_rule=path_segment,
    description="ClusterRole is a set of rights everywhere, or wherever it is bound.",
)
ROLE_BINDINGS = ServedResource(
    GROUP,
    "v1",
    "rolebindings",
    "RoleBinding",
    columns=(Column("Role", _role), AGE),
    schema=_bindings,
    rules=BindingRules(),
    name_rule=path_segment,
    description="RoleBinding gives the rights of a role to subjects, in one namespace.",
)
CLUSTER_ROLE_BINDINGS = ServedResource(
    GROUP,
    "v1",
    "clusterrolebindings",
    "ClusterRoleBinding",
    namespaced=False,
    columns=(Column("Role", _role), AGE),
    schema=_bindings,
    rules=BindingRules(),
    name_rule=path_segment,
    description="ClusterRoleBinding gives the rights of a ClusterRole to subjects, everywhere.",
)
