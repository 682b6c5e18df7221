"""What is checked of the settings for Git hosts before a function serves."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

from triggerfish.errors import SettingError
from triggerfish.hosts.api.addresses import AddressRules
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import HOST_CREDENTIALS
from triggerfish.secrets.store import backend_of
from triggerfish.settings import Settings
from triggerfish.workflows.objects import is_name, is_namespace


def host_settings(read: Settings) -> Iterator[SettingError]:
    """Every setting for Git hosts that is wrong by itself."""
    try:
        AddressRules.of(read.host_addresses)
    except SettingError as error:
        yield error
    if read.host_ca:
        try:
            ssl.create_default_context(cafile=read.host_ca)
        except (OSError, ValueError) as error:
            why = type(error).__name__
            yield SettingError(f"HOST_CA is {read.host_ca[:200]!r}; it takes a file of certificates: {why}")
    if read.secret_store == "kubernetes" and not is_name(read.host_secret_name):  # noqa: S105  a store
        yield SettingError(
            f"HOST_SECRET_NAME is {read.host_secret_name[:80]!r}; it takes the name of a Secret"
        )
    elif read.reports == "on":
        yield from _store(read)
    for name in read.recovered_namespaces:
        if not is_namespace(name):
            told = read.recover_namespaces[:200]
            yield SettingError(f"RECOVER_NAMESPACES is {told!r}; {name[:80]!r} is no namespace")
        elif not read.manages(name):
            yield SettingError(f"RECOVER_NAMESPACES names {name!r}, which MANAGED_NAMESPACE leaves out")


def _store(read: Settings) -> Iterator[SettingError]:
    async def none(namespace: str, name: str) -> Any:
        raise NotImplementedError("no Secret is read at the start")

    try:
        backend_of(read, none, Clock(), HOST_CREDENTIALS)
    except SettingError as error:
        yield error
