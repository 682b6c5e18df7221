"""What ``MANAGED_NAMESPACE`` says: all namespaces, one, or several."""

from __future__ import annotations


class Scopes:
    """A part of ``Settings``, with nothing of its own."""

    __slots__ = ()
    managed_namespace: str

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The names, each once; none: all there are."""
        return tuple(dict.fromkeys(filter(None, map(str.strip, self.managed_namespace.split(",")))))

    @property
    def scopes(self) -> tuple[str | None, ...]:
        """What lists ask for, one after the other; None: all namespaces at once."""
        return self.namespaces or (None,)

    @property
    def only_namespace(self) -> str | None:
        """The namespace, if there is just one to work in."""
        return self.namespaces[0] if len(self.namespaces) == 1 else None

    def manages(self, namespace: str) -> bool:
        """Whether it is one to work in."""
        return not self.namespaces or namespace in self.namespaces
