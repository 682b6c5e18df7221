"""The larger environment of ``submit.metadata`` and ``{{= }}``: sprig and the four functions beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _added() -> Mapping[str, Any]:
    # Two dozen modules that a cold start does not wait for.
    from triggerfish.expressions.sprig import FUNCTIONS
    from triggerfish.expressions.sprig.companions import COMPANIONS

    return {**COMPANIONS, "sprig": FUNCTIONS}


def metadata_environment(environment: Mapping[str, Any]) -> Mapping[str, Any]:
    """The environment with ``sprig``, ``asInt``, ``asFloat``, ``jsonpath`` and ``toJson`` added to it.

    A view: what the environment works out only when it is asked for, it still does.
    """
    return _Larger(environment, _added())


class _Larger(Mapping[str, Any]):
    __slots__ = ("_added", "_environment")

    def __init__(self, environment: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        self._environment, self._added = environment, added

    def __getitem__(self, name: str) -> Any:
        return self._added[name] if name in self._added else self._environment[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._added
        yield from (name for name in self._environment if name not in self._added)

    def __len__(self) -> int:
        return sum(1 for _ in self)
