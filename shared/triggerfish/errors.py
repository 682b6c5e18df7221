"""Every error Triggerfish raises on purpose; each says whose fault it is and whether to retry.

::

    TriggerfishError
    ├── SpecError          the manifest's author: a field is wrong, and this is the fix
    ├── ExpressionError    the expression's author, or the payload it met  (triggerfish.expressions)
    ├── ScheduleError      the schedule's author                           (triggerfish.cron.schedules)
    ├── SettingError       the operator: a setting is wrong
    ├── AnswerError        the HTTP caller: becomes {code, message} with a status
    ├── SecretError        the secret store: missing, forbidden, unreachable
    ├── HostError          the API of a Git host
    │   ├── HostRefused    it answered no, and will again
    │   └── HostUnanswered it did not answer, or not now
    └── KubeError          the Kubernetes API
        ├── ApiError       it answered no: status, reason, message
        ├── AnswerTooLong  it answered more than was asked for
        └── Unanswered     it did not answer: the work may or may not have been done
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

E = TypeVar("E", bound=Exception)
_variable = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*|[A-Z]{4,}(?![A-Za-z0-9])")


class Fault(Enum):
    """Who must act for the error to go away."""

    AUTHOR = "the manifest's author"
    OPERATOR = "the operator, who deployed Triggerfish"
    CALLER = "the caller"
    CLUSTER = "the cluster"


def again(error: E) -> E:
    """The same, to be kept or raised: one that is kept keeps the frames of each time, and all in them."""
    made = type(error).__new__(type(error), *error.args)
    vars(made).update(vars(error))
    return made


class TriggerfishError(Exception):
    """The root: ``fault`` says who must act, ``retry`` whether the same again may go well."""

    fault: Fault = Fault.OPERATOR
    retry: bool = False


class SpecError(TriggerfishError):
    """A field of a manifest is wrong.

    ``field`` is its path as people write it (``spec.schedules[1]``), ``problem`` a sentence, ``fix`` what to
    write instead (may be empty).
    """

    fault = Fault.AUTHOR

    def __init__(self, field: str, problem: str, fix: str = "") -> None:
        self.field, self.problem, self.fix = field, problem, fix
        super().__init__(f"{field}: {problem}" + (f"; {fix}" if fix else ""))


class ExpressionError(TriggerfishError):
    """An expression does not compile, or fails on this environment.

    ``position`` counts characters from 0 in ``source`` and is None when no place is to blame. ``str()`` is
    the whole text for people: message, line and column (from 1), the line, and a caret under the place.
    """

    fault = Fault.AUTHOR

    def __init__(self, message: str, source: str = "", position: int | None = None) -> None:
        self.message, self.source, self.position = message, source, position
        super().__init__(message)

    @property
    def line(self) -> int | None:
        """The line, from 1."""
        return None if self.position is None else self.source.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int | None:
        """The column, from 1, in characters."""
        return None if self.position is None else self.position - self.source.rfind("\n", 0, self.position)

    def __str__(self) -> str:
        if self.position is None or self.line is None or self.column is None:
            return self.message
        text = self.source.split("\n")[self.line - 1]
        # A tab stays a tab before the caret, so that it stands under the character it means.
        lead = "".join(c if c == "\t" else " " for c in text[: self.column - 1])
        return f"{self.message} ({self.line}:{self.column})\n | {text}\n | {lead}^"


class ScheduleError(TriggerfishError):
    """A cron schedule cannot be read; the message names the part of it and the fix."""

    fault = Fault.AUTHOR


class SettingError(TriggerfishError):
    """A setting (an environment variable) is wrong; the message names it and the values it takes."""

    fault = Fault.OPERATOR

    @property
    def variable(self) -> str:
        """The variable that the message names first; empty when it names none."""
        found = _variable.search(str(self))
        return found[0] if found else ""


class AnswerError(TriggerfishError):
    """What an HTTP caller is answered: an HTTP status and a gRPC code, as Argo's own server gives them.

    ``reason``, ``cause`` (a word for counting) and ``fix`` (a command) are for operators alone.
    """

    fault = Fault.CALLER

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        cause: str = "",
        reason: str = "",
        fix: str = "",
    ) -> None:
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after
        self.headers, self.cause, self.reason, self.fix = headers, cause, reason, fix
        super().__init__(message)


class SecretError(TriggerfishError):
    """A secret cannot be read; never carries any of its content.

    ``missing``: the store has none; ``fix``: the command that grants the right to read it.
    """

    def __init__(self, message: str, *, missing: bool = False, retry: bool = False, fix: str = "") -> None:
        super().__init__(message)
        self.missing, self.retry, self.fix = missing, retry, fix


class HostError(TriggerfishError):
    """A Git host did not do what was asked. The message has no credential and nothing of an answer's body."""


class HostRefused(HostError):  # noqa: N818  what it says is the state
    """An answer that will not get better: ``GitHub answered 403``; ``status`` is 0 for any other cause."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class HostUnanswered(HostError):  # noqa: N818  what it says is the state
    """No answer, or one that says later: time-out, no connection, 429, 5xx.

    ``retry_after``: seconds until it is worth another attempt, where that is known.
    """

    retry = True

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class KubeError(TriggerfishError):
    """The Kubernetes API did not do what was asked. ``told`` is for HTTP callers: it names no path."""

    fault = Fault.CLUSTER

    @property
    def told(self) -> str:
        """The sentence for an answer over HTTP; the whole of it is for the log."""
        return "the cluster did not answer"


class ApiError(KubeError):
    """The API server refused: HTTP ``status``, ``reason`` (``AlreadyExists``) and ``message``.

    ``causes`` are the reasons of its details (``NamespaceTerminating``).
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        retry_after: float | None = None,
        causes: tuple[str, ...] = (),
    ) -> None:
        self.status, self.reason, self.message, self.retry_after = status, reason, message, retry_after
        self.causes = causes
        self.retry = status == 429 or status >= 500
        super().__init__(f"{status} {reason}: {message}")

    @property
    def told(self) -> str:
        """The API server's own message."""
        return self.message

    @property
    def is_of_a_terminating_namespace(self) -> bool:
        """The namespace is being deleted, and takes nothing new."""
        return self.status == 403 and "NamespaceTerminating" in self.causes


class AnswerTooLong(KubeError):  # noqa: N818  it says what is the matter
    """The answer has more bytes than the caller can use: ask for less."""


class Unanswered(KubeError):  # noqa: N818  what it says is the state, not a fault
    """No answer: refused, reset or timed out. The request may have been carried out all the same."""

    retry = True
