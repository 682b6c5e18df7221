"""The texts of a Secret, each a YAML of its own: webhook clients, or credentials for Git hosts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from triggerfish.cli.lint.context import at
from triggerfish.cli.lint.findings import Finding, Rule
from triggerfish.cli.lint.source import Manifest


@dataclass(slots=True)
class SecretTexts:
    """Those that can be read, by name, with the field of each; ``findings`` are about the others."""

    data: dict[str, bytes] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Nothing is there, right or wrong."""
        return not self.data and not self.findings


def texts(manifest: Manifest, rule: Rule, what: str, keys: str) -> SecretTexts:
    """Read ``data`` and ``stringData``; ``what`` is each value in words, ``keys`` is each of their names."""
    found = SecretTexts()
    for name in ("data", "stringData"):
        given = manifest.body.get(name)
        if given is not None and not isinstance(given, dict):
            message = f"{name} is not a map; write a key for each {keys}"
            found.findings.append(at(manifest, name, rule, message))
            continue
        for key, value in (given or {}).items():
            _read(found, manifest, rule, f"{what} {str(key)!r}", (name, str(key), value))
    return found


def _read(
    found: SecretTexts, manifest: Manifest, rule: Rule, what: str, entry: tuple[str, str, object]
) -> None:
    name, key, value = entry
    place = f"{name}.{key}"
    if not isinstance(value, str):
        message = f"the {what} is not a text; write | after its name, and its YAML below"
        found.findings.append(at(manifest, place, rule, message))
        return
    try:
        found.data[key] = value.encode() if name == "stringData" else base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        message = f"the {what} is not base64; write it in stringData"
        found.findings.append(at(manifest, place, rule, message))
        return
    found.places[key] = place
