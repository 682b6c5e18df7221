"""Checks of every kind of manifest, and the order in which files are read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from triggerfish import annotations as keys
from triggerfish.cli.lint.findings import Finding, Place, Rule, Severity
from triggerfish.cli.lint.source import Manifest, UnreadableFile, manifests
from triggerfish.cron.manifest import fields as manifest_fields
from triggerfish.errors import SpecError

UNREADABLE = Rule("unreadable", Severity.ERROR, "The file is not YAML, or has something else than objects.")
UNKNOWN_FIELD = Rule(
    "unknown-field", Severity.WARNING, "No version of Argo knows this field: it does nothing."
)
UNKNOWN_ANNOTATION = Rule(
    "unknown-annotation", Severity.WARNING, "Triggerfish knows no annotation of that name: it does nothing."
)
NO_NAME = Rule("no-name", Severity.ERROR, "An object needs metadata.name.")
WRONG_TYPE = Rule("wrong-type", Severity.ERROR, "kubectl refuses a value of another type.")
AGAIN = Rule("duplicate-key", Severity.ERROR, "kubectl refuses a key that is there twice.")


@dataclass(frozen=True, slots=True)
class LintContext:
    """``now`` is when "never" and "the next" are counted from; ``everything`` is linted together.

    ``patches`` are the files that a kustomization among them applies as patches.
    """

    now: datetime
    everything: tuple[Manifest, ...]
    patches: frozenset[str] = frozenset()

    def named(self, kind: str) -> Mapping[str, Manifest]:
        """The manifests of that kind by their name."""
        return {manifest.name: manifest for manifest in self.everything if manifest.kind == kind}


Check = Callable[[Manifest, LintContext], Iterator[Finding]]

_METADATA = (
    (manifest_fields.text, "name"),
    (manifest_fields.text, "generateName"),
    (manifest_fields.text, "namespace"),
    (manifest_fields.named_texts, "labels"),
    (manifest_fields.named_texts, "annotations"),
    (manifest_fields.texts, "finalizers"),
)


def at(manifest: Manifest, field: str, rule: Rule, message: str) -> Finding:
    """A finding about one field."""
    thing = f"{manifest.kind}/{manifest.name}"
    return Finding(rule, Place(manifest.file, manifest.line(field), thing, field), message)


def lint(
    texts: Iterable[tuple[str, str]], checks: Mapping[str, tuple[Check, ...]], now: datetime
) -> list[Finding]:
    """Everything wrong in these (file, text) pairs, in the order of files and lines.

    ``checks`` by kind; a kind without checks is left alone.
    """
    found: list[Finding] = []
    read: list[Manifest] = []
    for file, text in texts:
        try:
            read += manifests(text, file)
        except UnreadableFile as error:
            found.append(Finding(UNREADABLE, Place(file, error.line), str(error)))
    context = LintContext(now, tuple(read), frozenset(_patches(read)))
    for manifest in read:
        for check in checks.get(manifest.kind, ()):
            found += check(manifest, context)
    order = {file: index for index, (file, _) in enumerate(texts)} if isinstance(texts, list) else {}
    return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.rule.name))


def _patches(read: Iterable[Manifest]) -> Iterator[str]:
    for manifest in read:
        if PurePath(manifest.file).stem == "kustomization":
            for name in ("patches", "patchesStrategicMerge"):
                given = manifest.body.get(name)
                for each in given if isinstance(given, list) else ():
                    path = each.get("path") if isinstance(each, dict) else each
                    if isinstance(path, str):
                        yield str(PurePath(manifest.file).parent / path)


def named(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """The object has a name."""
    if not manifest.name:
        yield at(manifest, "metadata", NO_NAME, "the object has no metadata.name")


def well_formed(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Refusals of kubectl for any object: a key twice, and metadata of other types."""
    thing = f"{manifest.kind}/{manifest.name}"
    for field, line in manifest.again:
        message = f"{field} is there twice: kubectl refuses it, others take the last one"
        yield Finding(AGAIN, Place(manifest.file, line, thing, field), message)
    for read, name in _METADATA:
        try:
            metadata = manifest_fields.mapping(manifest.body, "", "metadata") or {}
            read(metadata, "metadata", name)
        except SpecError as error:
            yield at(manifest, error.field, WRONG_TYPE, str(error))
            if error.field == "metadata":
                return


def fields(path: str, known: Iterable[str]) -> Check:
    """The map at ``path`` has none but these fields."""
    names = sorted(known)

    def check(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
        value: object = manifest.body
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        for name in value if isinstance(value, dict) else ():
            if name not in names:
                field = f"{path}.{name}"
                yield at(
                    manifest, field, UNKNOWN_FIELD, f"there is no field {field}{_near(str(name), names)}"
                )

    return check


def our_annotations(known: Iterable[str]) -> Check:
    """No annotation of ours is misspelt."""
    names = sorted(known)

    def check(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
        metadata = manifest.body.get("metadata")
        notes = metadata.get("annotations") if isinstance(metadata, dict) else None
        for name in notes if isinstance(notes, dict) else ():
            if str(name).startswith(keys.OURS) and name not in names:
                field = f"metadata.annotations.{name}"
                message = f"there is no annotation {name} for a {manifest.kind}{_near(str(name), names)}"
                yield at(manifest, field, UNKNOWN_ANNOTATION, message)

    return check


def _near(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
