"""The files that say which cluster it is: the pod's own, and those that a kubeconfig names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from triggerfish.errors import SettingError

if TYPE_CHECKING:
    from triggerfish.kube.kubeconfig import Material

POD_FILES = "/var/run/secrets/kubernetes.io/serviceaccount"


def text(path: str) -> str:
    """The text of a file; ``SettingError`` when it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise SettingError(f"{path} cannot be read: {why}") from None


def kubeconfigs(paths: str) -> dict[str, str]:
    """The texts of ``KUBECONFIG``'s files by path, in order.

    As kubectl does: of several files, one that is not there is passed over.
    """
    each = [path for path in paths.split(":") if path]
    return {path: text(path) for path in each if len(each) == 1 or os.path.exists(path)}


def read(material: Material) -> str:
    """The text that is given, or that of its file."""
    return text(material.path) if material.path else material.text
