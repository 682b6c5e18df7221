"""Names and labels as the API server takes them: what it refuses is never there, and is told only once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from triggerfish.cli.lint.context import LintContext, at
from triggerfish.cli.lint.findings import Finding, Rule, Severity
from triggerfish.cli.lint.source import Manifest
from triggerfish.workflows.objects import is_name, is_namespace

BAD_NAME = Rule("bad-name", Severity.ERROR, "The API server refuses an object of this name.")
BAD_LABEL = Rule(
    "bad-label", Severity.ERROR, "The API server refuses this label, or the Workflow that gets it."
)
BAD_ANNOTATION = Rule("bad-annotation", Severity.ERROR, "The API server refuses this annotation.")

# Workflows carry the names of these as the values of labels; a CronWorkflow's is judged with its spec.
_longest = {"ClusterWorkflowTemplate": 63, "Workflow": 63, "WorkflowEventBinding": 63, "WorkflowTemplate": 63}
_word = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_most = 63
_most_annotations = 256 << 10
_letters = "letters, digits, - _ and ., beginning and ending with a letter or a digit"


def names(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """The object's name and namespace."""
    metadata = manifest.metadata
    name, prefix, namespace = (metadata.get(each) for each in ("name", "generateName", "namespace"))
    most = _longest.get(manifest.kind, 253)
    rule = "write lower-case letters, digits, - and ., beginning and ending with a letter or a digit"
    if isinstance(name, str) and name:
        if not is_name(name) and len(name) <= most:
            yield at(manifest, "metadata.name", BAD_NAME, f"{name!r} is not a name; {rule}{_instead(name)}")
        elif len(name) > most:
            message = f"{len(name)} characters; the name of a {manifest.kind} has at most {most}: shorten it"
            yield at(manifest, "metadata.name", BAD_NAME, message)
    elif isinstance(prefix, str) and prefix and not is_name(f"{prefix}x"):
        yield at(manifest, "metadata.generateName", BAD_NAME, f"{prefix!r} does not begin a name; {rule}")
    if isinstance(namespace, str) and namespace and not is_namespace(namespace):
        message = f"{namespace!r} is not a namespace; write lower-case letters, digits and -"
        yield at(manifest, "metadata.namespace", BAD_NAME, message)


def labels(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Labels and annotations of the object, and of what is made of it."""
    for path, holder, made in _holders(manifest):
        given = holder.get("labels")
        for key, value in given.items() if isinstance(given, dict) else ():
            field = f"{path}.labels.{key}"
            # What is no text has been told already; what an expression makes is not known yet.
            judged = isinstance(value, str) and not (made or ("{{" in value and path != "metadata"))
            if problem := _key(str(key)) or (_value(value) if judged else ""):
                yield at(manifest, field, BAD_LABEL, problem)
        notes = holder.get("annotations")
        for key in notes if isinstance(notes, dict) else ():
            if problem := _key(str(key)):
                yield at(manifest, f"{path}.annotations.{key}", BAD_ANNOTATION, problem)
        texts = [f"{key}{value}" for key, value in notes.items()] if isinstance(notes, dict) else []
        if sum(len(text.encode(errors="replace")) for text in texts) > _most_annotations:
            yield at(
                manifest,
                f"{path}.annotations",
                BAD_ANNOTATION,
                "annotations have at most 256 KiB together: put the rest into a ConfigMap",
            )


def _holders(manifest: Manifest) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Each map with labels, its path, and whether its values are expressions."""
    yield "metadata", manifest.metadata, False
    spec = manifest.spec
    for path, value, made in (
        ("spec.workflowMetadata", spec.get("workflowMetadata"), False),
        ("spec.submit.metadata", _map(spec.get("submit")).get("metadata"), True),
    ):
        yield path, _map(value), made
    inner, path = (
        (spec, "spec")
        if manifest.kind != "CronWorkflow"
        else (
            _map(spec.get("workflowSpec")),
            "spec.workflowSpec",
        )
    )
    if inner is not spec:
        yield f"{path}.workflowMetadata", _map(inner.get("workflowMetadata")), False
    yield f"{path}.podMetadata", _map(inner.get("podMetadata")), False
    templates = inner.get("templates")
    for index, each in enumerate(templates if isinstance(templates, list) else ()):
        yield f"{path}.templates[{index}].metadata", _map(_map(each).get("metadata")), False


def _key(key: str) -> str:
    """The problem of a label's key, or of an annotation's: ``prefix/name`` or ``name``."""
    prefix, slash, name = key.rpartition("/")
    if slash and not is_name(prefix):
        return f"{prefix!r} before the / is not a domain such as example.com"
    if len(name) > _most:
        return f"{len(name)} characters; a key has at most {_most} after the /: shorten it"
    return "" if _word.fullmatch(name) else f"{key!r} is not a key; write {_letters}"


def _value(value: str) -> str:
    if len(value) > _most:
        return f"{len(value)} characters; a label has at most {_most}: shorten it, or make it an annotation"
    if value and not _word.fullmatch(value):
        return f"{value!r} is not a label's value; write {_letters}, or make it an annotation"
    return ""


def _instead(name: str) -> str:
    better = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
    return f", such as {better}" if is_name(better) else ""


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
