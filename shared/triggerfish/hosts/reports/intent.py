"""Where the state of a run is reported: an annotation on its Workflow, sealed against all who may write one.

The seal is an HMAC over the Workflow's namespace and name and all that the annotation says; its key is
derived from the credential that the report is made with. So whoever may create Workflows cannot have a status
posted to a commit of their choice, and a Workflow's annotation is worth nothing on another.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from triggerfish.hosts.api.values import Ids

_purpose = b"triggerfish report seal v1\0"
# Bytes of an annotation that is read; ours take a few hundred.
most_bytes = 4096
# A host needs one or two of them; four thousand bytes of small ones are forty thousand as Python's values.
_most_ids = 8
_shown = 12
_texts = ("host", "credential", "repository", "sha", "context")


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """What the runs of one commit and context share: a host shows the last state that it was told of it.

    ``server`` is the URL of the credential, where that is known; whose credential it is makes no difference.
    """

    namespace: str
    host: str
    repository: str
    sha: str
    context: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """``host`` is the type of ``credential``, the name of one in the namespace; ``context`` names the status.

    ``at`` is when the event was received, in seconds since 1970. ``ids`` are what this host needs besides;
    ``installation`` is the GitHub App's, where the delivery named one.
    """

    host: str
    credential: str
    repository: str
    sha: str
    context: str
    at: float = 0.0
    ids: Ids = field(default_factory=dict)
    installation: int | None = None

    def __str__(self) -> str:
        """As people read it: ``ci/build on org/app@1a2b3c4d5e6f``."""
        return f"{self.context} on {self.repository}@{self.sha[:_shown]}"

    def place(self, namespace: str) -> ReportPlace:
        """The place of this report among those of the namespace."""
        return ReportPlace(namespace, self.host, self.repository, self.sha, self.context)

    def sealed(self, namespace: str, workflow: str, key: bytes) -> str:
        """The annotation for that Workflow: JSON. ``key`` is the credential's (``seal_key``)."""
        fields = self._fields()
        return orjson.dumps({**fields, "seal": _seal(fields, namespace, workflow, key)}).decode()

    def _fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {name: getattr(self, name) for name in _texts}
        fields["at"] = self.at
        if self.ids:
            fields["ids"] = dict(self.ids)
        if self.installation is not None:
            fields["installation"] = self.installation
        return fields


@dataclass(frozen=True, slots=True)
class SealedIntent:
    """An annotation as it was found, not yet believed."""

    intent: Intent
    seal: str

    def holds(self, namespace: str, workflow: str, key: bytes) -> bool:
        """Return whether it was sealed for that very Workflow with that key; in constant time."""
        expected = _seal(self.intent._fields(), namespace, workflow, key)
        return hmac.compare_digest(expected.encode(), self.seal.encode("utf-8", "surrogatepass"))


def read(text: Any) -> SealedIntent | None:
    """The annotation's meaning; None where it has none that we could have written. Never raises."""
    if not isinstance(text, str) or len(text) > most_bytes:
        return None
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    if not isinstance(value, dict) or value.keys() - {*_texts, "at", "ids", "installation", "seal"}:
        return None
    texts: dict[str, Any] = {name: value.get(name) for name in _texts}
    at, seal = value.get("at"), value.get("seal")
    ids, installation = value.get("ids", {}), value.get("installation")
    if not isinstance(seal, str) or not all(isinstance(found, str) and found for found in texts.values()):
        return None
    if not isinstance(at, float) or not _are_ids(ids):
        return None
    if installation is not None and not _is_whole(installation):
        return None
    return SealedIntent(Intent(**texts, at=at, ids=ids, installation=installation), seal)


def seal_key(secret: bytes) -> bytes:
    """The key of the seals that belong to a credential with that secret."""
    return hmac.new(secret, _purpose, hashlib.sha256).digest()


def _seal(fields: Mapping[str, Any], namespace: str, workflow: str, key: bytes) -> str:
    text = orjson.dumps([namespace, workflow, fields], option=orjson.OPT_SORT_KEYS)
    return hmac.new(key, _purpose + text, hashlib.sha256).hexdigest()


def _are_ids(value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= _most_ids and all(map(_is_id, value.values()))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or _is_whole(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
