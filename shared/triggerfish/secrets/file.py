"""Secrets in files: a mounted volume, one folder for each namespace, one file for each service account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from triggerfish.errors import SecretError, SettingError
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.backend import WEBHOOK_CLIENTS, GetSecret, SecretKind
from triggerfish.settings import Settings
from triggerfish.workflows.objects import is_namespace

_longest = 1 << 20


class FileStore:
    """Reads ``folder/namespace/account``. Names that begin with a dot are the volume's own business."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(
        cls, settings: Settings, get_secret: GetSecret, clock: Clock, kind: SecretKind = WEBHOOK_CLIENTS
    ) -> FileStore:
        """``SettingError`` when no folder is set, or it does not exist."""
        if not settings.secret_folder:
            raise SettingError("SECRET_STORE=file needs SECRET_FOLDER: the folder of the mounted secrets")
        if not Path(settings.secret_folder).is_dir():
            name = settings.secret_folder[:200]
            raise SettingError(f"SECRET_FOLDER is {name!r}; there is no such folder: mount the secrets there")
        return cls(kind.folder(settings))

    async def read(self, namespace: str) -> Mapping[str, bytes]:
        """The files of the namespace's folder."""
        if not is_namespace(namespace):
            raise SecretError("there is no such namespace", missing=True)
        return await asyncio.to_thread(self._read, self._folder / namespace)

    def _read(self, folder: Path) -> dict[str, bytes]:
        if not folder.is_dir():
            raise SecretError(f"there is no folder {folder}", missing=True)
        try:
            try:
                return _files(folder)
            except FileNotFoundError:
                # The volume was swapped between the listing and the reading; what it has now is whole.
                return _files(folder)
        except OSError as error:
            reason = type(error).__name__
            raise SecretError(f"the folder {folder} cannot be read: {reason}", retry=True) from None

    async def close(self) -> None:
        """Nothing is open."""


def _files(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():
            continue
        if path.stat().st_size > _longest:
            raise SecretError(f"the file {path} is longer than {_longest} bytes")
        files[path.name] = path.read_bytes()
    return files
