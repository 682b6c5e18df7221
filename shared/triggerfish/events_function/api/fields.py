"""The ``fields`` of a query: which parts of an answer a caller wants, as Argo's server reads them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class BodyFields:
    """Dotted paths to keep, or, when ``leaving_out``, to leave out; a list has the path of what is in it."""

    paths: frozenset[str] = frozenset()
    leaving_out: bool = False

    @classmethod
    def read(cls, text: str, prefix: str = "") -> BodyFields:
        """``a.b,c`` keeps, ``-a.b,c`` leaves out, nothing keeps all; ``prefix`` is taken from each path."""
        paths = text.removeprefix("-").split(",") if text else []
        return cls(frozenset(path.removeprefix(prefix) for path in paths if path), text.startswith("-"))

    def of(self, value: Any) -> Any:
        """Return what stays of ``value``."""
        return self._of(value, "") if self.paths else value

    def _of(self, value: Any, path: str) -> Any:
        if isinstance(value, list):
            return [self._of(each, path) for each in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for key, inner in value.items():
            whole = f"{path}{key}"
            if whole in self.paths:
                if not self.leaving_out:
                    kept[key] = inner
            elif self.leaving_out or any(name.startswith(whole) for name in self.paths):
                kept[key] = self._of(inner, f"{whole}.")
        return kept
