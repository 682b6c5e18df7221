"""The facts that all Git hosts tell, each in its own words, and how to read them from a payload."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from triggerfish.hosts.setup import Setup
from triggerfish.webhooks.sender import Sender

Metadata = Mapping[str, list[str]]
Json = Any

Fields = dict[str, Any]
"""Some of the fields of Facts by name."""

NONE = "0" * 40
BRANCH, TAG = "refs/heads/", "refs/tags/"

# What a payload may lack and its host knows: one question for a pull request, one for each of the rest.
PULL_REQUEST_FACTS = ("sha", "branch", "base", "fork", "source", "source_url")
ASKED = frozenset(("permission", "files", *PULL_REQUEST_FACTS))
_HIDDEN = ("occurred", "pull", "author_id", "sender", "opener", "installation")
_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_-]*)(?:\s+(.*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a host; ``id`` where a name is not enough to ask the host by."""

    login: str
    id: str | int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One event of a repository; None for what the host does not say.

    ``event`` is push, tag, pull_request, comment, release, ping or other. ``action`` is created, updated or
    deleted for a push and a tag; opened, updated, closed, merged or reopened for a pull request; else the
    host's own word. ``branch`` is what was pushed, or what a pull request would merge; ``base`` where to;
    ``previous`` the commit that was there before. ``source`` and ``source_url`` are the repository that the
    commits come from. ``fork``: that is another repository than the event's, or one that strangers may push
    to; None when that is not known. ``files`` are the paths that were added, modified or removed by all
    commits of a push, each once. ``comment`` is a comment's text; ``command`` and ``arguments`` are its first
    line, ``/command arguments``, when the comment is a new one.

    ``permission`` (admin, write, read or none) is what ``author`` may do there: no payload says it, a host is
    asked for it.

    No expression sees the rest. ``occurred`` orders the events of one subject, in seconds since 1970.
    ``pull``: ``number`` is a pull request's. ``author_id`` is the author's id, as in ``Person``; ``sender``
    caused the event, ``opener`` opened the pull request. ``installation`` is that of the GitHub App which the
    host sent the event for.
    """

    event: str = "other"
    action: str | None = None
    repository: str | None = None
    url: str | None = None
    sha: str | None = None
    previous: str | None = None
    branch: str | None = None
    tag: str | None = None
    base: str | None = None
    number: int | None = None
    author: str | None = None
    fork: bool | None = None
    source: str | None = None
    source_url: str | None = None
    files: tuple[str, ...] | None = None
    comment: str | None = None
    command: str | None = None
    arguments: str | None = None
    permission: str | None = None
    occurred: float | None = None
    pull: bool = False
    author_id: str | int | None = None
    sender: Person | None = None
    opener: Person | None = None
    installation: int | None = None

    def as_json(self) -> dict[str, Json]:
        """As an expression sees it."""
        seen = {name: getattr(self, name) for name in _SEEN}
        seen["files"] = None if self.files is None else list(self.files)
        return seen


# What an expression sees, in order.
_SEEN = tuple(each.name for each in fields(Facts) if each.name not in _HIDDEN)


class Host(Sender, Protocol):
    """One Git host: how its deliveries are signed, and what its payloads say.

    Adding a host is one file and a line in the registry.
    """

    setup: Setup

    @staticmethod
    def facts(payload: Mapping[str, Json], metadata: Metadata) -> Facts | None:
        """The facts, or None when the payload is not this host's.

        The payload decides; a header only helps with what a payload leaves out. Any JSON may come: nothing
        is raised, and what is missing is None. ``fork`` is false only where the payload proves it.
        """


def at(value: Json, *path: str | int) -> Json:
    """Return what lies at a path of keys and places; None where there is no such thing."""
    for key in path:
        if isinstance(key, int):
            value = value[key] if isinstance(value, list) and len(value) > key else None
        else:
            # What JSON makes, first: it is asked twenty times for each event.
            value = value.get(key) if type(value) is dict or isinstance(value, Mapping) else None
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


def person(login: str | None, identity: str | int | None = None) -> Person | None:
    """Somebody, if the payload names one."""
    return Person(login, identity) if login else None


def commit(value: Json, *path: str | int) -> str | None:
    """A commit's name at a path; the one of all zeros stands for none."""
    found = text(value, *path)
    return None if found is None or not found.strip("0") else found


def ref(name: str | None) -> Fields:
    """``event`` and ``branch`` or ``tag`` of a full reference, such as ``refs/heads/main``."""
    found = named(name) if name is not None and name.startswith("refs/") else {}
    return {"event": "push" if "branch" in found else "tag" if found else "other"} | found


def named(name: str | None) -> Fields:
    """``branch`` or ``tag`` of a reference, full or short, for events that are no push."""
    for prefix, kind in ((BRANCH, "branch"), (TAG, "tag")):
        if name is not None and name.startswith(prefix):
            short = name.removeprefix(prefix)
            return {kind: short} if short else {}
    return {"branch": name} if name and not name.startswith("refs/") else {}


def pushed(where: Fields, known: Fields, before: Json, after: Json) -> Facts:
    """A push or tag: ``where`` it went, by the commits before and after, as the host writes them.

    A commit of all zeros stands for none. What is not there at all stands for nothing: without a commit that
    is known, or known to be gone, the event is other. It is no deletion.
    """
    old, new = commit(before), commit(after)
    deleted, created = after == _zeros(after), before == _zeros(before)
    if where["event"] == "other" or (new is None and not deleted) or (deleted and created):
        return Facts(**known | where | {"event": "other", "action": None, "files": None})
    source: Fields = {"source": known.get("repository"), "source_url": known.get("url"), "fork": False}
    action = "deleted" if deleted else "created" if created else "updated"
    changed: Fields = {"action": action, "sha": new, "previous": old}
    return Facts(**source | known | where | changed)


def _zeros(like: Json) -> str:
    """The commit that stands for none, as long as another one (SHA-1 or SHA-256)."""
    return "0" * max(len(like), 1) if isinstance(like, str) else NONE


def differ(one: Json, other: Json) -> bool | None:
    """Return whether two repositories differ, by their names or numbers; None when one of them is not known.

    A head that is gone (its repository was deleted) is one that differs: this is asked before running it.
    """
    if other is None:
        return None
    return bool(one != other)


def said(comment: str | None, *, new: bool) -> Fields:
    """``comment``, and the command in its first line if the comment is ``new``: an edit commands nothing."""
    first = (comment or "").split("\n", 1)[0].strip()
    found = _COMMAND.fullmatch(first) if new else None
    return {
        "comment": comment,
        "command": found[1] if found else None,
        "arguments": (found[2] or None) if found else None,
    }


def files(commits: Json, total: int | None = None, most: int | None = None) -> tuple[str, ...] | None:
    """The paths that commits touch; None when they are not all there, so that nobody relies on a part.

    ``total`` is how many commits there were; ``most`` how many files of one commit the host lists.
    """
    if not isinstance(commits, list) or (total is not None and total > len(commits)):
        return None
    listed = [list(_paths(one)) for one in commits]
    if most is not None and any(len(paths) >= most for paths in listed):
        return None
    paths = [path for one in listed for path in one]
    return None if None in paths else tuple(dict.fromkeys(path for path in paths if path is not None))


def _paths(one: Json) -> Iterable[str | None]:
    kinds = [at(one, kind) for kind in ("added", "modified", "removed")]
    if all(kind is None for kind in kinds):
        yield None
    for kind in kinds:
        for path in kind if isinstance(kind, list) else ():
            yield path if isinstance(path, str) else None
