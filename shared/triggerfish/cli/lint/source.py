"""Manifests as they stand in a file: the values, and the line of every field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from triggerfish.errors import TriggerfishError
from triggerfish.expressions.go.yaml import Loader

# Nothing in a document of YAML may look so, whatever is wrong with the document.
_separator = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_directives = re.compile(r"(\s*(#.*|%.*)?(\n|$))*")
_patch_operations = frozenset(("add", "copy", "move", "remove", "replace", "test"))


class UnreadableFile(TriggerfishError):  # noqa: N818  what it says is the state
    """A document of the file is not YAML, or no manifest; ``line`` counts from 1.

    ``patch``: it is a JSON patch, which Kustomize applies.
    """

    def __init__(self, message: str, line: int, *, patch: bool = False) -> None:
        self.line, self.patch = line, patch
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a file: its JSON, and where each of its fields stands.

    ``again`` are the fields that stand there once more, each with the line of the later one, which counts.
    """

    file: str
    body: dict[str, Any]
    lines: dict[str, int]
    again: tuple[tuple[str, int], ...] = ()

    @property
    def kind(self) -> str:
        """The object's kind, empty when it has none."""
        return str(self.body.get("kind") or "")

    @property
    def name(self) -> str:
        """The object's name or the beginning of it."""
        metadata = self.metadata
        return str(metadata.get("name") or metadata.get("generateName") or "")

    @property
    def namespace(self) -> str:
        """The namespace it says, empty when that is for others to say."""
        return str(self.metadata.get("namespace") or "")

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata; empty for what is no map."""
        found = self.body.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def spec(self) -> dict[str, Any]:
        """Its spec; empty for what is no map."""
        found = self.body.get("spec")
        return found if isinstance(found, dict) else {}

    def line(self, field: str) -> int:
        """The line of ``spec.schedules[1]``, or of the nearest field around it that is there.

        The key of a map may stand in brackets: ``metadata.annotations[triggerfish.dev/jitter]``.
        """
        if field.endswith("]") and (key := field[:-1].replace("[", ".", 1)) in self.lines:
            return self.lines[key]
        while field and field not in self.lines:
            cut = max(field.rfind("."), field.rfind("["))
            field = field[:cut] if cut > 0 else ""
        return self.lines[field]


def manifests(text: str, file: str) -> Iterator[Manifest]:
    """Every object of a YAML (or JSON) text, ``List`` objects taken apart.

    Raises ``UnreadableFile`` for what is not YAML or holds something other than objects.
    """
    for each in contents(text, file):
        if isinstance(each, UnreadableFile):
            raise each
        yield each


def contents(text: str, file: str) -> Iterator[Manifest | UnreadableFile]:
    """The same, with what is wrong in its place: a document that cannot be read hides no other."""
    for lines, document in _documents(text):
        yield from _contents(document, file, lines)


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """Each document, with the number of lines before it."""
    start = lines = 0
    for end in (*(found.start() for found in _separator.finditer(text)), len(text)):
        part = text[start:end]
        if "%" in part and end < len(text) and _directives.fullmatch(part):
            continue  # such as %YAML 1.2: it is about the document that follows
        yield lines, part
        start, lines = end, lines + part.count("\n")


def _contents(text: str, file: str, lines: int) -> Iterator[Manifest | UnreadableFile]:
    try:
        loader = Loader(text)
    except yaml.reader.ReaderError as error:
        line = lines + text.count("\n", 0, error.position) + 1
        yield UnreadableFile(f"not YAML: the character #x{error.character:04x}", line)
        return
    loader.line = lines
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            if not isinstance(node, yaml.MappingNode):
                if isinstance(node, yaml.ScalarNode) and not node.value.strip():
                    continue
                yield _no_manifest(loader, node)
                continue
            yield from _objects(loader, node, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "this cannot be read"
        yield UnreadableFile(f"not YAML: {problem}", mark.line + 1 if mark else lines + 1)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        yield UnreadableFile(f"not YAML: {type(error).__name__}", lines + 1)
    finally:
        loader.dispose()


def _no_manifest(loader: yaml.SafeLoader, node: yaml.Node) -> UnreadableFile:
    value = loader.construct_document(node)
    patch = isinstance(value, list) and all(
        isinstance(each, dict) and each.get("op") in _patch_operations and "path" in each for each in value
    )
    return UnreadableFile("a manifest is a mapping with apiVersion and kind", _line(node), patch=patch)


def _objects(
    loader: yaml.SafeLoader, node: yaml.MappingNode, file: str
) -> Iterator[Manifest | UnreadableFile]:
    again = {id(each): _again(each) for each in (node, *_items(node))}
    body = loader.construct_document(node)
    kind = body.get("kind") if isinstance(body, dict) else None
    if isinstance(kind, str) and kind.endswith("List") and isinstance(body.get("items"), list):
        inherited = {"apiVersion": body.get("apiVersion"), "kind": kind.removesuffix("List")}
        for item, value in zip(_items(node), body["items"], strict=True):
            if not isinstance(value, dict):
                yield UnreadableFile("an item of a List is a manifest: a mapping", _line(item))
                continue
            whole = {**inherited, **value} if inherited["kind"] else value
            yield Manifest(file, whole, _lines(item), again[id(item)])
        return
    yield Manifest(file, body, _lines(node), again[id(node)])


def _items(node: yaml.MappingNode) -> list[yaml.Node]:
    """The nodes of ``items``; the last of them, should the key be repeated."""
    lists = [value for key, value in node.value if key.value == "items"]
    return list(lists[-1].value) if lists and isinstance(lists[-1], yaml.SequenceNode) else []


def _again(root: yaml.Node) -> tuple[tuple[str, int], ...]:
    """The keys that a map has once more, with their lines. To be asked before the values are made.

    Making them puts the keys of a merge (``<<``) into the map, beside those that override them.
    """
    found: list[tuple[str, int]] = []
    waiting, seen = [("", root)], set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        keys: set[str] = set()
        for field, key, value in _parts(path, node):
            if key is not None and field in keys:
                found.append((field, _line(key)))
            keys.add(field)
            waiting.append((field, value))
    return tuple(sorted(found, key=lambda each: each[1]))


def _parts(path: str, node: yaml.Node) -> Iterator[tuple[str, yaml.Node | None, yaml.Node]]:
    """The fields of a map (each with its key) or the items of a list."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{path}.{key.value}" if path else str(key.value), key, value
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield f"{path}[{index}]", None, value


def _lines(root: yaml.Node) -> dict[str, int]:
    found = {"": _line(root)}
    waiting = [("", root)]
    seen = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias: the anchor's lines are the ones people look at
            continue
        seen.add(id(node))
        for field, key, value in _parts(path, node):
            found[field] = _line(key or value)
            waiting.append((field, value))
    return found


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
