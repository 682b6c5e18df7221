"""Namespace, ConfigMap, Event, and the shapes that all kinds share."""

from __future__ import annotations

import re
from collections.abc import Callable

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.registry import ALL_VERBS, Column, KindRules, ServedResource
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import Cause, invalid_value
from triggerfish_laptop.cluster.tables import AGE
from triggerfish_laptop.cluster.validation import label

TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
TEXT_MAP: Json = {"type": "object", "additionalProperties": TEXT}
WHOLE: Json = {"type": "integer", "format": "int32"}
YES_NO: Json = {"type": "boolean"}


def record(**properties: Json) -> Json:
    """An object with just these fields."""
    return {"type": "object", "properties": properties}


def listed(items: Json) -> Json:
    """A list of these."""
    return {"type": "array", "items": items}


def described(description: str, schema: Json) -> Json:
    """With the sentence that ``kubectl explain`` shows."""
    return {"description": description, **schema}


REFERENCE = record(
    apiVersion=TEXT, fieldPath=TEXT, kind=TEXT, name=TEXT, namespace=TEXT, resourceVersion=TEXT, uid=TEXT
)
_data_key = re.compile(r"[-._a-zA-Z0-9]+")
_condition = record(lastTransitionTime=TEXT, message=TEXT, reason=TEXT, status=TEXT, type=TEXT)


class NamespaceRules(KindRules):
    """A namespace is labelled with its name, and holds on until its content is gone."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """Label and phase."""
        metadata = new["metadata"]
        name = metadata.get("name", "")
        metadata["labels"] = {**(metadata.get("labels") or {}), keys.NAMESPACE_NAME: name}
        if old is None:
            new["spec"] = {"finalizers": ["kubernetes"]}
            new["status"] = {"phase": "Active"}
        else:
            new["spec"], new["status"] = old["spec"], old["status"]
        if metadata.get("deletionTimestamp"):
            new["status"] = {**new["status"], "phase": "Terminating"}

    def kept(self, name: str) -> str:
        """The namespaces that every cluster has."""
        return "this namespace may not be deleted" if name in ("default", "kube-system") else ""

    def deleting(self, value: Json) -> list[str]:
        """Its content goes first."""
        return list(value["spec"].get("finalizers") or ())


class ConfigMapRules(KindRules):
    """Keys are file names; an immutable one stays as it is."""

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Keys and immutability."""
        causes = key_problems(new, ("data", "binaryData"))
        if old is not None and old.get("immutable"):
            for part in ("data", "binaryData", "immutable"):
                if new.get(part) != old.get(part):
                    causes.append(
                        Cause(
                            part,
                            "FieldValueForbidden",
                            "Forbidden: field is immutable when `immutable` is set",
                        )
                    )
        return causes


def key_problems(value: Json, parts: tuple[str, ...]) -> list[Cause]:
    """Problems with the keys of a ConfigMap's or a Secret's data."""
    why = (
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
        "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    )
    return [
        invalid_value(f"{part}[{key}]", key, why)
        for part in parts
        for key in value.get(part) or {}
        if not _data_key.fullmatch(key)
    ]


def _involved(key: str) -> Callable[[Json], str]:
    return lambda value: (value.get("involvedObject") or {}).get(key, "")


def _event_object(value: Json) -> str:
    involved = value.get("involvedObject") or {}
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


NAMESPACES = ServedResource(
    "",
    "v1",
    "namespaces",
    "Namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    columns=(Column("Status", lambda value: value["status"]["phase"]), AGE),
    schema=Schema(
        record(spec=record(finalizers=TEXTS), status=record(conditions=listed(_condition), phase=TEXT))
    ),
    rules=NamespaceRules(),
    name_rule=label,
    fields={"status.phase": lambda value: str(value["status"]["phase"])},
    status_subresource=True,
    returns_deleted=True,
    merge_keys={"status.conditions": "type"},
    description="Namespace provides a scope for names.",
)
CONFIG_MAPS = ServedResource(
    "",
    "v1",
    "configmaps",
    "ConfigMap",
    short_names=("cm",),
    columns=(
        Column(
            "Data", lambda value: len(value.get("data") or {}) + len(value.get("binaryData") or {}), "integer"
        ),
        AGE,
    ),
    schema=Schema(
        record(
            data=described("Keys and texts.", TEXT_MAP),
            binaryData=described("Keys and bytes, in base64.", TEXT_MAP),
            immutable=described("Whether the data can no longer be changed.", YES_NO),
        )
    ),
    rules=ConfigMapRules(),
    description="ConfigMap holds configuration data for others to read.",
)
EVENTS = ServedResource(
    "",
    "v1",
    "events",
    "Event",
    short_names=("ev",),
    columns=(
        Column("Last Seen", lambda value: value.get("lastTimestamp") or value.get("eventTime") or "", "date"),
        Column("Type", lambda value: value.get("type", "")),
        Column("Reason", lambda value: value.get("reason", "")),
        Column("Object", _event_object),
        Column("Message", lambda value: str(value.get("message", "")).strip()),
    ),
    schema=Schema(
        record(
            action=TEXT,
            count=WHOLE,
            eventTime={**TEXT, "nullable": True},
            firstTimestamp={**TEXT, "nullable": True},
            involvedObject=described("What it happened to.", REFERENCE),
            lastTimestamp={**TEXT, "nullable": True},
            message=described("What happened, for people.", TEXT),
            reason=described("Why, in one word, for programs.", TEXT),
            related=REFERENCE,
            reportingComponent=TEXT,
            reportingInstance=TEXT,
            series=record(count=WHOLE, lastObservedTime=TEXT),
            source=record(component=TEXT, host=TEXT),
            type=described("Normal or Warning.", TEXT),
        )
    ),
    fields={
        **{f"involvedObject.{key}": _involved(key) for key in REFERENCE["properties"]},
        "reason": lambda value: value.get("reason", ""),
        "type": lambda value: value.get("type", ""),
        "reportingComponent": lambda value: value.get("reportingComponent", ""),
        "source": lambda value: (value.get("source") or {}).get("component", ""),
    },
    description="Event is a report of something that happened to an object.",
)
