"""The facts that all Git hosts tell, each in its own words, and how to read them from a payload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from triggerfish.webhooks.sender import Sender

Metadata = Mapping[str, list[str]]
Json = Any

Fields = dict[str, Any]
"""Some of the fields of Facts by name."""

BRANCH, TAG = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, slots=True)
class Facts:
    """One event of a repository; None for what the host does not say.

    ``event`` is push, tag, pull_request, comment, release, ping or other. ``action`` is created, updated or
    deleted for a push and a tag; opened, updated, closed, merged or reopened for a pull request; else the
    host's own word. ``branch`` is what was pushed, or what a pull request would merge; ``base`` where to.
    ``fork``: the commits come from another repository; None when that is not known. ``files`` are the paths
    that were added, modified or removed by all commits of a push, each once.
    """

    event: str = "other"
    action: str | None = None
    repository: str | None = None
    url: str | None = None
    sha: str | None = None
    branch: str | None = None
    tag: str | None = None
    base: str | None = None
    number: int | None = None
    author: str | None = None
    fork: bool | None = None
    files: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Json]:
        """As an expression sees it."""
        fields = asdict(self)
        return {**fields, "files": None if self.files is None else list(self.files)}


class Host(Sender, Protocol):
    """One Git host: how its deliveries are signed, and what its payloads say.

    Adding a host is one file and a line in the registry.
    """

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """The facts, or None when the payload is not this host's.

        The payload alone decides; a header only helps with what a payload leaves out. Any JSON may come:
        nothing is raised.
        """


def at(value: Json, *path: str | int) -> Json:
    """What lies at a path of keys and places; None where there is no such thing."""
    for key in path:
        if isinstance(key, int):
            value = value[key] if isinstance(value, list) and len(value) > key else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def text(value: Json, *path: str | int) -> str | None:
    """A text at a path, and not an empty one."""
    found = at(value, *path)
    return found if isinstance(found, str) and found else None


def whole(value: Json, *path: str | int) -> int | None:
    """A whole number at a path."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def header(metadata: Metadata, name: str) -> str:
    """A header's first value, or nothing."""
    values = metadata.get(name) or [""]
    return values[0]


def commit(value: Json, *path: str | int) -> str | None:
    """A commit's name at a path; the one of all zeros stands for none."""
    found = text(value, *path)
    return None if found is None or not found.strip("0") else found


def ref(name: str | None) -> Fields:
    """``event`` and ``branch`` or ``tag`` of a full reference, such as ``refs/heads/main``."""
    if name is not None and name.startswith(BRANCH):
        return {"event": "push", "branch": name.removeprefix(BRANCH)}
    if name is not None and name.startswith(TAG):
        return {"event": "tag", "tag": name.removeprefix(TAG)}
    return {"event": "other"}


def change(before: str | None, after: str | None) -> str:
    """What happened to a reference, by its commits before and after."""
    return "deleted" if after is None else "created" if before is None else "updated"


def differ(one: Json, other: Json) -> bool | None:
    """Whether two repositories differ, by their names or numbers; None when one of them is not known.

    A head that is gone (its repository was deleted) is one that differs: this is asked before running it.
    """
    if other is None:
        return None
    return bool(one != other)


def files(commits: Json, total: int | None = None) -> tuple[str, ...] | None:
    """The paths that commits touch; None when they are not all there, so that nobody relies on a part."""
    if not isinstance(commits, list) or (total is not None and total > len(commits)):
        return None
    listed = [path for one in commits for path in _paths(one)]
    return None if None in listed else tuple(dict.fromkeys(path for path in listed if path is not None))


def _paths(one: Json) -> Iterable[str | None]:
    kinds = [at(one, kind) for kind in ("added", "modified", "removed")]
    if all(kind is None for kind in kinds):
        yield None
    for kind in kinds:
        for path in kind if isinstance(kind, list) else ():
            yield path if isinstance(path, str) else None
