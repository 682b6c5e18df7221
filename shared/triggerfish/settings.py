"""The only reader of the environment: a frozen ``Settings``, made once from a mapping."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args, get_type_hints
from typing import Literal as One

from triggerfish.errors import SettingError


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with its default; docs/settings.md says what each does."""

    kubeconfig: str = ""
    kube_auth: One["auto", "gke"] = "auto"
    gke_host: str = ""
    gke_ca: str = ""
    kubernetes_service_host: str = ""
    kubernetes_service_port: str = "443"
    managed_namespace: str = ""
    instance_id: str = ""
    default_timezone: str = "UTC"
    tick_grace_seconds: int = 120
    tick_token: str = field(default="", repr=False)
    tick_audience: str = ""
    tick_identity: str = ""
    tick_deadline_seconds: int = 50
    heartbeat_url: str = field(default="", repr=False)
    mode: One["active", "shadow"] = "active"
    secret_store: One["kubernetes", "google", "file"] = "kubernetes"  # noqa: S105  a kind, no password
    secret_name: str = ""
    secret_folder: str = ""
    secret_cache_seconds: int = 10
    webhook_identity: One["token-request", "legacy", "impersonate"] = "token-request"
    event_concurrency: int = 64
    max_body_bytes: int = 2097152
    response_detail: One["none", "summary", "full"] = "summary"
    selector_errors: One["skip", "fail"] = "skip"
    expression_dialect: One["expr", "cel"] = "expr"
    k_sink: str = ""
    sink_audience: str = ""
    sink_identity: str = ""
    decision_record: int = 20
    delivery_record: int = 0
    delivery_retention_seconds: int = 86400
    metrics: One["off", "on"] = "off"
    console: One["off", "on"] = "off"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read from the environment: each field by its name in capitals; unset or empty means the default.

        Raises ``SettingError`` naming the variable and the values it takes.
        """
        types = get_type_hints(cls)
        given = {each.name: environment.get(each.name.upper(), "") for each in fields(cls)}
        return cls(**{name: _read(name.upper(), types[name], text) for name, text in given.items() if text})


def _read(variable: str, kind: Any, text: str) -> Any:
    if kind is str:
        return text
    if kind is int:
        if not text.isascii() or not text.isdigit():
            raise SettingError(f"{variable} is {text!r}; it takes a whole number, 0 or more")
        return int(text)
    choices = get_args(kind)
    if text not in choices:
        raise SettingError(f"{variable} is {text!r}; it takes one of: {', '.join(choices)}")
    return text


def from_process() -> Settings:
    """The settings of this process."""
    return Settings.of(os.environ)
