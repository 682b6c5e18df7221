"""What is said to a host about a status: post it, or see whether it is still there."""

from __future__ import annotations

from triggerfish.errors import HostRefused
from triggerfish.hosts.api.values import Exchange, HostApi, Status
from triggerfish.hosts.reports.intent import Intent

_bad_request = 400


def posting(api: HostApi, intent: Intent, status: Status) -> Exchange[None]:
    """Post the status. GitLab answers 400 to a state that it has: that counts if it reads back."""
    try:
        yield from api.post_status(intent.repository, intent.sha, status, intent.ids)
    except HostRefused as refused:
        if refused.status != _bad_request:
            raise
        if not (yield from agreeing(api, intent, status)):
            raise


def agreeing(api: HostApi, intent: Intent, status: Status) -> Exchange[bool]:
    """Return whether the newest status of that name on the commit is this one, as far as the host tells."""
    found = yield from api.read_status(intent.repository, intent.sha, status.context, intent.ids)
    if found is None:
        return False
    expected = api.as_read(status)
    return found.state is expected.state and (not expected.url or found.url in ("", expected.url))
