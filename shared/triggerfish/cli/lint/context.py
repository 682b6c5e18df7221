"""What a check may know beside the manifest: the others, what time it is, and templates of a cluster."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from triggerfish.cli.lint.findings import Finding, Place, Rule
from triggerfish.cli.lint.source import Manifest
from triggerfish.workflows.submitted import TemplateRef

WantedTemplate = tuple[str, TemplateRef]
"""A template of a cluster with its namespace, which is empty for one of the whole cluster."""

# Names of one family, such as build-app and build-web, are less alike.
_alike = 0.75
_digits = re.compile(r"\d+")
_kinds = ("WorkflowTemplate", "ClusterWorkflowTemplate")


@dataclass(frozen=True, slots=True)
class ClusterTemplates:
    """The templates of a cluster, as far as they have been read; None: there is no such one.

    ``namespace`` is that of manifests that name none. ``asked`` are templates to read, so that another round
    can say more about them.
    """

    namespace: str
    known: dict[WantedTemplate, Mapping[str, Any] | None] = field(default_factory=dict)
    asked: set[WantedTemplate] = field(default_factory=set)

    def key(self, namespace: str, ref: TemplateRef) -> WantedTemplate:
        """The template as a manifest of that namespace means it."""
        return ("" if ref.cluster_scope else namespace or self.namespace), ref


@dataclass(frozen=True, slots=True)
class LintContext:
    """``now`` is when "never" and "the next" are counted from; ``everything`` is linted together.

    ``patches`` are the files that a kustomization among them applies as patches. ``cluster`` is None where
    none is asked.
    """

    now: datetime
    everything: tuple[Manifest, ...]
    patches: frozenset[str] = frozenset()
    cluster: ClusterTemplates | None = None

    def templates(self, namespace: str) -> dict[TemplateRef, Mapping[str, Any] | None]:
        """The templates that a manifest of that namespace can refer to; None: the cluster has none."""
        found: dict[TemplateRef, Mapping[str, Any] | None] = {}
        for (space, ref), body in (self.cluster.known if self.cluster else {}).items():
            if self.cluster and (space, ref) == self.cluster.key(namespace, ref):
                found[ref] = body
        for manifest in self.everything:
            if manifest.kind in _kinds:
                ref = TemplateRef(manifest.name, cluster_scope=manifest.kind == _kinds[1])
                if ref.cluster_scope or _meet(namespace, manifest.namespace):
                    found[ref] = manifest.body
        return found

    def calendar(self, manifest: Manifest, name: str) -> str | None:
        """The text of the calendar ``NAME`` or ``NAME/KEY`` in a ConfigMap among the manifests."""
        name, _, key = name.partition("/")
        for each in self.everything:
            if (each.kind, each.name) == ("ConfigMap", name) and _meet(each.namespace, manifest.namespace):
                data = each.body.get("data")
                files = {str(file): text for file, text in data.items()} if isinstance(data, dict) else {}
                text = files.get(key) if key else next(iter(sorted(files.items())), (None, None))[1]
                return text if isinstance(text, str) else None
        return None

    def absent(self, manifest: Manifest, ref: TemplateRef, together: str) -> str:
        """Return the sentence for a template that is not among the manifests; a cluster is asked for it.

        ``together`` is the word for the kind of object that refers to it.
        """
        if self.cluster:
            self.cluster.asked.add(self.cluster.key(manifest.namespace, ref))
            return f"{ref.kind} {ref.name!r} could not be read in the cluster; nothing is known about it"
        others = [each for each in self.everything if each.kind == ref.kind]
        if elsewhere := [each.namespace for each in others if each.name == ref.name]:
            return (
                f"there is no {ref.kind} {ref.name!r} in namespace {manifest.namespace}, only in "
                f"{', '.join(elsewhere)}; a WorkflowTemplate serves its own namespace only"
            )
        if close := self.almost(ref):
            return f'no {ref.kind} {ref.name!r} among these manifests; did you mean "{close}"?'
        return (
            f"no {ref.kind} {ref.name!r} among these manifests; lint it together with the {together}, "
            "or use --cluster"
        )

    def almost(self, ref: TemplateRef) -> str:
        """The template among the manifests with almost the name, where no cluster is asked; else nothing."""
        if self.cluster:
            return ""
        names = sorted({each.name for each in self.everything if each.kind == ref.kind})
        close = difflib.get_close_matches(ref.name, names, 1, _alike)
        # build-v1 and build-v2 are two templates, and no slip of the pen.
        return close[0] if close and _digits.sub("", close[0]) != _digits.sub("", ref.name) else ""


def _meet(one: str, other: str) -> bool:
    """True for two namespaces that can be the same: a manifest without one may belong to any."""
    return not (one and other) or one == other


Check = Callable[[Manifest, LintContext], Iterator[Finding]]


def at(manifest: Manifest, path: str, rule: Rule, message: str) -> Finding:
    """A finding about one field."""
    thing = f"{manifest.kind}/{manifest.name}" if manifest.kind or manifest.name else ""
    return Finding(rule, Place(manifest.file, manifest.line(path), thing, path), message)


def near(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """``; did you mean "X"?`` for the name that is most like it; nothing without one."""
    close = difflib.get_close_matches(name, sorted(set(names)), n=1, cutoff=cutoff)
    return f'; did you mean "{close[0]}"?' if close else ""
