"""Files from which another tool makes manifests: charts of Helm, and what Kustomize builds from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from triggerfish.cli.lint.findings import Finding, Place, Rule, Severity
from triggerfish.cli.lint.source import Manifest, contents

HELM = Rule("helm-source", Severity.NOTE, "Helm makes manifests of it: lint what `helm template` prints.")
KUSTOMIZE = Rule("kustomize-source", Severity.NOTE, "Kustomize builds from it: lint what it builds.")

# Argo's own {{...}} hold a dotted name (workflow.name, inputs.parameters.x, item) or begin with =.
_only_helms = re.compile(
    r"\{\{-?\s*(?:[^}]*[\s(])?\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b"
    r"|\{\{-?\s*(?:include|define|template|block|tpl|toYaml|required|lookup)\s"
    r"|\{\{-?\s*[\"`]\s*\{\{"
)
_often_helms = re.compile(r"\{\{-|-\}\}|\{\{\s*(?:if|range|with|end|else|default|\$|/\*)[\s}:\w]")
_kustomizations = ("kustomization.yaml", "kustomization.yml")
_of_kustomize = re.compile(r"^apiVersion:\s*[\"']?kustomize\.config\.k8s\.io/", re.MULTILINE)
_values = re.compile(r"values([-.].*)?\.ya?ml")


def source(file: str, text: str, files: frozenset[str]) -> list[Finding] | None:
    """What there is to say of a file that is no manifest yet; None for one that is linted.

    ``files`` are all that are linted together.
    """
    path = PurePath(file)
    chart = next((each for each in (path.parent, *path.parents) if str(each / "Chart.yaml") in files), None)
    if path.name == "Chart.yaml":
        folder = str(path.parent)
        return [_note(HELM, file, 1, f"this is a chart: lint what `helm template {folder}` prints")]
    if chart is not None and path.parent == chart and _values.fullmatch(path.name):
        return []
    if (line := _helms_line(text, in_chart=chart is not None)) is not None:
        folder = str(chart) if chart is not None else "CHART"
        return [
            _note(HELM, file, line, f"this is a template of Helm: lint what `helm template {folder}` prints")
        ]
    if _is_kustomization(path, text):
        if files & set(patches(file, text)):
            return []  # what is said of each patch says it
        folder = str(path.parent)
        message = f"this is a source of Kustomize: lint what `kustomize build {folder}` prints"
        return [_note(KUSTOMIZE, file, 1, message)]
    return None


def patches(file: str, text: str) -> Iterator[str]:
    """The files that a kustomization applies as patches."""
    if not _is_kustomization(PurePath(file), text):
        return
    for each in contents(text, file):
        for name in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            given = each.body.get(name) if isinstance(each, Manifest) else None
            for patch in given if isinstance(given, list) else ():
                path = patch.get("path") if isinstance(patch, dict) else patch
                if isinstance(path, str):
                    yield str(PurePath(file).parent / path)


def _is_kustomization(path: PurePath, text: str) -> bool:
    return path.name in _kustomizations or _of_kustomize.search(text) is not None


def _helms_line(text: str, *, in_chart: bool) -> int | None:
    for number, line in enumerate(text.split("\n"), 1):
        if "{{" not in line and "}}" not in line:
            continue
        if line.lstrip().startswith("#"):
            continue
        if _only_helms.search(line) or (in_chart and _often_helms.search(line)):
            return number
    return None


def _note(rule: Rule, file: str, line: int, message: str) -> Finding:
    return Finding(rule, Place(file, line), message)
