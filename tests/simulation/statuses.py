"""The Status bodies of a real API server, sentence for sentence where a caller may read them."""

from dataclasses import dataclass
from typing import Any

import orjson

from triggerfish.kube.resources import Resource
from triggerfish.kube.wire import Response
from triggerfish.workflows.objects import Json


@dataclass(slots=True)
class Refused(Exception):  # noqa: N818  what the API server did, not a fault of the model
    """The model's own way of leaving a verb early: becomes the answer."""

    response: Response


def answer(status: int, body: Json, **headers: str) -> Response:
    return Response(status, {"content-type": "application/json", **headers}, orjson.dumps(body))


def refusal(
    code: int, reason: str, message: str, *, details: Json | None = None, retry_after: int | None = None
) -> Response:
    """A failed call's answer: the body says why, 429 also when to come again."""
    body = status_body("Failure", code=code, reason=reason, message=message, details=details or {})
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return answer(code, body, **headers)


def status_body(status: str, **fields: Any) -> Json:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": status, **fields}


def qualified(resource: Resource) -> str:
    """``workflows.argoproj.io``; in the core group the plural alone."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def _details(resource: Resource, name: str) -> Json:
    group = {"group": resource.group} if resource.group else {}
    return {"name": name, **group, "kind": resource.plural}


def not_found(resource: Resource, name: str) -> Refused:
    message = f'{qualified(resource)} "{name}" not found'
    return Refused(refusal(404, "NotFound", message, details=_details(resource, name)))


def no_such_path() -> Refused:
    return Refused(refusal(404, "NotFound", "the server could not find the requested resource"))


def no_namespace(name: str) -> Refused:
    return Refused(refusal(404, "NotFound", f'namespaces "{name}" not found', details={"kind": "namespaces"}))


def already_exists(resource: Resource, name: str, *, deleting: bool) -> Refused:
    prefix = "object is being deleted: " if deleting else ""
    message = f'{prefix}{qualified(resource)} "{name}" already exists'
    return Refused(refusal(409, "AlreadyExists", message, details=_details(resource, name)))


def conflict(resource: Resource, name: str, why: str = "") -> Refused:
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {qualified(resource)} "{name}": {why}'
    return Refused(refusal(409, "Conflict", message, details=_details(resource, name)))


def invalid(resource: Resource, name: str, field: str, problem: str) -> Refused:
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    message = f'{kind} "{name}" is invalid: {field}: {problem}'
    return Refused(refusal(422, "Invalid", message, details=_details(resource, name)))


def bad_request(message: str) -> Refused:
    return Refused(refusal(400, "BadRequest", message))


def expired() -> Refused:
    return Refused(refusal(410, "Expired", "The provided continue parameter is too old"))


def unauthorized() -> Refused:
    return Refused(refusal(401, "Unauthorized", "Unauthorized"))


def forbidden(
    user: str, verb: str, resource: Resource, subresource: str, namespace: str | None, name: str | None
) -> Refused:
    plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    what = f'{qualified(resource)} "{name}"' if name else qualified(resource)
    message = (
        f'{what} is forbidden: User "{user}" cannot {verb} resource "{plural}" '
        f'in API group "{resource.group}" {scope}'
    )
    return Refused(refusal(403, "Forbidden", message, details=_details(resource, name or "")))
