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
    """One object of a file: its JSON, and where each of its fields stands."""

    file: str
    body: dict[str, Any]
    lines: dict[str, int]

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
        """The line of ``spec.schedules[1]``, or of the nearest field around it that is there."""
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
    body = loader.construct_document(node)
    if isinstance(body, dict) and body.get("kind") == "List" and isinstance(body.get("items"), list):
        items = next((value for key, value in node.value if key.value == "items"), None)
        for item, value in zip(getattr(items, "value", []), body["items"], strict=True):
            if isinstance(value, dict):
                yield Manifest(file, value, _lines(item))
        return
    yield Manifest(file, body, _lines(node))


def _lines(root: yaml.Node) -> dict[str, int]:
    found = {"": _line(root)}
    waiting = [("", root)]
    seen = set()
    while waiting:
        path, node = waiting.pop()
        if id(node) in seen:  # an alias: the anchor's lines are the ones people look at
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                field = f"{path}.{key.value}" if path else str(key.value)
                found[field] = _line(key)
                waiting.append((field, value))
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                found[f"{path}[{index}]"] = _line(value)
                waiting.append((f"{path}[{index}]", value))
    return found


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
