"""Checks of every kind of manifest, and the order in which files are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.cli.lint import built, kinds, spec_fields
from triggerfish.cli.lint.context import Check, ClusterTemplates, LintContext, at, near
from triggerfish.cli.lint.findings import Finding, Place, Rule, Severity
from triggerfish.cli.lint.source import Manifest, UnreadableFile, contents
from triggerfish.cron.manifest import fields as manifest_fields
from triggerfish.errors import SpecError

UNREADABLE = Rule("unreadable", Severity.ERROR, "The file is not YAML, or has something else than objects.")
UNKNOWN_ANNOTATION = Rule(
    "unknown-annotation", Severity.WARNING, "Triggerfish knows no annotation of that name: it does nothing."
)
NO_NAME = Rule("no-name", Severity.ERROR, "An object needs metadata.name.")
WRONG_TYPE = Rule("wrong-type", Severity.ERROR, "kubectl refuses a value of another type.")
AGAIN = Rule("duplicate-key", Severity.ERROR, "kubectl refuses a map that has the same key more than once.")
PATCH = Rule("patch", Severity.NOTE, "A part of a manifest, for Kustomize to apply: lint what it builds.")

_METADATA = (
    (manifest_fields.text, "name"),
    (manifest_fields.text, "generateName"),
    (manifest_fields.text, "namespace"),
    (manifest_fields.named_texts, "labels"),
    (manifest_fields.named_texts, "annotations"),
    (manifest_fields.texts, "finalizers"),
)
_IS_PATCH = "this is a part of a manifest: lint the output of kustomize build"


def lint(
    texts: Iterable[tuple[str, str]],
    checks: Mapping[str, tuple[Check, ...]],
    now: datetime,
    cluster: ClusterTemplates | None = None,
) -> list[Finding]:
    """Everything wrong in these (file, text) pairs, in the order of files and lines.

    ``checks`` by kind; a kind without checks is left alone, apart from its name and its keys. What
    ``cluster`` is asked for can be read, and all linted again.
    """
    texts = list(texts)
    found: list[Finding] = []
    read: list[Manifest] = []
    patches: set[str] = set()
    files = frozenset(file for file, _ in texts)
    for file, text in texts:
        if (source := built.source(file, text, files)) is not None:
            found += source
            patches |= set(built.patches(file, text))
            continue
        for each in contents(text, file):
            if isinstance(each, Manifest) and _is_endless(each.body):
                message = "an anchor holds an alias of itself: write out what it stands for"
                found.append(at(each, "", UNREADABLE, message))
            elif isinstance(each, Manifest):
                read.append(each)
            else:
                found.append(_unreadable(each, file))
    context = LintContext(now, tuple(read), frozenset(patches), cluster)
    for manifest in read:
        found += _of(manifest, checks, context)
    order = {file: index for index, (file, _) in enumerate(texts)}
    return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.rule.name))


def _is_endless(value: object) -> bool:
    """True when something holds itself, by an alias of YAML."""
    left: set[int] = set()

    def within(value: object, around: frozenset[int]) -> bool:
        if not isinstance(value, dict | list) or id(value) in left:
            return False
        if id(value) in around:
            return True
        each = value.values() if isinstance(value, dict) else value
        found = any(within(inner, around | {id(value)}) for inner in each)
        left.add(id(value))
        return found

    return within(value, frozenset())


def _unreadable(error: UnreadableFile, file: str) -> Finding:
    if error.patch:
        return Finding(PATCH, Place(file, error.line), _IS_PATCH)
    return Finding(UNREADABLE, Place(file, error.line), str(error))


def _of(
    manifest: Manifest, checks: Mapping[str, tuple[Check, ...]], context: LintContext
) -> Iterator[Finding]:
    if manifest.file in context.patches or "$patch" in manifest.body:
        yield at(manifest, "spec", PATCH, _IS_PATCH)
        if manifest.kind in kinds.WORKFLOWS:
            yield from spec_fields.known(manifest, context)
        return
    yield from no_key_twice(manifest)
    yield from kinds.known(manifest, context)
    if kinds.is_argos(manifest):
        for check in checks.get(manifest.kind, ()):
            yield from check(manifest, context)


def no_key_twice(manifest: Manifest) -> Iterator[Finding]:
    """No map has a key more than once."""
    thing = f"{manifest.kind}/{manifest.name}"
    for field, line in manifest.again:
        message = "duplicate key: kubectl refuses it, and other tools take the last value; remove one of them"
        yield Finding(AGAIN, Place(manifest.file, line, thing, field), message)


def named(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """The object has a name."""
    if not manifest.name:
        yield at(manifest, "metadata", NO_NAME, "the object has no metadata.name: write one")


def well_formed(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
    """Refusals of kubectl for any object: metadata of other types."""
    for read, name in _METADATA:
        try:
            metadata = manifest_fields.mapping(manifest.body, "", "metadata") or {}
            read(metadata, "metadata", name)
        except SpecError as error:
            yield at(manifest, error.field, WRONG_TYPE, str(error))
            if error.field == "metadata":
                return


def our_annotations(known: Iterable[str]) -> Check:
    """No annotation of ours is misspelt."""
    names = sorted(known)

    def check(manifest: Manifest, _: LintContext) -> Iterator[Finding]:
        notes = manifest.metadata.get("annotations")
        for name in notes if isinstance(notes, dict) else ():
            if str(name).startswith(keys.OURS) and name not in names:
                field = f"metadata.annotations.{name}"
                hint = near(str(name), names) or "; remove it"
                message = f"there is no annotation {name} for a {manifest.kind}{hint}"
                yield at(manifest, field, UNKNOWN_ANNOTATION, message)

    return check
