"""Refusals of the API server: ``Status`` bodies, worded as a real API server words them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from triggerfish.workflows.objects import Json


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing wrong with an object: ``field`` as people write it, ``reason`` as Kubernetes names it."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    def json(self) -> Json:
        """The form that ``details.causes`` has."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def required(field: str, why: str = "") -> Cause:
    """A field that must be there is not."""
    return Cause(field, "FieldValueRequired", "Required value" + (f": {why}" if why else ""))


def invalid_value(field: str, value: Any, why: str) -> Cause:
    """A field has a value that it cannot have."""
    return Cause(field, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {why}")


def type_invalid(field: str, value: Any, why: str) -> Cause:
    """A field has a value of another type."""
    return Cause(field, "FieldValueTypeInvalid", f"Invalid value: {_shown(value)}: {why}")


def not_supported(field: str, value: Any, choices: Sequence[str]) -> Cause:
    """A field has a value that is not among those it takes."""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return Cause(
        field, "FieldValueNotSupported", f"Unsupported value: {_shown(value)}: supported values: {listed}"
    )


def too_long(field: str, limit: int) -> Cause:
    """A field, or a whole map, holds more than ``limit`` bytes."""
    return Cause(field, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


class StatusError(Exception):
    """A refusal: HTTP ``code``, ``reason``, ``message`` and ``details`` of the Status body."""

    def __init__(
        self, code: int, reason: str, message: str, details: Json | None = None, extra: Json | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details
        self.extra = extra or {}

    def body(self) -> Json:
        """The Status object."""
        status: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.extra,
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details is not None:
            status["details"] = self.details
        return status


def _details(group: str, kind: str, name: str = "", uid: str = "") -> Json:
    parts = {"name": name, "group": group, "kind": kind, "uid": uid}
    return {key: value for key, value in parts.items() if value}


def qualified(group: str, name: str) -> str:
    """``workflows.argoproj.io``; in the core group just ``secrets``."""
    return f"{name}.{group}" if group else name


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def unauthorized() -> StatusError:
    """401; says nothing about why."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def forbidden(group: str, plural: str, name: str, why: str, causes: Sequence[Cause] = ()) -> StatusError:
    """403 for a resource."""
    about = qualified(group, plural) + (f' "{name}"' if name else "")
    details = _details(group, plural, name)
    if causes:
        details["causes"] = [cause.json() for cause in causes]
    return StatusError(403, "Forbidden", f"{about} is forbidden: {why}", details)


def not_found(group: str, plural: str, name: str) -> StatusError:
    """404 for an object."""
    message = f'{qualified(group, plural)} "{name}" not found'
    return StatusError(404, "NotFound", message, _details(group, plural, name))


class NoSuchPath(StatusError):  # noqa: N818  what it says is the state
    """404 for a path outside of the built-in groups: Kubernetes answers a line of text, not a Status."""

    text = b"404 page not found\n"


def no_such_path(*, builtin: bool = False) -> StatusError:
    """404 for a path that names no resource; ``builtin``: of a group that the server itself has."""
    kind = StatusError if builtin else NoSuchPath
    return kind(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed() -> StatusError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def already_exists(group: str, plural: str, name: str, *, deleting: bool = False) -> StatusError:
    """409: the name is taken, by an object that is ``deleting`` perhaps."""
    prefix = "object is being deleted: " if deleting else ""
    message = f'{prefix}{qualified(group, plural)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> StatusError:
    """409: the object is not the one the caller had in mind."""
    message = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(group, plural, name))


def modified(group: str, plural: str, name: str) -> StatusError:
    """409: a guarded write met a newer object."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(group, plural, name, why)


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """422 with its causes."""
    text = str(causes[0]) if len(causes) == 1 else "[" + ", ".join(map(str, causes)) + "]"
    details = _details(group, kind, name)
    details["causes"] = [cause.json() for cause in causes]
    return StatusError(422, "Invalid", f'{qualified(group, kind)} "{name}" is invalid: {text}', details)


def expired(message: str, token: str = "") -> StatusError:
    """410; ``token`` lets a list go on from where it was, no longer consistent."""
    return StatusError(410, "Expired", message, extra={"continue": token} if token else None)


def unsupported_media_type(accepted: Sequence[str]) -> StatusError:
    """415."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(
        accepted
    )
    return StatusError(415, "UnsupportedMediaType", message, {})


def too_large(limit: int) -> StatusError:
    """413."""
    message = f"Request entity too large: limit is {limit}"
    return StatusError(413, "RequestEntityTooLarge", message, {})


def success(group: str, plural: str, name: str, uid: str) -> Json:
    """The Status of a deletion that is done."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": _details(group, plural, name, uid),
    }
