"""The spec of a CronWorkflow, read once from its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache, partial
from typing import Any, TypeVar

import orjson

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest import fields
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.schedules.exclusions import CalendarsGiven
from triggerfish.errors import SpecError, again
from triggerfish.workflows import lifetimes
from triggerfish.workflows.submitted import TemplateRef
from triggerfish.workflows.validation import Validated, validate

Facts = tuple[str | bool | None, ...]

WORKFLOW_SPEC = "spec.workflowSpec"
_longest_name = 52
_default_successes_kept = 3
_default_failures_kept = 1
_default_catch_up_limit = 10
_most_caught_up = 100
# Bytes of JSON of a Workflow's spec whose validation is remembered.
_most_remembered = 8 << 10
_epoch = datetime.fromtimestamp(0, UTC)
_T = TypeVar("_T")


class ConcurrencyPolicy(Enum):
    """``spec.concurrencyPolicy``."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


class Dialect(Enum):
    """The language of ``when`` and of the stop strategy."""

    EXPR = "expr"
    CEL = "cel"


class CatchUp(Enum):
    """Which missed slots may still start, within ``startingDeadlineSeconds``."""

    NONE = "none"
    LATEST = "latest"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class StopStrategy:
    """``source`` says when to stop for good; ``field`` is ``expression``, or its older name ``condition``."""

    field: str
    source: str


