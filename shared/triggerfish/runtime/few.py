"""Names for the labels of a metric: each label costs memory here and in Prometheus, so they are few."""

from __future__ import annotations

_most = 50
_other = "other"


class Few:
    """The first fifty objects by their names; all that come after them are ``other``."""

    labels = ("workflow_namespace", "name")

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def of(self, namespace: str, name: str) -> tuple[str, str]:
        """The labels of that object."""
        found = namespace, name
        if found not in self._known:
            if len(self._known) >= _most:
                return _other, _other
            self._known.add(found)
        return found
