"""ServiceAccount and Secret."""

from __future__ import annotations

import base64
import binascii

from triggerfish import annotations as keys
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.kinds.core import (
    REFERENCE,
    TEXT,
    TEXT_MAP,
    YES_NO,
    described,
    key_problems,
    listed,
    record,
)
from triggerfish_laptop.cluster.registry import Column, KindRules, ServedResource
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import Cause, bad_request, invalid_value, required, too_long
from triggerfish_laptop.cluster.tables import AGE

TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105  a type, no token
_limit = 1024 * 1024
_needs = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/ssh-auth": "ssh-privatekey",
}


class SecretRules(KindRules):
    """``stringData`` becomes ``data``; values are base64; the type stays."""

    def prepare(self, new: Json, old: Json | None) -> None:
        """Merge ``stringData`` into ``data``, and give it a type."""
        texts = new.pop("stringData", None)
        if texts:
            written = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
            new["data"] = {**(new.get("data") or {}), **written}
        new.setdefault("type", "Opaque" if old is None else old["type"])

    def validate(self, new: Json, old: Json | None) -> list[Cause]:
        """Encoding, size, and what the type demands."""
        causes = key_problems(new, ("data",))
        size = 0
        for value in (new.get("data") or {}).values():
            try:
                size += len(base64.b64decode(value or "", validate=True))
            except binascii.Error as error:
                why = "illegal base64 data at input byte 0"
                raise bad_request(f'Secret in version "v1" cannot be handled as a Secret: {why}') from error
        if size > _limit:
            causes.append(too_long("data", _limit))
        if new["type"] == TOKEN_TYPE:
            annotations = new["metadata"].get("annotations") or {}
            if not annotations.get(keys.SERVICE_ACCOUNT_NAME):
                causes.append(required(f"metadata.annotations[{keys.SERVICE_ACCOUNT_NAME}]"))
        needed = _needs.get(new["type"])
        if needed is not None and needed not in (new.get("data") or {}):
            causes.append(required(f"data[{needed}]"))
        if old is not None and new["type"] != old["type"]:
            causes.append(invalid_value("type", new["type"], "field is immutable"))
        if old is not None and old.get("immutable") and new.get("data") != old.get("data"):
            causes.append(
                Cause("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set")
            )
        return causes


SECRETS = ServedResource(
    "",
    "v1",
    "secrets",
    "Secret",
    columns=(
        Column("Type", lambda value: value.get("type", "")),
        Column("Data", lambda value: len(value.get("data") or {}), "integer"),
        AGE,
    ),
    schema=Schema(
        record(
            data=described("Keys and values, in base64.", TEXT_MAP),
            stringData=described("Keys and texts; written into data, never answered.", TEXT_MAP),
            immutable=described("Whether the data can no longer be changed.", YES_NO),
            type=described("What the data is for; decides what it must have.", TEXT),
        )
    ),
    rules=SecretRules(),
    fields={"type": lambda value: str(value.get("type", ""))},
    description="Secret holds data that few may read; values are base64.",
)
SERVICE_ACCOUNTS = ServedResource(
    "",
    "v1",
    "serviceaccounts",
    "ServiceAccount",
    short_names=("sa",),
    columns=(Column("Secrets", lambda value: len(value.get("secrets") or []), "integer"), AGE),
    schema=Schema(
        record(
            automountServiceAccountToken=YES_NO,
            imagePullSecrets=listed(record(name=TEXT)),
            secrets=described("Secrets that may be used with it.", listed(REFERENCE)),
        )
    ),
    returns_deleted=True,
    merge_keys={"secrets": "name", "imagePullSecrets": "name"},
    description="ServiceAccount is an identity for what runs, rather than for a person.",
)
