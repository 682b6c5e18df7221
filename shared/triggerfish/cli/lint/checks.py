"""What every kind of manifest is checked for, and the order in which files are read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from triggerfish import annotations as keys
from triggerfish.cli.lint.findings import Finding, Place, Rule, Severity
from triggerfish.cli.lint.source import Manifest, UnreadableFile, manifests

UNREADABLE = Rule("unreadable", Severity.ERROR, "The file is not YAML, or not made of objects.")
UNKNOWN_FIELD = Rule(
    "unknown-field", Severity.WARNING, "No version of Argo knows this field: it does nothing."
)
UNKNOWN_ANNOTATION = Rule(
    "unknown-annotation", Severity.WARNING, "Triggerfish knows no annotation of that name: it does nothing."
)
NO_NAME = Rule("no-name", Severity.ERROR, "An object needs metadata.name.")


@dataclass(frozen=True, slots=True)
class Context:
    """``now`` is when "never" and "the next" are counted from; ``everything`` is linted together."""

    now: datetime
    everything: tuple[Manifest, ...]

    def named(self, kind: str) -> Mapping[str, Manifest]:
        """The manifests of that kind by their name."""
        return {manifest.name: manifest for manifest in self.everything if manifest.kind == kind}


Check = Callable[[Manifest, Context], Iterator[Finding]]


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
    context = Context(now, tuple(read))
    for manifest in read:
        for check in checks.get(manifest.kind, ()):
            found += check(manifest, context)
    order = {file: index for index, (file, _) in enumerate(texts)} if isinstance(texts, list) else {}
    return sorted(found, key=lambda each: (order.get(each.place.file, 0), each.place.line, each.rule.name))


def named(manifest: Manifest, _: Context) -> Iterator[Finding]:
    """The object has a name."""
    if not manifest.name:
        yield at(manifest, "metadata", NO_NAME, "the object has no metadata.name")


def fields(path: str, known: Iterable[str]) -> Check:
    """The map at ``path`` has none but these fields."""
    names = sorted(known)

    def check(manifest: Manifest, _: Context) -> Iterator[Finding]:
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

    def check(manifest: Manifest, _: Context) -> Iterator[Finding]:
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
