"""Checks of the Secret with a namespace's credentials for Git hosts."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from triggerfish.cli.lint.context import LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.secret_texts import texts
from triggerfish.cli.lint.source import Manifest
from triggerfish.hosts.api.credentials import parse_credentials
from triggerfish.hosts.api.registry import PUBLIC_URLS
from triggerfish.settings import Settings

CREDENTIAL = Rule("host-credential", Severity.ERROR, "No Git host would be asked with this credential.")
SECRET = Rule(
    "host-secret", Severity.WARNING, "Nobody looks for credentials of Git hosts in a Secret of that name."
)

# Only what can be a slip of the pen: other Secrets of a repository are none of our business.
_alike = 0.9


def credentials(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Every key of the Secret ``triggerfish-hosts`` is a credential."""
    name = Settings().host_secret_name
    if manifest.name != name:
        if difflib.get_close_matches(manifest.name, [name], cutoff=_alike):
            yield at(manifest, "metadata.name", SECRET, f"credentials of Git hosts are read from {name} only")
        return
    found = texts(manifest, CREDENTIAL, "credential", "credential")
    yield from found.findings
    if found.is_empty:
        message = (
            "it has no credential; write a key for each: {type: github, token: …, repositories: [org/*]}"
        )
        yield at(manifest, "stringData", CREDENTIAL, message)
    for bad in parse_credentials(found.data, PUBLIC_URLS).bad:
        message = f"the credential {bad.name!r}: {bad.problem}"
        yield at(manifest, found.places.get(bad.name, "stringData"), CREDENTIAL, message)
