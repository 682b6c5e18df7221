"""The start of a function: its settings are checked before it serves, and one line says how it is set up.

A wrong setting would otherwise be a 500 for each request, after probes have taken the function for well. The
framework imports ``main.py`` before it listens, and then alone says so in ``FUNCTION_TARGET``: an import by a
test or a build checks nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass
from dataclasses import fields as fields_of
from typing import Any
from urllib.parse import urlsplit

import triggerfish
from triggerfish import settings
from triggerfish.errors import ScheduleError, SettingError
from triggerfish.expressions import zonefiles
from triggerfish.runtime import logs, misspelt
from triggerfish.settings import Settings
from triggerfish.workflows.labels import as_label
from triggerfish.workflows.objects import is_namespace

log = logging.getLogger("triggerfish.start")

EX_CONFIG = 78
"""The exit code of ``sysexits.h`` for something that is configured wrongly."""

Check = Callable[[Settings], Iterable[SettingError]]
"""Finds what is wrong with settings that can each be read; it asks no network."""
Advice = Callable[[Settings], Iterable[str]]
"""Finds what may be meant otherwise: sentences for a warning."""

_hidden = "(set)"
_shown_characters = 200


@dataclass(frozen=True, slots=True)
class Examination:
    """What the environment says: the settings, every error in them, and what may be meant otherwise."""

    settings: Settings
    wrong: tuple[SettingError, ...]
    advice: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All errors, for people."""
        count = len(self.wrong)
        heading = "a setting is wrong" if count == 1 else f"{count} settings are wrong"
        return f"this function does not start, {heading}: " + ". ".join(map(str, self.wrong))


def examine(
    environment: Mapping[str, str], checks: Iterable[Check], advices: Iterable[Advice] = ()
) -> Examination:
    """Read and check all of it. A setting that cannot be read has its default in the further checks."""
    found, unread = Settings.tried(environment)
    wrong = {str(error): error for error in unread}
    unreadable = {error.variable for error in unread}
    for check in (_work, default_zone, _traces, *checks):
        for error in check(found):
            # What follows from an error that is told already says nothing more.
            if error.variable not in unreadable:
                wrong.setdefault(str(error), error)
    advice = [*misspelt.sentences(environment), *_workers(found)]
    for each in advices:
        advice += each(found)
    return Examination(found, tuple(wrong.values()), tuple(advice))


def start(function: str, checks: Iterable[Check], advices: Iterable[Advice] = ()) -> bool:
    """Check this process's settings if it serves ``function``, and end it if they are wrong.

    Returns whether it serves that.
    """
    environment = settings.environment()
    if environment.get("FUNCTION_TARGET") != function:
        return False
    logs.configure()
    found = examine(environment, checks, advices)
    # In the fields, as what a sentence says of TICK_TOKEN is no credential that a message must be spared of.
    for sentence in found.advice:
        log.warning("advice", extra={"fields": {"message": sentence, "function": function}})
    if found.wrong:
        wrong = [{"variable": error.variable, "message": str(error)} for error in found.wrong]
        fields = {"message": found.sentence, "function": function, "wrong": wrong}
        log.critical("wrong settings", extra={"fields": fields})
        sys.exit(EX_CONFIG)
    log.info("start", extra={"fields": introduction(function, found.settings)})
    return True


def introduction(function: str, read: Settings) -> dict[str, Any]:
    """The fields of the start-up line: version, settings that differ from their default, time zones."""
    newest = next(iter(zonefiles.at_hand()), None)
    return {
        "function": function,
        "version": triggerfish.__version__,
        "settings": dict(_differing(read)),
        "zones": {"version": newest.version, "source": newest.source} if newest else None,
    }


def _differing(read: Settings) -> Iterator[tuple[str, str | int]]:
    for each in fields_of(read):
        value = getattr(read, each.name)
        if value != each.default:
            yield each.name.upper(), _shown(each, value)


def _shown(each: Field[Any], value: str | int) -> str | int:
    if not each.repr:
        return _hidden
    if isinstance(value, str) and "://" in value and "@" in value:
        # A URL may have a user and a password before its host.
        scheme, _, rest = value.partition("://")
        value = f"{scheme}://{rest.rpartition('@')[2]}"
    if isinstance(value, str) and len(value) > _shown_characters:
        return f"{value[:_shown_characters]}…"
    return value


def _work(read: Settings) -> Iterator[SettingError]:
    wrong = [name for name in read.namespaces if not is_namespace(name)]
    if wrong or (read.managed_namespace and not read.namespaces):
        given = wrong[0] if wrong else read.managed_namespace
        raised = f"MANAGED_NAMESPACE has {given[:80]!r}; it takes names of namespaces, separated by commas"
        yield SettingError(f"{raised} (team-a,team-b), or leave it unset for all namespaces")
    if read.instance_id and as_label(read.instance_id) != read.instance_id:
        yield SettingError(
            f"INSTANCE_ID is {read.instance_id[:80]!r}; it takes the value of a label:"
            " at most 63 letters, digits, '-', '_' and '.', the first and last a letter or digit"
        )


def is_url(text: str) -> bool:
    """Return whether it is a URL of HTTP with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _traces(read: Settings) -> Iterator[SettingError]:
    endpoint = read.otel_exporter_otlp_endpoint
    if endpoint and not is_url(endpoint):
        yield SettingError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is no URL; it takes that of a collector, such as http://collector:4318"
        )


def advice_on_reports(read: Settings) -> Iterator[str]:
    """A status on a commit should lead somewhere."""
    if read.reports == "on" and not read.workflow_url:
        yield "REPORTS is on without WORKFLOW_URL: the statuses on commits link to no run"


def default_zone(read: Settings) -> Iterator[SettingError]:
    """``DEFAULT_TIMEZONE`` is a zone: a typo would stop every schedule that names none."""
    name = read.default_timezone
    if name in ("UTC", "Local") or zonefiles.zone(name):
        return
    from triggerfish.cron.schedules import zones  # here: only who has a typo needs to know what was meant

    try:
        zones.load(name)
    except ScheduleError as error:
        yield SettingError(f"DEFAULT_TIMEZONE: {error}")


def _workers(read: Settings) -> Iterator[str]:
    if read.workers > 1:
        yield (
            f"WORKERS is {read.workers}: limits, caches and metrics are of each worker; set WORKERS=1 and"
            " run more instances"
        )
