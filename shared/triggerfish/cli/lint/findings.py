"""Findings of lint, and the three forms in which they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote


class Severity(Enum):
    """``level`` is SARIF's word for it."""

    level: str

    ERROR = "error", "error"
    WARNING = "warning", "warning"
    NOTE = "note", "note"

    def __new__(cls, word: str, level: str) -> Severity:
        """A member with its fields."""
        member = object.__new__(cls)
        member._value_ = word
        member.level = level
        return member


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing lint knows: ``name`` is what people search for and suppress, ``help`` says why it matters."""

    name: str
    severity: Severity
    help: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the file as it was named, the line (from 1), ``Kind/name`` of the object, the field's path."""

    file: str
    line: int
    thing: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one place; ``message`` is a sentence, and may go on in further lines (a caret)."""

    rule: Rule
    place: Place
    message: str

    def as_json(self) -> dict[str, Any]:
        """One object of ``-o json``."""
        return {
            "rule": self.rule.name,
            "severity": self.rule.severity.value,
            "file": self.place.file,
            "line": self.place.line,
            "object": self.place.thing,
            "field": self.place.field,
            "message": self.message,
        }


def as_sarif(findings: Iterable[Finding], *, version: str) -> dict[str, Any]:
    """A SARIF 2.1.0 log, which code review tools read."""
    found = list(findings)
    by_name = {finding.rule.name: finding.rule for finding in found}
    rules = [by_name[name] for name in sorted(by_name)]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "triggerfish",
                        "version": version,
                        "rules": [
                            {
                                "id": rule.name,
                                "shortDescription": {"text": rule.help},
                                "defaultConfiguration": {"level": rule.severity.level},
                            }
                            for rule in rules
                        ],
                    }
                },
                "results": [_result(finding) for finding in found],
            }
        ],
    }


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.rule.name,
        "level": finding.rule.severity.level,
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.place.file)},
                    "region": {"startLine": finding.place.line},
                },
                "logicalLocations": [{"fullyQualifiedName": f"{finding.place.thing} {finding.place.field}"}],
            }
        ],
    }
