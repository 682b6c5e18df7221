"""Reading kubeconfig files as kubectl merges them. Pure: the files' texts come as arguments."""

from __future__ import annotations

import base64
import binascii
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from triggerfish.errors import SettingError


@dataclass(frozen=True, slots=True)
class Material:
    """Something given as text, or as the ``path`` of a file that holds it; both empty: not given."""

    text: str = field(default="", repr=False)
    path: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.path)


@dataclass(frozen=True, slots=True)
class Context:
    """The current context of a kubeconfig. ``plugin``: its user needs an exec or auth-provider plugin.

    ``namespace`` is what commands work in when they are told none; empty when the context says none.
    """

    server: str
    ca: Material
    verify: bool
    tls_name: str
    proxy: str = field(repr=False)
    token: Material
    certificate: Material
    key: Material
    plugin: bool
    namespace: str = ""


def current_context(texts: Mapping[str, str]) -> Context:
    """The context that kubectl would use, from the files' texts by path, in order.

    The first file to name something wins; relative paths are relative to the file that has them.
    Raises ``SettingError`` naming what is missing or not understood; never any content.
    """
    named: dict[str, dict[str, tuple[dict[str, Any], str]]] = {"cluster": {}, "context": {}, "user": {}}
    current = ""
    for path, text in texts.items():
        document = _document(path, text)
        current = current or document.get("current-context") or ""
        for kind, found in named.items():
            for entry in document.get(f"{kind}s") or []:
                if not isinstance(entry, dict) or not isinstance(entry.get(kind) or {}, dict):
                    raise SettingError(f"KUBECONFIG {path}: {kind}s has an entry that is not a mapping")
                found.setdefault(str(entry.get("name")), (entry.get(kind) or {}, posixpath.dirname(path)))
    if not current:
        raise SettingError("KUBECONFIG names no current-context; set one: kubectl config use-context NAME")
    context, _ = _find(named, "context", current)
    cluster, cluster_base = _find(named, "cluster", str(context.get("cluster")))
    user, user_base = _find(named, "user", str(context["user"])) if context.get("user") else ({}, "")
    return replace(
        _context(cluster, cluster_base, user, user_base), namespace=str(context.get("namespace") or "")
    )


def _document(path: str, text: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):  # a date such as 2026-99-99 is a ValueError
        # The parser's message quotes the text, and the text holds credentials.
        raise SettingError(f"KUBECONFIG {path} is not YAML") from None
    if not isinstance(document, dict):
        raise SettingError(f"KUBECONFIG {path} is not a kubeconfig: its YAML is not a mapping")
    return document


def _find(
    named: dict[str, dict[str, tuple[dict[str, Any], str]]], kind: str, name: str
) -> tuple[dict[str, Any], str]:
    try:
        return named[kind][name]
    except KeyError:
        raise SettingError(f"KUBECONFIG has no {kind} named {name!r}") from None


def _context(cluster: dict[str, Any], cluster_base: str, user: dict[str, Any], user_base: str) -> Context:
    server = cluster.get("server") or ""
    if not server.startswith(("https://", "http://")):
        raise SettingError(
            f"KUBECONFIG: the cluster's server is {server!r}; it takes a URL: https://HOST:PORT"
        )
    for field_name in user:
        # Left out silently, it would let us act as somebody with more rights.
        if field_name == "as" or field_name.startswith("as-"):
            raise SettingError(f"KUBECONFIG: the user's {field_name!r} (impersonation) is not supported")
        if field_name in ("username", "password"):
            raise SettingError(
                "KUBECONFIG: user name and password are not supported; API servers refuse them"
            )
    token = _material(user, "token", "tokenFile", user_base, encoded=False)
    if user.get("tokenFile"):
        # As kubectl does: the file wins, as it is the one that is rotated.
        token = Material(path=_join(user_base, str(user["tokenFile"])))
    certificate = _material(user, "client-certificate-data", "client-certificate", user_base)
    key = _material(user, "client-key-data", "client-key", user_base)
    if bool(certificate) != bool(key):
        raise SettingError("KUBECONFIG: the user has only one of client certificate and client key")
    return Context(
        server=server,
        ca=_material(cluster, "certificate-authority-data", "certificate-authority", cluster_base),
        verify=not cluster.get("insecure-skip-tls-verify"),
        tls_name=cluster.get("tls-server-name") or "",
        proxy=cluster.get("proxy-url") or "",
        token=token,
        certificate=certificate,
        key=key,
        plugin=not token and not certificate and bool(user.get("exec") or user.get("auth-provider")),
    )


def _material(entry: dict[str, Any], data: str, path: str, base: str, *, encoded: bool = True) -> Material:
    if entry.get(data):
        text = str(entry[data])
        if not encoded:
            return Material(text=text)
        try:
            return Material(text=base64.b64decode(text, validate=True).decode("ascii"))
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise SettingError(f"KUBECONFIG: {data} is not base64 of PEM") from None
    return Material(path=_join(base, str(entry[path]))) if entry.get(path) else Material()


def _join(base: str, path: str) -> str:
    return path if path.startswith("/") else posixpath.join(base, path)
