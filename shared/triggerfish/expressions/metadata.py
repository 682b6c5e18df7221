"""The larger environment of ``submit.metadata`` and ``{{= }}``: sprig and the four functions beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

ADDED = frozenset({"sprig", "asInt", "asFloat", "jsonpath", "toJson"})
"""The names that it has besides."""


@lru_cache(maxsize=1)
def added() -> Mapping[str, Any]:
    """The values of those names."""
    # Thirty modules, which only an expression that has one of the names waits for.
    from triggerfish.expressions.sprig import FUNCTIONS
    from triggerfish.expressions.sprig.companions import COMPANIONS

    return {**COMPANIONS, "sprig": FUNCTIONS}


def metadata_environment(environment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The environment with ``sprig``, ``asInt``, ``asFloat``, ``jsonpath`` and ``toJson`` added to it.

    A view: what the environment works out only when it is asked for, it still does.
    """
    return _Larger(environment)


class _Larger(Mapping[str, Any]):
    __slots__ = ("_environment",)

    def __init__(self, environment: Mapping[str, Any]) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> Any:
        return added()[name] if name in ADDED else self._environment[name]

    def __contains__(self, name: object) -> bool:
        return name in ADDED or name in self._environment

    def __iter__(self) -> Iterator[str]:
        yield from ADDED
        yield from (name for name in self._environment if name not in ADDED)

    def __len__(self) -> int:
        return sum(1 for _ in self)
