"""Whose word a report is: nothing is posted for an annotation that this function did not write itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from triggerfish.hosts.api.credentials import App, Basic, Credential, HostCredentials
from triggerfish.hosts.reports import intent
from triggerfish.hosts.reports.progress import ReportedRun
from triggerfish.webhooks import repositories

# About 40 ms of a processor.
_rounds = 100_000


@dataclass(frozen=True, slots=True)
class Distrust:
    """Why nothing is posted for a run. ``forged``: no credential of ours can have sealed it."""

    reason: str
    forged: bool = True


STRANGE = Distrust("its annotation is not one that Triggerfish writes")


@lru_cache(maxsize=256)
def seal_key(credential: Credential) -> bytes:
    """The key of the seals that belong to this credential. It changes with the credential.

    Whoever reads a Workflow reads its seal, and may try secrets on it for years: of a password, which may be
    a short one, the key is dear to derive.
    """
    auth = credential.auth
    if isinstance(auth, App):
        secret = auth.key.encode()
    elif isinstance(auth, Basic):
        plain = f"{auth.username}\0{auth.password}".encode()
        secret = hashlib.pbkdf2_hmac("sha256", plain, b"triggerfish report", _rounds)
    else:
        secret = auth.value.encode()
    return intent.seal_key(f"{credential.type}\0{credential.url}\0".encode() + secret)


def is_dear(credential: Credential) -> bool:
    """Return whether its key takes long to derive the first time."""
    return isinstance(credential.auth, Basic)


def believed(run: ReportedRun, credentials: HostCredentials) -> Credential | Distrust:
    """The credential with which the state of ``run`` is posted, or why it is not. Constant in the seal."""
    sealed = run.sealed
    if sealed is None:
        return STRANGE
    asked = sealed.intent
    credential = next((each for each in credentials.good if each.name == asked.credential), None)
    if credential is None:
        return Distrust(f"there is no credential {asked.credential[:100]!r}", forged=False)
    if not sealed.holds(run.namespace, run.name, seal_key(credential)):
        return Distrust(
            f"its seal is not valid: it is not this Workflow's, or the credential {credential.name!r} was"
            " changed since"
        )
    if not repositories.fits(credential.repositories, asked.repository):
        reason = f"the credential {credential.name!r} is not for repository {asked.repository[:100]!r}"
        return Distrust(reason, forged=False)
    return credential
