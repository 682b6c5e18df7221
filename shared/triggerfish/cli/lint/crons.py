"""Checks of CronWorkflows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from triggerfish import annotations as keys
from triggerfish.cli.lint import daylight, runs
from triggerfish.cli.lint.checks import PATCH, our_annotations
from triggerfish.cli.lint.context import Check, LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.cron.manifest.spec import WORKFLOW_SPEC, SpecReader
from triggerfish.cron.manifest.timetable import Timetable
from triggerfish.cron.planning import conditions
from triggerfish.cron.schedules import schedule
from triggerfish.errors import ExpressionError, ScheduleError, SpecError

SPEC = Rule("spec-error", Severity.ERROR, "The CronWorkflow would get a SpecError condition and never run.")
EITHER_DAY = Rule(
    "either-day",
    Severity.WARNING,
    "Day of month and day of week are both restricted: it fires if either matches, not only if both do.",
)
DAYLIGHT = Rule(
    "daylight-saving", Severity.WARNING, "A change of the clocks leaves a slot out or repeats it."
)
CONDITION = Rule("condition", Severity.ERROR, "A condition that cannot be evaluated prevents every run.")
DEPRECATED = Rule("deprecated", Severity.NOTE, "Argo 4 no longer knows this field; Triggerfish still does.")
OURS_ONLY = Rule("ours-only", Severity.NOTE, "Works here; Argo's own controller refuses or ignores it.")
NO_SPEC = Rule("no-workflow-spec", Severity.ERROR, "Without spec.workflowSpec nothing can run.")
NO_CALENDAR = Rule(
    "no-calendar", Severity.NOTE, "The calendar to leave out is not among the manifests linted with it."
)

_EMPTY_CALENDAR = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:triggerfish\nEND:VCALENDAR\n"
_beyond = 2**63
_everywhere = ("*", "?")
_year = timedelta(days=366)


def spec(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """The planner's own judgement of the spec."""
    if _is_patch(manifest, context):
        yield at(manifest, "spec", PATCH, "this is a part of a manifest: lint the output of kustomize build")
        return
    given = manifest.body.get("spec")
    if isinstance(given, dict) and given.get("workflowSpec") is None:
        yield at(manifest, "spec", NO_SPEC, "spec.workflowSpec is missing: write the Workflow's spec there")
    body = _complete(manifest.body)
    calendars = {name: context.calendar(manifest, name) for name in Timetable.calendars(body)}
    for name in (name for name, text in calendars.items() if text is None):
        field = f"metadata.annotations[{keys.EXCLUDE}]"
        yield at(manifest, field, NO_CALENDAR, f"there is no ConfigMap for ics:{name} among these manifests")
    texts = {name: text or _EMPTY_CALENDAR for name, text in calendars.items()}
    reader = SpecReader(body, body["metadata"]["annotations"], "UTC", "expr", texts, None)
    reader.read()
    told = set()
    for error in reader.errors:
        if str(error) not in told:  # a type that is wrong is met by two readers
            told.add(str(error))
            yield at(manifest, error.field, SPEC, str(error))


