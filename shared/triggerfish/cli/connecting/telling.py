"""What was made, in words: the secret is shown once, and never again."""

from __future__ import annotations

import sys
from typing import Any

import yaml

from triggerfish.cli.connecting.connecting import Connected
from triggerfish.cli.connecting.manifests import ClusterObject
from triggerfish.cli.output import Form, dumped_json, show


def manifests_text(parts: list[ClusterObject], form: Form) -> str:
    """The manifests, as kubectl takes them: a List in JSON, else documents in YAML."""
    bodies = [part.body for part in parts]
    if form is Form.JSON:
        return dumped_json({"apiVersion": "v1", "kind": "List", "items": bodies})
    return yaml.safe_dump_all(bodies, sort_keys=False, allow_unicode=True).rstrip()


def tell(done: Connected) -> None:
    """For people: the objects, then the form of the webhook at the host, and what is still missing."""
    show(_rows(done), Form.TABLE, columns=("kind", "name", "state"), empty="")
    setup = done.wanted.host.setup
    if done.hook is not None:
        print(f"\n{setup.title} has the webhook {done.hook.id} of {done.wanted.repository}: {done.url}")
    else:
        print(f"\n{setup.title}, {done.wanted.repository}: {setup.page}")
        for label, value in _form(done):
            print(f"  {label}: {value}")
    if done.pinged is not None and done.pinged.accepted:
        print(f"\nThe events function accepts what is signed so: {done.pinged.said}")
    if done.test:
        print(f"The test delivery of {setup.title}: {done.test}")
    for each in done.faults:
        print(f"triggerfish: {each.what}\n  {each.command}", file=sys.stderr)


def as_json(done: Connected) -> dict[str, Any]:
    """For programs. ``secret`` is there only if it is new and people have to write it at the host."""
    hook: dict[str, Any] = {
        "host": done.wanted.host.type,
        "repository": done.wanted.repository,
        "url": done.url,
    }
    if done.hook is not None:
        hook["id"] = done.hook.id
    elif done.entry.new:
        hook["secret"] = done.entry.secret.value.decode()
    found: dict[str, Any] = {"objects": _rows(done), "hook": hook}
    if done.pinged is not None:
        found["ping"] = {"accepted": done.pinged.accepted, "answer": done.pinged.said}
    for key, text in (("test", done.test), ("fault", done.fault)):
        found |= {key: text} if text else {}
    return {**found, "faults": [each.row() for each in done.faults]}


def _rows(done: Connected) -> list[dict[str, Any]]:
    return [
        {
            "kind": part.resource.kind,
            "namespace": part.body["metadata"]["namespace"],
            "name": part.name,
            "state": state,
        }
        for part, state in done.made
    ]


def _form(done: Connected) -> list[tuple[str, str]]:
    setup, entry = done.wanted.host.setup, done.entry
    kept = "the one that this client has; it was shown when it was made, and --rotate makes a new one"
    return [
        (setup.url, done.url),
        (setup.secret, entry.secret.value.decode() if entry.new else kept),
        *setup.fields,
        ("Events", ", ".join(setup.events)),
    ]
