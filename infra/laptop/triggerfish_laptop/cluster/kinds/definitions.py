"""CustomResourceDefinition, and the resources that one defines."""

from __future__ import annotations

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.registry import Column, KindRules, ServedResource
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import Cause, invalid_value, required
from triggerfish_laptop.cluster.tables import printer_column

GROUP = "apiextensions.k8s.io"


class DefinitionRules(KindRules):
    """Names are filled in, and accepted at once."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """Singular, list kind, conditions."""
        spec = new.get("spec")
        if not isinstance(spec, dict) or not isinstance(spec.get("names"), dict):
            return
        names = dict(spec["names"])
        names.setdefault("singular", str(names.get("kind", "")).lower())
        names.setdefault("listKind", f"{names.get('kind', '')}List")
        new["spec"] = {"conversion": {"strategy": "None"}, **spec, "names": names}
        since = new["metadata"].get("creationTimestamp")
        stored = [version["name"] for version in spec.get("versions") or () if version.get("storage")]
        new["status"] = {
            "acceptedNames": names,
            "conditions": [
                _condition("NamesAccepted", since, "NoConflicts", "no conflicts found"),
                _condition(
                    "Established", since, "InitialNamesAccepted", "the initial names have been accepted"
                ),
            ],
            "storedVersions": stored,
        }

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Problems that would keep it from being served."""
        spec = new.get("spec") or {}
        names = spec.get("names") or {}
        causes = [required(f"spec.names.{key}") for key in ("plural", "kind") if not names.get(key)]
        causes += [required("spec.group")] if not spec.get("group") else []
        wanted = f"{names.get('plural')}.{spec.get('group')}"
        if new["metadata"].get("name") != wanted:
            why = f'must be spec.names.plural+"."+spec.group ("{wanted}")'
            causes.append(invalid_value("metadata.name", new["metadata"].get("name"), why))
        versions = spec.get("versions") or []
        if sum(bool(version.get("storage")) for version in versions) != 1:
            why = "must have exactly one version marked as storage version"
            causes.append(invalid_value("spec.versions", versions, why))
        if old is not None and old["spec"].get("scope") != spec.get("scope"):
            causes.append(invalid_value("spec.scope", spec.get("scope"), "field is immutable"))
        for index, version in enumerate(versions):
            if not (version.get("schema") or {}).get("openAPIV3Schema"):
                field = f"spec.versions[{index}].schema.openAPIV3Schema"
                causes.append(required(field, "schemas are required"))
        return causes


def _condition(kind: str, since: str | None, reason: str, message: str) -> Json:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }


def defined(definition: Json) -> list[ServedResource]:
    """The resources that a definition has served, the storage version first."""
    spec = definition["spec"]
    names = spec["names"]
    versions = [version for version in spec["versions"] if version.get("served")]
    versions.sort(key=lambda version: not version.get("storage"))
    return [
        ServedResource(
            spec["group"],
            version["name"],
            names["plural"],
            names["kind"],
            namespaced=spec.get("scope") != "Cluster",
            singular=names.get("singular", ""),
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            columns=tuple(map(printer_column, version.get("additionalPrinterColumns") or ())),
            schema=Schema(version["schema"]["openAPIV3Schema"]),
            custom=True,
            status_subresource="status" in (version.get("subresources") or {}),
            list_kind=names.get("listKind", ""),
        )
        for version in versions
    ]


DEFINITIONS = ServedResource(
    GROUP,
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    columns=(Column("Created At", lambda value: value["metadata"].get("creationTimestamp")),),
    schema=Schema(
        {
            "type": "object",
            "properties": {
                "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
        }
    ),
    rules=DefinitionRules(),
    merge_keys={"status.conditions": "type"},
    status_subresource=True,
    description="CustomResourceDefinition is a kind that the API server serves beside its own.",
)
