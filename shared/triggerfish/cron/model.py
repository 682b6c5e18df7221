"""A CronWorkflow as the core sees it, parsed once from the API's JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import orjson

from triggerfish.cron import keys, marks, times
from triggerfish.cron.books import Books
from triggerfish.cron.timetable import Timetable
from triggerfish.errors import SpecError

Json = dict[str, Any]

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
class Rules:
    """What the deployment decides for every CronWorkflow.

    A slot is on time for ``grace`` after it is due. ``life`` is longer than any tick: a claim older than that
    has no owner. ``decisions`` is how many of the last decisions are kept on each; 0: none.
    """

    grace: timedelta = timedelta(seconds=120)
    life: timedelta = timedelta(seconds=55)
    default_timezone: str = "UTC"
    instance_id: str = ""
    dialect: str = "expr"
    decisions: int = 20


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
class CronWorkflow:
    """One CronWorkflow at one ``version``.

    ``error`` is what is wrong with the spec, in which case ``spec`` holds what could be read; its timetable
    is None when the slots themselves cannot be known. ``schedules`` is what Argo notes as the last used
    schedule. ``unseen`` is set when no tick has noted this timetable yet; slots count from ``edited``, which
    is None when nobody knows the time of the edit. ``facts`` are all that say when it runs. ``source`` is
    the object as JSON, without ``managedFields``.
    """

    namespace: str
    name: str
    uid: str
    version: str
    created: datetime
    spec: Spec
    error: SpecError | None
    books: Books
    schedules: str
    facts: tuple[str | bool | None, ...]
    unseen: bool
    edited: datetime | None
    source: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def body(self) -> Json:
        """The object as JSON, a fresh copy."""
        body: Json = orjson.loads(self.source)
        return body

    def fingerprint(self, books: Books) -> str:
        """Of its timetable, and of whether it is suspended, or stopped as ``books`` say."""
        if books.stopped == self.books.stopped and self.books.seen and not self.unseen:
            return self.books.seen.fingerprint
        return marks.fingerprint(books.stopped, *self.facts)

    @classmethod
    def of(
        cls, body: Mapping[str, Any], rules: Rules, calendars: Mapping[str, str] | None = None
    ) -> CronWorkflow:
        """Read one from the API. What is wrong with its spec becomes ``error``; nothing is raised.

        ``calendars`` has the text of each iCalendar file that it names.
        """
        metadata = body["metadata"]
        notes: Mapping[str, str] = metadata.get("annotations") or {}
        reader = _Reader(body, notes, rules, calendars or {})
        spec = reader.spec()
        books = Books.of(body)
        created = times.read(metadata.get("creationTimestamp")) or _epoch
        schedules = ",".join(reader.schedules)
        facts = (schedules, spec.suspend, *(notes.get(key) for key in Timetable.annotations))
        seen = books.seen
        unseen = not seen or seen.fingerprint != marks.fingerprint(books.stopped, *facts)
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            uid=metadata["uid"],
            version=metadata["resourceVersion"],
            created=created,
            spec=spec,
            error=reader.error,
            books=books,
            schedules=schedules,
            facts=facts,
            unseen=unseen,
            edited=_edited(metadata, books, schedules) if unseen or not seen else seen.since,
            source=orjson.dumps({**body, "metadata": _without_managed_fields(metadata)}),
        )


def _without_managed_fields(metadata: Mapping[str, Any]) -> Json:
    return {key: value for key, value in metadata.items() if key != "managedFields"}


def _edited(metadata: Mapping[str, Any], books: Books, schedules: str) -> datetime | None:
    """Since when the timetable is what it is, though no tick has seen it so; None when nobody knows."""
    created = times.read(metadata.get("creationTimestamp")) or _epoch
    if books.seen is None and books.last_used_schedule == schedules:
        # Argo's controller ran this very schedule before us.
        return created
    edited = marks.time_of_edit(
        metadata.get("managedFields") or (),
        ("schedule", "schedules", "timezone", "suspend"),
        Timetable.annotations,
    )
    if books.seen is None:
        return edited or created
    # Nobody owns a field that was removed: if no owner of the others wrote since, the time is not known.
    return edited if edited and edited > books.seen.since else None


class _Reader:
    """Reads a spec field by field, keeps the first thing that is wrong, and reads on."""

    def __init__(
        self,
        body: Mapping[str, Any],
        notes: Mapping[str, str],
        rules: Rules,
        calendars: Mapping[str, str],
    ) -> None:
        given = body.get("spec")
        self._spec: Mapping[str, Any] = given if isinstance(given, dict) else {}
        self._body, self._notes, self._rules, self._calendars = body, notes, rules, calendars
        self.error: SpecError | None = None
        self.schedules: tuple[str, ...] = ()

    def spec(self) -> Spec:
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
                _annotation(keys.DIALECT), Dialect, self._notes.get(keys.DIALECT) or self._rules.dialect
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
                self._body, default_timezone=self._rules.default_timezone, calendars=self._calendars
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
