"""sprig's paths, which know ``/`` alone; the ``os`` forms are the same on the Linux that Argo runs on."""

from __future__ import annotations

import posixpath

from triggerfish.expressions.sprig.signature import Family

family = Family()


@family("base osBase", "string")
def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@family("clean osClean", "string")
def _clean(path: str) -> str:
    return clean(path)


def clean(path: str) -> str:
    """path.Clean: Python keeps two leading slashes, Go does not."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


@family("dir osDir", "string")
def _dir(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


@family("ext osExt", "string")
def _ext(path: str) -> str:
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


@family("isAbs osIsAbs", "string")
def _is_abs(path: str) -> bool:
    return path.startswith("/")
