"""Checks of the Secret with a namespace's webhook clients."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from triggerfish.cli.lint.context import LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.secret_texts import texts
from triggerfish.cli.lint.source import Manifest
from triggerfish.hosts.registry import SENDERS
from triggerfish.secrets.kubernetes import SECRET_NAME
from triggerfish.webhooks.clients import parse_clients

CLIENT = Rule("webhook-client", Severity.ERROR, "The webhooks of this client would be refused with a 403.")
SECRET = Rule(
    "webhook-secret", Severity.WARNING, "Nobody looks for webhook clients in a Secret of that name."
)

# Only what can be a slip of the pen: other Secrets of a repository are none of our business.
_alike = 0.9


def clients(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Every client of the Secret ``argo-workflows-webhook-clients`` is one."""
    if manifest.name != SECRET_NAME:
        if difflib.get_close_matches(manifest.name, [SECRET_NAME], cutoff=_alike):
            yield at(manifest, "metadata.name", SECRET, f"webhook clients are read from {SECRET_NAME} only")
        return
    found = texts(manifest, CLIENT, "client", "service account")
    yield from found.findings
    if found.is_empty:
        message = "it has no webhook client; write a key for each service account: {type: github, secret: …}"
        yield at(manifest, "stringData", CLIENT, message)
    for bad in parse_clients(found.data, SENDERS).bad:
        yield at(
            manifest,
            found.places[bad.service_account],
            CLIENT,
            f"the client {bad.service_account!r}: {bad.problem}",
        )
