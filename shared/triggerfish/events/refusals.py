"""PURE. Why a delivery was refused: a word for counting, a sentence for operators. No caller is told."""

from __future__ import annotations

from enum import StrEnum

from triggerfish.errors import AnswerError, KubeError, TriggerfishError


class RefusalCause(StrEnum):
    """Each cause in a word, which metrics, alerts and the record carry."""

    UNSIGNED = "unsigned"  # it has no token, and nothing that proves who sent it
    SIGNATURE = "signature"  # no secret of a webhook client fits
    CLIENTS = "clients"  # the webhook clients are missing, or one has a mistake
    ACCOUNT = "account"  # the function cannot act as the service account of the client
    TOKEN = "token"  # noqa: S105  the API server does not know the bearer token
    RIGHTS = "rights"  # the service account, or the bearer of the token, may not list the bindings
    BROKER = "broker"  # it came back as the broker's, and is not
    BODY = "body"  # the body is too long, too slow, or not what it claims to be
    NAMESPACE = "namespace"  # the namespace has no valid name, or is not managed here
    BUSY = "busy"  # too many requests were in flight, or it took too long
    CLUSTER = "cluster"  # the API server, or a secret store, did not answer
    OTHER = "other"  # a wrong setting, or a defect


# For errors that do not say their cause.
_of_status = {
    400: RefusalCause.BODY,
    401: RefusalCause.TOKEN,
    403: RefusalCause.RIGHTS,
    404: RefusalCause.NAMESPACE,
    408: RefusalCause.BODY,
    413: RefusalCause.BODY,
    415: RefusalCause.BODY,
    503: RefusalCause.BUSY,
}


def refusal_of(error: Exception, status: int) -> tuple[RefusalCause, str]:
    """The cause and the reason of an answer with that HTTP status, which was made of ``error``."""
    if isinstance(error, AnswerError):
        cause = RefusalCause(error.cause) if error.cause else _of_status.get(status, RefusalCause.OTHER)
        return cause, error.reason or error.message
    if isinstance(error, KubeError):
        return {401: RefusalCause.TOKEN, 403: RefusalCause.RIGHTS}.get(
            status, RefusalCause.CLUSTER
        ), error.told
    # The message of an error that nobody meant may quote what must not be logged.
    reason = str(error) if isinstance(error, TriggerfishError) else f"internal error: {type(error).__name__}"
    return RefusalCause.BODY if status in (400, 408) else RefusalCause.OTHER, reason
