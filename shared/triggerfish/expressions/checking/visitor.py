"""The checker as its parts see it, so that none of them imports it back."""

from __future__ import annotations

from typing import Protocol

from triggerfish.expressions.natures import Nature
from triggerfish.expressions.syntax import nodes as n


class Visitor(Protocol):
    """One pass over a tree. ``scopes`` are the closures around the node: collection, and named pointers."""

    scopes: list[tuple[Nature, dict[str, Nature]]]

    def visit(self, node: n.Node) -> Nature:
        """Check ``node`` and all in it; raises ``Failure``."""

    def of_environment(self, node: n.Identifier, *, builtins: bool) -> Nature:
        """A name that the environment must have; raises ``Failure`` where it is known not to."""