@dataclass(frozen=True, slots=True)
class Spec:
    """What the manifest asks for. Without a condition ``when`` is empty, and ``stop`` None."""

    timetable: Timetable | None = None
    policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    suspend: bool = False
    deadline: timedelta = timedelta(0)
    successes_kept: int = _default_successes_kept
    failures_kept: int = _default_failures_kept
    when: str = ""
    stop: StopStrategy | None = None
    dialect: str = ""
    catch_up: CatchUp = CatchUp.NONE
    catch_up_limit: int = _default_catch_up_limit
    pause_after: int = 0
    exact: bool | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What only the author of the manifest changes."""

    spec: Spec
    error: SpecError | None
    schedules: str
    facts: Facts
    references: frozenset[TemplateRef] = frozenset()


class SpecReader:
    """Reads a spec field by field, keeps all that is wrong, and reads on."""

    def __init__(
        self,
        body: Mapping[str, Any],
        notes: Mapping[str, str],
        default_timezone: str,
        dialect: str,
        calendars: CalendarsGiven,
        defaults: Mapping[str, Any] | None,
    ) -> None:
        self.errors: list[SpecError] = []
        self.schedules: tuple[str, ...] = ()
        self._spec = self._read(fields.mapping, body, "", "spec") or {}
        self._body, self._notes, self._calendars = body, notes, calendars
        self._default_timezone, self._dialect = default_timezone, dialect
        self._defaults = defaults
        self._references: frozenset[TemplateRef] = frozenset()

    def read(self) -> Read:
        """All of it."""
        spec = self._whole()
        schedules = ",".join(self.schedules)
        facts = (schedules, spec.suspend, *(self._notes.get(key) for key in keys.TIMETABLE))
        return Read(spec, self.errors[0] if self.errors else None, schedules, facts, self._references)

    def _whole(self) -> Spec:
        name = self._body["metadata"]["name"]
        if len(name) > _longest_name:
            self._wrong(
                "metadata.name",
                f"{len(name)} characters; a CronWorkflow's name has at most {_longest_name}",
                "shorten it: its Workflows' names are eleven characters longer",
            )
        seconds = self._number("startingDeadlineSeconds", 0)
        if seconds < 0:
            self._wrong("spec.startingDeadlineSeconds", f"{seconds} is negative", "write 0 or more seconds")
        workflow = self._object("workflowSpec", "an object: the spec of a Workflow") or {}
        self._metadata()
        deadline = timedelta(seconds=min(max(seconds, 0), 10**9))
        spec = Spec(
            timetable=self._timetable(),
            policy=self._choice(
                "spec.concurrencyPolicy", ConcurrencyPolicy, self._text("concurrencyPolicy") or "Allow"
            ),
            suspend=self._read(fields.flag, self._spec, "spec", "suspend") or False,
            deadline=deadline,
            successes_kept=self._kept("successfulJobsHistoryLimit", _default_successes_kept),
            failures_kept=self._kept("failedJobsHistoryLimit", _default_failures_kept),
            when=self._text("when"),
            stop=self._stop(),
            dialect=self._choice(
                _annotation(keys.DIALECT), Dialect, self._notes.get(keys.DIALECT) or self._dialect
            ).value,
            catch_up=self._choice(
                _annotation(keys.CATCH_UP),
                CatchUp,
                self._notes.get(keys.CATCH_UP) or ("latest" if deadline else "none"),
            ),
            catch_up_limit=self._noted(keys.CATCH_UP_LIMIT, _default_catch_up_limit, _most_caught_up),
            pause_after=self._noted(keys.PAUSE_AFTER_FAILURES, 0, 10**6),
            exact=self._exact(),
        )
        if self._defaults is not None:
            # As far as it can be told without the templates that it refers to.
            found = _validated(workflow, self._defaults)
            self._references = found.unread
            self.errors += [found.wrong] if found.wrong else []
        return spec

    def _metadata(self) -> None:
        path = "spec.workflowMetadata"
        given = self._object("workflowMetadata", "an object with labels or annotations")
        if not given:
            return
        for name in ("labels", "annotations"):
            self._read(fields.named_texts, given, path, name)
        self._read(fields.texts, given, path, "finalizers")

    def _stop(self) -> StopStrategy | None:
        path = "spec.stopStrategy"
        given = self._object("stopStrategy", "an object with an expression")
        if given is None:
            return None
        for name in ("expression", "condition"):
            source = self._read(fields.text, given, path, name)
            if source is None:
                return None
            if source.strip():
                return StopStrategy(name, source)
        self._wrong(f"{path}.expression", "there is none", "write one, or remove stopStrategy")
        return None

    def _wrong(self, where: str, problem: str, fix: str) -> None:
        self.errors.append(SpecError(where, problem, fix))

    def _read(
        self,
        read: Callable[[Mapping[str, Any], str, str], _T | None],
        given: Mapping[str, Any],
        path: str,
        name: str,
    ) -> _T | None:
        """The field as ``read`` reads it; None when it is of another type, which is then the error."""
        try:
            return read(given, path, name)
        except SpecError as error:
            self.errors.append(again(error))
            return None

    def _object(self, name: str, wanted: str) -> Mapping[str, Any] | None:
        if self._spec.get(name) is None:
            return None
        return self._read(partial(fields.mapping, wanted=wanted), self._spec, "spec", name)

    def _text(self, name: str) -> str:
        if self._spec.get(name) is None:
            return ""
        return self._read(fields.text, self._spec, "spec", name) or ""

    def _number(self, name: str, default: int) -> int:
        if self._spec.get(name) is None:
            return default
        number = self._read(fields.number, self._spec, "spec", name)
        return default if number is None else number

    def _kept(self, name: str, default: int) -> int:
        number = self._number(name, default)
        return number if number >= 0 else default

    def _exact(self) -> bool | None:
        """As annotated; else true where its Workflows are deleted before the next tick can count them.

        None: nothing here says so, but their template or Argo's defaults may.
        """
        text = self._notes.get(keys.EXACT, "")
        if text not in ("", "true", "false"):
            self._wrong(_annotation(keys.EXACT), f"{text[:40]!r} is not known", "write true or false")
        if text:
            return text == "true"
        workflow = self._spec.get("workflowSpec")
        return True if isinstance(workflow, dict) and lifetimes.is_short(workflow) else None

    def _choice(self, where: str, kind: Callable[[Any], Any], value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            words = [each.value for each in kind]  # type: ignore[attr-defined]  # an Enum class iterates
            self._wrong(where, f"{value!r} is not known", f"write one of {', '.join(words)}")
            return kind(words[0])

    def _noted(self, name: str, default: int, most: int) -> int:
        text = self._notes.get(name)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most:
            return int(text)
        self._wrong(
            _annotation(name),
            f"{text!r} is not a number from 1 to {most}",
            f"write a number from 1 to {most}",
        )
        return default

    def _timetable(self) -> Timetable | None:
        try:
            timetable, errors = Timetable.readable(
                self._body, default_timezone=self._default_timezone, calendars=self._calendars
            )
        except SpecError as error:
            self.errors.append(again(error))
            return None
        created = times.read(self._body["metadata"].get("creationTimestamp")) or _epoch
        self.errors += [*errors, *timetable.never(created)]
        if errors:
            return None
        self.schedules = timetable.last_used
        return timetable


def _validated(workflow: Mapping[str, Any], defaults: Mapping[str, Any]) -> Validated:
    source, others = (orjson.dumps(each, option=orjson.OPT_NON_STR_KEYS) for each in (workflow, defaults))
    if len(source) + len(others) > _most_remembered:
        return validate(workflow, {}, path=WORKFLOW_SPEC, defaults=defaults)
    return _validated_once(source, others)


@lru_cache(maxsize=64)
def _validated_once(workflow: bytes, defaults: bytes) -> Validated:
    # Many CronWorkflows differ in their schedules alone.
    return validate(orjson.loads(workflow), {}, path=WORKFLOW_SPEC, defaults=orjson.loads(defaults))


def _annotation(name: str) -> str:
    return f"metadata.annotations[{name}]"
