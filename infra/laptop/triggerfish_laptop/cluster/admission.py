"""From what was sent to what may be stored: kind, shape, schema, rules of the kind, rights of the sender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.calls import ApiCall
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import Cause, StatusError, bad_request, invalid, invalid_value
from triggerfish_laptop.cluster.validation import metadata_problems, shape_problem

Guard = Callable[[Json, "Json | None"], None]
"""Looks at an object about to be written; raises ``StatusError`` to forbid it."""

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """Admits the objects of one request. ``guard`` is what this user may not write all the same."""

    resource: ServedResource
    call: ApiCall
    guard: Guard

    def read(self, body: Json) -> Json:
        """A copy whose ``metadata`` may be changed, once kind, shape and namespace are right; else 400."""
        resource = self.resource
        if resource.custom and not (body.get("kind") and body.get("apiVersion")):
            why = "Object 'Kind' or 'apiVersion' is missing"
            raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")
        kind, api_version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
        if resource.custom and kind != resource.kind:
            raise self.invalid([invalid_value("kind", kind, f"must be {resource.kind}")], "")
        if kind != resource.kind or api_version != resource.api_version:
            raise bad_request(
                f"the API version in the data ({api_version}, Kind={kind}) does not match the expected API "
                f"version ({resource.api_version}, Kind={resource.kind})"
            )
        metadata = body.get("metadata") or {}
        if (problem := shape_problem(metadata)) is not None:
            raise self._undecodable(str(problem))
        metadata = {key: value for key, value in metadata.items() if value not in (None, {}, [])}
        if resource.namespaced and (metadata.get("namespace") or self.call.namespace) != self.call.namespace:
            why = "the namespace of the provided object does not match the namespace sent on the request"
            raise bad_request(why)
        return {**body, "apiVersion": api_version, "kind": kind, "metadata": metadata}

    def name(self, metadata: Json) -> None:
        """Give ``metadata`` the name in the URL; 400 when it has another."""
        name = metadata.get("name") or self.call.name
        if name != self.call.name:
            why = f"the name of the object ({name}) does not match the name on the URL ({self.call.name})"
            raise bad_request(why)
        metadata["name"] = name

    def admit(self, value: Json, old: Json | None) -> tuple[Json, Headers]:
        """Prune, default, validate; what it warns of are headers of the answer."""
        resource = self.resource
        value, unknown = resource.schema.prune(value)
        warnings = self._unknown(unknown) if unknown else ()
        resource.schema.default(value)
        mistyped = resource.schema.problems(value)
        if mistyped and not resource.custom:
            # A fixed kind is decoded before it is validated: a wrong type is no valid request at all.
            raise self._undecodable(str(mistyped[0]))
        resource.rules.prepare(value, old)
        causes = metadata_problems(value["metadata"], resource.name_rule) + mistyped
        causes += resource.rules.validate(value, old)
        if old is not None:
            causes += _new_finalizers(value, old)
        if causes:
            raise self.invalid(causes, value["metadata"].get("name", ""))
        self.guard(value, old)
        return value, warnings

    def invalid(self, causes: list[Cause], name: str) -> StatusError:
        """422."""
        return invalid(self.resource.group, self.resource.kind, name, causes)

    def _unknown(self, paths: list[str]) -> Headers:
        mode = self.call.query.get("fieldValidation", "Warn")
        problems = [f'unknown field "{path}"' for path in paths]
        if mode == "Strict":
            raise self._undecodable(f"strict decoding error: {', '.join(problems)}")
        return () if mode == "Ignore" else tuple((b"warning", _warning(problem)) for problem in problems)

    def _undecodable(self, why: str) -> StatusError:
        kind, version = self.resource.kind, self.resource.version
        return bad_request(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')


def _new_finalizers(value: Json, old: Json) -> list[Cause]:
    if not old["metadata"].get("deletionTimestamp"):
        return []
    before = old["metadata"].get("finalizers") or []
    added = [name for name in value["metadata"].get("finalizers") or [] if name not in before]
    if not added:
        return []
    message = (
        "Forbidden: no new finalizers can be added if the object is being deleted, "
        f"found new finalizers {orjson.dumps(added).decode()}"
    )
    return [Cause("metadata.finalizers", "FieldValueForbidden", message)]


def _warning(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'.encode()
