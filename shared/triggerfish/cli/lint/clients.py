"""Checks of the Secret with a namespace's webhook clients."""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Iterator

from triggerfish.cli.lint.context import LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
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
    data: dict[str, bytes] = {}
    places: dict[str, str] = {}
    for field in ("data", "stringData"):
        given = manifest.body.get(field)
        if given is not None and not isinstance(given, dict):
            yield at(manifest, field, CLIENT, f"{field} is not a map; write a key for each service account")
            continue
        for key, value in (given or {}).items():
            name, place = str(key), f"{field}.{key}"
            if not isinstance(value, str):
                message = f"the client {name!r} is not a text; write | after its name, and its YAML below"
                yield at(manifest, place, CLIENT, message)
                continue
            try:
                data[name] = (
                    value.encode() if field == "stringData" else base64.b64decode(value, validate=True)
                )
            except (binascii.Error, ValueError):
                yield at(
                    manifest, place, CLIENT, f"the client {name!r} is not base64; write it in stringData"
                )
                continue
            places[name] = place
    if not data and not places and not any(manifest.body.get(each) for each in ("data", "stringData")):
        message = "it has no webhook client; write a key for each service account: {type: github, secret: …}"
        yield at(manifest, "stringData", CLIENT, message)
    for bad in parse_clients(data, SENDERS).bad:
        yield at(
            manifest,
            places[bad.service_account],
            CLIENT,
            f"the client {bad.service_account!r}: {bad.problem}",
        )
