"""The kinds and versions of Argo's API: what is only almost one of them is never run, and nobody says so."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from triggerfish.cli.lint.context import LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest
from triggerfish.workflows.objects import API_VERSION

UNKNOWN_KIND = Rule("unknown-kind", Severity.ERROR, "Argo has no kind of that name: kubectl refuses it.")
UNKNOWN_VERSION = Rule(
    "unknown-version", Severity.ERROR, "The API has no such version of the kind: kubectl refuses it."
)
NO_MANIFEST = Rule("no-manifest", Severity.NOTE, "Without apiVersion and kind it is not for a cluster.")

WORKFLOWS = (
    "ClusterWorkflowTemplate",
    "CronWorkflow",
    "Workflow",
    "WorkflowEventBinding",
    "WorkflowTemplate",
)
# Of Argo Workflows' own use, and of its sisters in the same group: Events, CD, Rollouts.
_others = (
    *("WorkflowArtifactGCTask", "WorkflowTaskResult", "WorkflowTaskSet"),
    *("EventBus", "EventSource", "Sensor"),
    *("AppProject", "Application", "ApplicationSet", "ArgoCD", "ArgoCDExport", "NotificationsConfiguration"),
    *(
        "AnalysisRun",
        "AnalysisTemplate",
        "ClusterAnalysisTemplate",
        "Experiment",
        "Rollout",
        "RolloutManager",
    ),
)
# Other groups have kinds of the same names.
_ambiguous = ("Workflow", "WorkflowTemplate")
_group = API_VERSION.partition("/")[0]
# Also of words that begin alike and go on otherwise: CronJob.
_alike = 0.5
_almost = 0.75


def is_argos(manifest: Manifest) -> bool:
    """True when the manifest is meant for Argo, or for a cluster at all as far as its kind goes."""
    group = _group_of(manifest)
    return group in ("", _group) or manifest.kind not in _ambiguous or _is_almost(group)


def known(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Its kind and its version are those of an API."""
    kind, version, group = manifest.kind, manifest.body.get("apiVersion"), _group_of(manifest)
    if not kind and not version:
        # Any YAML may lie in a folder; what has these was meant for a cluster.
        if {"metadata", "spec"} & manifest.body.keys():
            yield at(manifest, "", NO_MANIFEST, "there is neither apiVersion nor kind: it is no manifest")
    elif kind in WORKFLOWS:
        if version not in (None, "", API_VERSION) and is_argos(manifest):
            message = f"there is no {kind} in {version!r}; write apiVersion: {API_VERSION}"
            yield at(manifest, "apiVersion", UNKNOWN_VERSION, message)
    elif group == _group or _is_almost(group) or (not version and _is_almost_ours(kind)):
        if not kind:
            message = f"there is none; write one of {', '.join(WORKFLOWS)}"
            yield at(manifest, "kind", UNKNOWN_KIND, message)
        elif kind not in _others:
            close = _nearest(kind, _alike)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(WORKFLOWS)}"
            yield at(manifest, "kind", UNKNOWN_KIND, f"there is no kind {kind!r} in {_group}; {hint}")
        if group != _group and version:
            message = f"there is no API {version!r}; did you mean {API_VERSION}?"
            yield at(manifest, "apiVersion", UNKNOWN_VERSION, message)


def _group_of(manifest: Manifest) -> str:
    group, slash, _ = str(manifest.body.get("apiVersion") or "").partition("/")
    return group if slash else ""


def _is_almost(group: str) -> bool:
    return bool(difflib.get_close_matches(group, [_group], n=1, cutoff=_almost)) if group else False


def _is_almost_ours(kind: str) -> bool:
    return bool(difflib.get_close_matches(kind, WORKFLOWS, n=1, cutoff=_almost))


def _nearest(kind: str, cutoff: float) -> str:
    """The kind that was most likely meant; of those that are equally like it, one that we run."""
    close = difflib.get_close_matches(kind, [*WORKFLOWS, *_others], n=1, cutoff=cutoff)
    return close[0] if close else ""
