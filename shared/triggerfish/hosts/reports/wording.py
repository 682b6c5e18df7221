"""A run's state in the words of a status: what a commit shows."""

from __future__ import annotations

from triggerfish.hosts.api.values import State, Status
from triggerfish.hosts.reports.progress import ReportedRun
from triggerfish.webhooks.credentials import spared
from triggerfish.workflows.objects import Json

# GitHub takes no longer description; the others take as much.
longest_description = 140

_plain = {
    State.PENDING: "waiting to start",
    State.RUNNING: "running",
    State.SUCCESS: "succeeded",
    State.FAILURE: "failed",
    State.ERROR: "ended with an error",
    State.CANCELED: "stopped",
}


def described(text: str) -> str:
    """One line of no more than 140 characters, without what looks like a credential."""
    line = " ".join(spared(text[: 10 * longest_description]).split())
    return line if len(line) <= longest_description else f"{line[: longest_description - 1]}…"


def status(run: ReportedRun, context: str, url: str, whole: Json | None = None) -> Status:
    """The status of ``run``; ``whole`` is its Workflow where that must be read (``needs_whole``)."""
    state, words = run.state, _plain[run.state]
    if state is State.CANCELED:
        words = f"superseded by {run.superseded_by}" if run.superseded_by else "deleted before it ended"
    elif whole is not None:
        state, words = _ending(state, whole)
    return Status(state, context, described(words), url)


def first(context: str, url: str) -> Status:
    """The status of a run that was just created."""
    return Status(State.PENDING, context, _plain[State.PENDING], url)


def error(context: str, reason: str) -> Status:
    """The status of an event that matched and made no run."""
    return Status(State.ERROR, context, described(reason))


def url_of(template: str, namespace: str, name: str) -> str:
    """``WORKFLOW_URL`` for one Workflow; names need no escaping in a URL."""
    return template.replace("{namespace}", namespace).replace("{name}", name)


def _ending(state: State, whole: Json) -> tuple[State, str]:
    """The state of a run that did not succeed, and why."""
    if (whole.get("spec") or {}).get("shutdown"):
        return State.CANCELED, _plain[State.CANCELED]
    message = str((whole.get("status") or {}).get("message") or "")
    return state, f"{_plain[state]}: {message}" if message else _plain[state]
