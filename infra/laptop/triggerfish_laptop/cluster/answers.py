"""The form an answer takes: whole objects, metadata alone, or the rows of a table, as ``Accept`` asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.changes import Stored
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import StatusError
from triggerfish_laptop.cluster.tables import metadata_only, table

_json = ("application/json", "application/*", "*/*", "")


class Representation(Enum):
    """The representation of objects that a client asks for."""

    WHOLE = "whole"
    METADATA = "metadata"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: an HTTP status, JSON bytes, and headers beside the usual ones."""

    code: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"

    @classmethod
    def of(cls, code: int, value: Json) -> Reply:
        """JSON."""
        return cls(code, orjson.dumps(value))


def form(accept: str) -> Representation:
    """Read an ``Accept`` header: the first form in it that we have; 406 when we have none."""
    if accept in _json:
        return Representation.WHOLE
    for part in accept.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind not in _json:
            continue
        wanted = dict(parameter.partition("=")[::2] for parameter in parameters)
        shape = wanted.get("as", "")
        if not shape:
            return Representation.WHOLE
        if shape == "Table":
            return Representation.TABLE
        if shape in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            return Representation.METADATA
    accepted = "only the following media types are accepted: application/json, application/json;as=Table"
    raise StatusError(406, "NotAcceptable", accepted, {})


@dataclass(frozen=True, slots=True)
class Presenter:
    """Writes objects of one resource in the form one caller asked for."""

    resource: ServedResource
    form: Representation
    include: str
    now: datetime

    @classmethod
    def of(cls, resource: ServedResource, call: ApiCall, now: datetime) -> Presenter:
        """Read ``Accept`` and ``includeObject``."""
        return cls(resource, form(call.headers.get("accept", "")), call.query.get("includeObject", ""), now)

    def one(self, value: Json, data: bytes | None = None) -> bytes:
        """A single object; ``data`` is its JSON when that is at hand."""
        if self.form is Representation.WHOLE:
            return orjson.dumps(value) if data is None else data
        if self.form is Representation.METADATA:
            return orjson.dumps(metadata_only(value))
        about = {"resourceVersion": value["metadata"].get("resourceVersion", "")}
        return orjson.dumps(table(self.resource, [value], about, self.now, self.include))

    def many(self, items: Sequence[Stored], about: Json) -> bytes:
        """A list with its metadata."""
        if self.form is Representation.TABLE:
            values = [item.value for item in items]
            return orjson.dumps(table(self.resource, values, about, self.now, self.include))
        if self.form is Representation.METADATA:
            partial = {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": about,
                # A real API server answers null here when there is nothing.
                "items": [metadata_only(item.value) for item in items] or None,
            }
            return orjson.dumps(partial)
        head = orjson.dumps(
            {"apiVersion": self.resource.api_version, "kind": self.resource.kind_of_list, "metadata": about}
        )
        # Custom resources name their kind in a list too; the kinds of Kubernetes itself leave it out.
        parts = [item.data if self.resource.custom else _unnamed(item.value) for item in items]
        return b"".join((head[:-1], b',"items":[', b",".join(parts), b"]}"))


def _unnamed(value: Json) -> bytes:
    return orjson.dumps({key: part for key, part in value.items() if key not in ("kind", "apiVersion")})
