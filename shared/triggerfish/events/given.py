"""PURE. What a Git host would answer, from a file: for trying bindings without a host.

The file is YAML or JSON, each of its keys is optional::

    permission: write                 # of git.author; or by user: {mona: write, max: none}
    files: [docs/a.md]
    pull_request: {sha: …, branch: …, base: …, fork: false, source: …, source_url: …, author: max, open: true}

A value ``{refused: GitHub answered 403}`` stands for no answer, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from triggerfish.errors import SpecError
from triggerfish.events.binding import Binding
from triggerfish.events.environment import Event
from triggerfish.events.match import completed, event_budget
from triggerfish.events.needs import (
    NOTHING,
    Asked,
    HostQuestion,
    Learned,
    Withheld,
    asked_of,
    lacking,
    learned,
    needed,
    question_of,
)
from triggerfish.hosts import facts_of
from triggerfish.hosts.facts import PULL_REQUEST_FACTS, Facts

MOST_BYTES = 256 << 10
# libyaml's parser where there is one.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEYS = tuple(asked.value for asked in Asked)
_OF_PULL_REQUESTS = (*PULL_REQUEST_FACTS, "author", "open")
_PERMISSIONS = ("admin", "write", "read", "none")
_REFUSED = "refused"
_no_answer = Withheld("no answer of the host was given")


@dataclass(frozen=True, slots=True)
class Given:
    """The answers by question; that for the permission may be a map by user."""

    answers: Mapping[Asked, Any] = field(default_factory=dict)

    def of(self, question: HostQuestion | Withheld) -> Any:
        """The answer to a question."""
        if isinstance(question, Withheld):
            return question
        answer = self.answers.get(question.asked, _no_answer)
        if question.asked is Asked.PERMISSION and isinstance(answer, Mapping):
            return answer.get(question.login, _no_answer)
        return answer

    def learned(
        self, bindings: Sequence[Binding], event: Event, names: dict[str, Any], found: Facts | None = None
    ) -> Learned:
        """What an event would learn, which is put into its ``names``; the host is asked by the same rules.

        ``found`` are the facts that are known, None for the payload's.
        """
        found = found or facts_of(event.payload, event.metadata, event.origin.sender)
        if found is None or not (unknown := lacking(found)):
            return NOTHING
        budget = event_budget()
        needs = completed(needed(bindings, names, unknown, event.received, event.key, budget))
        came = learned(needs, {asked: self.of(question_of(asked, found)) for asked in asked_of(needs)})
        names["git"] = came.completed(names["git"])
        return came


def given(text: str | bytes, where: str) -> Given:
    """Read the file's text; ``SpecError`` that names ``where`` it comes from."""
    if len(text) > MOST_BYTES:
        raise SpecError(where, f"it has more than {MOST_BYTES >> 10} KiB")
    try:
        read = yaml.load(text, Loader=_Loader)  # noqa: S506  it is a safe one
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise SpecError(where, "it is neither YAML nor JSON") from None
    if read is None:
        return Given()
    if not isinstance(read, dict):
        raise SpecError(where, "it is not a map", f"write one of {', '.join(_KEYS)}")
    answers = {}
    for key, value in read.items():
        if key not in _KEYS:
            raise SpecError(where, f"there is no fact {str(key)[:40]!r}", f"the keys are {', '.join(_KEYS)}")
        asked = Asked(key)
        answers[asked] = _withheld(value, f"{where}: {key}") or _READ[asked](value, f"{where}: {key}")
    return Given(answers)


def _withheld(value: Any, where: str) -> Withheld | None:
    if not isinstance(value, dict) or _REFUSED not in value:
        return None
    reason = value[_REFUSED]
    if not isinstance(reason, str) or len(value) > 1:
        raise SpecError(where, "refused is not a sentence alone", "write {refused: GitHub answered 403}")
    return Withheld(reason)


def _permission(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {
            str(user): _withheld(one, f"{where}.{user}") or _word(one, f"{where}.{user}")
            for user, one in value.items()
        }
    return _word(value, where)


def _word(value: Any, where: str) -> str:
    if value not in _PERMISSIONS:
        raise SpecError(
            where, f"there is no permission {str(value)[:40]!r}", "write admin, write, read or none"
        )
    return str(value)


def _files(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
        raise SpecError(where, "this is not a list of paths")
    return value


def _pull_request(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SpecError(where, "this is not a map", f"its keys are {', '.join(_OF_PULL_REQUESTS)}")
    for key, one in value.items():
        if key not in _OF_PULL_REQUESTS:
            known = ", ".join(_OF_PULL_REQUESTS)
            raise SpecError(where, f"there is no fact {str(key)[:40]!r}", f"the keys are {known}")
        kind: type = bool if key in ("fork", "open") else str
        if one is not None and not isinstance(one, kind):
            raise SpecError(f"{where}.{key}", f"this is no {'boolean' if kind is bool else 'text'}")
    return dict.fromkeys(_OF_PULL_REQUESTS) | {"author_id": None, "open": True} | value


_READ = {Asked.PERMISSION: _permission, Asked.FILES: _files, Asked.PULL_REQUEST: _pull_request}
