"""Manifests as they stand in a file: the values, and the line of every field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from triggerfish.errors import TriggerfishError
from triggerfish.expressions.go.yaml import Loader


class UnreadableFile(TriggerfishError):  # noqa: N818  what it says is the state
    """The file is not YAML; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        self.line = line
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
        metadata = self.body.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        return str(metadata.get("name") or metadata.get("generateName") or "")

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
    try:
        loader = Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableFile(f"not YAML: the character #x{error.character:04x}", line) from None
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            if not isinstance(node, yaml.MappingNode):
                if isinstance(node, yaml.ScalarNode) and not node.value.strip():
                    continue
                raise UnreadableFile("a manifest is a mapping with apiVersion and kind", _line(node))
            yield from _objects(loader, node, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "this cannot be read"
        raise UnreadableFile(f"not YAML: {problem}", mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableFile(f"not YAML: {type(error).__name__}", 1) from None
    finally:
        loader.dispose()


def _objects(loader: yaml.SafeLoader, node: yaml.MappingNode, file: str) -> Iterator[Manifest]:
    again = {id(each): _again(each) for each in (node, *_items(node))}
    body = loader.construct_document(node)
    if isinstance(body, dict) and body.get("kind") == "List" and isinstance(body.get("items"), list):
        for item, value in zip(_items(node), body["items"], strict=True):
            if isinstance(value, dict):
                yield Manifest(file, value, _lines(item), again[id(item)])
        return
    yield Manifest(file, body, _lines(node), again[id(node)])


def _items(node: yaml.MappingNode) -> list[yaml.Node]:
    """The nodes of ``items``; the last of them, should the key be there twice."""
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
