"""What is said to a host about a status: post it, or see whether it is still there."""

from __future__ import annotations

from dataclasses import replace

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.values import Exchange, HostApi, State, Status
from triggerfish.hosts.reports.announcement import StatusNote
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.wording import described

_bad_request = 400
_GOING_ON = frozenset({State.PENDING, State.RUNNING})


def posting(api: HostApi, intent: Intent, status: Status) -> Exchange[None]:
    """Post the status. GitLab answers 400 to a state that it has: that counts if it reads back.

    It also does so to what waits while an older run of the commit is running: the commit is right to say
    that something is going on.
    """
    try:
        yield from api.post_status(intent.repository, intent.sha, status, intent.ids)
    except HostRefused as refused:
        if refused.status != _bad_request:
            raise
        found = yield from api.read_status(intent.repository, intent.sha, status.context, intent.ids)
        expected = api.as_read(status).state
        alike = _GOING_ON if expected in _GOING_ON else {expected}
        if found is None or found.state not in alike:
            raise


def agreeing(api: HostApi, intent: Intent, status: Status) -> Exchange[bool]:
    """Return whether the newest status of that name on the commit is this one, as far as the host tells."""
    found = yield from api.read_status(intent.repository, intent.sha, status.context, intent.ids)
    if found is None:
        return False
    expected = api.as_read(status)
    same_run = not expected.url or found.url in ("", expected.url)
    return found.state is expected.state and same_run


def noting(api: HostApi, intent: Intent, note: StatusNote) -> Exchange[None]:
    """Tell in the status what a run waits for and who was refused. Its state stays as it is.

    Whoever comments can cause this: what a run has told is not changed by it, and a run that goes on tells
    the rest itself.
    """
    found = yield from api.read_status(intent.repository, intent.sha, note.context, intent.ids)
    words = "; ".join(filter(None, (note.waits, note.words)))
    if found is None:
        if note.waits:
            yield from posting(api, intent, Status(State.PENDING, note.context, described(words)))
        return
    waiting = bool(note.waits) and found.description.startswith(note.waits)
    if not note.words or (found.state in (State.PENDING, State.RUNNING) and not waiting):
        return
    told = described(words if waiting else note.words)
    state = State.PENDING if waiting else found.state
    yield from posting(api, intent, replace(found, state=state, context=note.context, description=told))
