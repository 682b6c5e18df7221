"""The spec of a CronWorkflow, read once from its JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cron import times
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.errors import SpecError

Facts = tuple[str | bool | None, ...]

_longest_name = 52
_default_successes_kept = 3
_default_failures_kept = 1
_default_catch_up_limit = 10
_most_caught_up = 100
_epoch = datetime.fromtimestamp(0, UTC)


class Policy(Enum):
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
    policy: Policy = Policy.ALLOW
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
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """What only the author of the manifest changes."""

    spec: Spec
    error: SpecError | None
    schedules: str
    facts: Facts


class Reader:
    """Reads a spec field by field, keeps the first thing that is wrong, and reads on."""

    def __init__(
        self,
        body: Mapping[str, Any],
        notes: Mapping[str, str],
        default_timezone: str,
        dialect: str,
        calendars: Mapping[str, str],
    ) -> None:
        given = body.get("spec")
        self._spec: Mapping[str, Any] = given if isinstance(given, dict) else {}
        self._body, self._notes, self._calendars = body, notes, calendars
        self._default_timezone, self._dialect = default_timezone, dialect
        self.error: SpecError | None = None
        self.schedules: tuple[str, ...] = ()

    def read(self) -> Read:
        """All of it."""
        spec = self._whole()
        schedules = ",".join(self.schedules)
        facts = (schedules, spec.suspend, *(self._notes.get(key) for key in keys.TIMETABLE))
        return Read(spec, self.error, schedules, facts)

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
        suspend = self._typed("suspend", bool, "true or false") or False
        self._typed("workflowSpec", dict, "an object: the spec of a Workflow")
        self._metadata()
        deadline = timedelta(seconds=min(max(seconds, 0), 10**9))
        return Spec(
            timetable=self._timetable(),
            policy=self._choice(
                "spec.concurrencyPolicy", Policy, self._spec.get("concurrencyPolicy") or "Allow"
            ),
            suspend=suspend,
            deadline=deadline,
            successes_kept=self._kept("successfulJobsHistoryLimit", _default_successes_kept),
            failures_kept=self._kept("failedJobsHistoryLimit", _default_failures_kept),
            when=self._typed("when", str, "a condition in quotes") or "",
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
            exact=self._notes.get(keys.EXACT) == "true",
        )

    def _metadata(self) -> None:
        given = self._typed("workflowMetadata", dict, "an object with labels or annotations") or {}
        for name, kind in (("labels", dict), ("annotations", dict), ("finalizers", list)):
            value: Any = given.get(name)
            texts: Any = value.values() if isinstance(value, dict) else value
            if value and not (isinstance(value, kind) and all(isinstance(each, str) for each in texts)):
                self._wrong(
                    f"spec.workflowMetadata.{name}", f"{value!r} does not hold texts", "write texts in quotes"
                )

    def _stop(self) -> StopStrategy | None:
        given = self._typed("stopStrategy", dict, "an object with an expression") or {}
        for name in ("expression", "condition"):
            source = given.get(name)
            if isinstance(source, str) and source.strip():
                return StopStrategy(name, source)
            if source:
                self._wrong(f"spec.stopStrategy.{name}", f"{source!r} is not a text", "write it in quotes")
        return None

    def _wrong(self, where: str, problem: str, fix: str) -> None:
        self.error = self.error or SpecError(where, problem, fix)

    def _typed(self, name: str, kind: type, wanted: str) -> Any:
        value = self._spec.get(name)
        if value is None or isinstance(value, kind):
            return value
        self._wrong(f"spec.{name}", f"{value!r} is not {wanted}", f"write {wanted}")
        return None

    def _number(self, name: str, default: int) -> int:
        value = self._spec.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(f"spec.{name}", f"{value!r} is not a whole number", "write a whole number")
        return default

    def _kept(self, name: str, default: int) -> int:
        number = self._number(name, default)
        return number if number >= 0 else default

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
        self._wrong(_annotation(name), f"{text!r} is not a number from 1 to {most}", "write such a number")
        return default

    def _timetable(self) -> Timetable | None:
        try:
            timetable = Timetable.of(
                self._body, default_timezone=self._default_timezone, calendars=self._calendars
            )
        except SpecError as error:
            self.error = self.error or error
            return None
        self.schedules = timetable.last_used
        created = times.read(self._body["metadata"].get("creationTimestamp")) or _epoch
        self.error = self.error or timetable.check(created)
        return timetable


def _annotation(name: str) -> str:
    return f"metadata.annotations[{name}]"