def templates(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """The Workflow would be let through by Argo, as far as the known templates tell."""
    if not _is_patch(manifest, context):
        yield from runs.spec(manifest, context, manifest.spec.get("workflowSpec"), WORKFLOW_SPEC, SPEC)


def conditions_hold(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """`when` and the stop strategy, evaluated on the manifest as it stands."""
    cron = _cron(manifest)
    body = _complete(manifest.body)
    dialect, stop = cron.spec.dialect or "expr", cron.spec.stop
    try:
        if cron.spec.when:
            conditions.when(cron.spec.when, body, dialect=dialect, now=context.now)
    except ExpressionError as error:
        yield at(manifest, "spec.when", CONDITION, str(error))
    try:
        if stop and stop.field == "expression":
            conditions.stop(stop.source, body, dialect=dialect, now=context.now)
        elif stop:
            conditions.stop_condition(stop.source, body, now=context.now)
    except ExpressionError as error:
        yield at(manifest, f"spec.stopStrategy.{stop.field if stop else ''}", CONDITION, str(error))


def days(manifest: Manifest, context: LintContext) -> Iterator[Finding]:
    """Days that surprise, and what a change of the clocks does."""
    timezone = _text(manifest, "timezone")
    for field, text in _schedules(manifest):
        zone, plain = _zone(text, timezone)
        parts = plain.split()
        try:
            parsed = schedule.parse(plain, zone or "UTC")
        except (ScheduleError, SpecError):
            continue
        if len(parts) == 5 and not any(_covers(part) for part in (parts[2], parts[4])):
            dates = ", ".join(
                f"{slot:%a %Y-%m-%d}" for slot in parsed.between(context.now, context.now + _year, 3)
            )
            message = (
                f"{text!r} fires if the day of month ({parts[2]}) or the day of week ({parts[4]}) matches"
                f"; next: {dates}; write * for one of them, or mean both"
            )
            yield at(manifest, field, EITHER_DAY, message)
        if parsed.next(context.now) and not plain.startswith("@every"):
            for sentence in daylight.surprises(parsed, plain, context.now):
                yield at(manifest, field, DAYLIGHT, f"{text!r}: {sentence}")


def portable(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Fields that only some version of Argo, or only Triggerfish, understands."""
    given = manifest.body.get("spec")
    given = given if isinstance(given, dict) else {}
    if given.get("schedule"):
        yield at(
            manifest,
            "spec.schedule",
            DEPRECATED,
            f"Argo 4 has removed spec.schedule: write schedules: [{given['schedule']!r}]",
        )
    stop = given.get("stopStrategy")
    if isinstance(stop, dict) and stop.get("condition"):
        field = "spec.stopStrategy.condition"
        yield at(
            manifest,
            field,
            DEPRECATED,
            "Argo 4 has renamed stopStrategy.condition to stopStrategy.expression",
        )
    metadata = manifest.body.get("metadata")
    notes = (metadata.get("annotations") if isinstance(metadata, dict) else None) or {}
    for name in notes:
        if str(name) in keys.TIMETABLE:
            field = f"metadata.annotations.{name}"
            yield at(
                manifest,
                field,
                OURS_ONLY,
                f"{name} is an annotation of Triggerfish: Argo's controller ignores it",
            )


CHECKS: tuple[Check, ...] = (
    our_annotations((*keys.OF_CRON_WORKFLOWS, *keys.RECORDED)),
    spec,
    templates,
    conditions_hold,
    days,
    portable,
)


def _is_patch(manifest: Manifest, context: LintContext) -> bool:
    """True when a kustomization names the file as a patch, or it says neither when to run nor what."""
    if manifest.file in context.patches:
        return True
    given = manifest.body.get("spec")
    metadata = manifest.body.get("metadata")
    notes = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(given, dict) or any(name in (notes or {}) for name in (keys.SCHEDULES, keys.AT)):
        return False
    return bool(given) and not {"schedule", "schedules", "workflowSpec"} & given.keys()


def _cron(manifest: Manifest) -> CronWorkflow:
    return CronWorkflow.of(_complete(manifest.body), Rules(defaults={}))


def _complete(body: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as an API server would have it, so that it can be read like an object from one.

    Keys become texts, as in JSON. Metadata of other types is left out: ``well_formed`` has told it.
    """
    copy: dict[str, Any] = _plain(body)
    metadata = copy.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for name in ("labels", "annotations"):
        texts = metadata.get(name)
        metadata[name] = {
            key: each
            for key, each in (texts.items() if isinstance(texts, dict) else ())
            if isinstance(each, str)
        }
    if not isinstance(metadata.get("name"), str):
        metadata["name"] = ""
    added = {"namespace": "default", "uid": "", "resourceVersion": ""}
    return {**copy, "metadata": added | metadata}


def _plain(value: Any) -> Any:
    """As JSON has it: keys are texts, numbers are of 64 bits."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, int) and abs(value) >= _beyond:
        return float(value) if abs(value) < _beyond**2 else str(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _schedules(manifest: Manifest) -> Iterator[tuple[str, str]]:
    given = manifest.body.get("spec")
    given = given if isinstance(given, dict) else {}
    if isinstance(given.get("schedule"), str):
        yield "spec.schedule", given["schedule"]
    many = given.get("schedules")
    for index, text in enumerate(many if isinstance(many, list) else ()):
        if isinstance(text, str):
            yield f"spec.schedules[{index}]", text


def _text(manifest: Manifest, field: str) -> str:
    given = manifest.body.get("spec")
    value = given.get(field) if isinstance(given, dict) else None
    return value if isinstance(value, str) else ""


def _zone(text: str, timezone: str) -> tuple[str, str]:
    """The zone a schedule is in, and the schedule without it."""
    for prefix in ("TZ=", "CRON_TZ="):
        if text.startswith(prefix):
            zone, _, rest = text.removeprefix(prefix).partition(" ")
            return zone, rest.strip()
    return timezone, text


def _covers(part: str) -> bool:
    """True when a day field leaves the decision to the other one, as robfig's parser sees it."""
    return any(
        item.partition("/")[0] in _everywhere and item.partition("/")[2] in ("", "1")
        for item in part.split(",")
    )
