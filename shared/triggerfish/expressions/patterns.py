"""Regular expressions: RE2 for every one, so that none takes longer than its text is long.

The library is imported when the first expression needs it: it is slow to load.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from triggerfish.expressions.go.values import encode, type_name
from triggerfish.expressions.limits import PATTERN, Failure, exceeded
from triggerfish.expressions.run import ExpressionRun

#: Bytes that a pattern may take: one that stands in the expression, and one that a payload brings.
LITERAL, BROUGHT = 8 << 20, 1 << 18
#: Instructions of a pattern up to which RE2 goes through a text in a few nanoseconds a character. The states
#: of a larger one may not fit its memory; then every instruction is tried at every character.
_SMALL = 256
#: Characters and instructions that are tried in one step, when the states fit the memory or when they do not.
_TRIED = {LITERAL: 400, BROUGHT: 32}

__all__ = [
    "matches",
    "matches_compiled",
]


@lru_cache(maxsize=32)  # those that payloads bring; a program keeps its own
def _compiled(pattern: str, memory: int, *, groups: bool) -> Any:
    import re2  # slow to import, and few expressions need it

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    options.never_capture = not groups
    return re2.compile(encode(pattern), options)


def compiled(pattern: str, memory: int = LITERAL, *, groups: bool = True) -> Any:
    """The compiled pattern. Raises ``Failure`` when it is none, or too large.

    Without ``groups`` it only tells whether and where it matches, and does so faster.
    """
    if len(pattern) > PATTERN:
        raise exceeded(f"{PATTERN} characters in a regular expression")
    if r"\C" in pattern.replace("\\\\", ""):
        raise Failure(r"error parsing regexp: invalid escape sequence: `\C`")
    import re2  # see above

    try:
        return _compiled(pattern, memory, groups=groups)
    except re2.error as wrong:
        text = wrong.args[0] if wrong.args else "invalid"
        message = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        raise Failure(f"error parsing regexp: {message}") from None


def check(pattern: str, position: int) -> None:
    """Raise ``Failure`` at ``position`` unless the pattern compiles."""
    try:
        compiled(pattern, groups=False)
    except Failure as failure:
        raise Failure(failure.message, position) from None


def compile_cost(pattern: Any) -> int:
    """Steps that it took to compile the pattern."""
    return 500 + 5 * int(pattern.programsize)


def search_cost(pattern: Any, length: int, memory: int = LITERAL) -> int:
    """Steps that looking for the pattern in so many bytes may take."""
    size = int(pattern.programsize)
    return 20 + (length >> 3) + (length * size // _TRIED[memory] if size > _SMALL else 0)


def groups_cost(pattern: Any, length: int) -> int:
    """Steps that it may take to say what the groups of a match of so many bytes are."""
    return length * int(pattern.programsize) >> 5


def matches(run: ExpressionRun, value: Any, pattern: Any) -> bool:
    """``value matches pattern``; nil matches nothing."""
    if value is None or pattern is None:
        return False
    if not isinstance(pattern, str):
        raise Failure(f"interface conversion: interface {{}} is {type_name(pattern)}, not string")
    brought = compiled(pattern, BROUGHT, groups=False)
    # Compiling takes its time; one that fails ends the evaluation anyway.
    run.spend(compile_cost(brought))
    return _found(run, value, brought, BROUGHT)


def matches_compiled(run: ExpressionRun, value: Any, pattern: Any) -> bool:
    """``matches`` with a pattern that the expression has as a literal."""
    return False if value is None else _found(run, value, pattern, LITERAL)


def _found(run: ExpressionRun, value: Any, pattern: Any, memory: int) -> bool:
    if isinstance(value, str):
        data = encode(value)
    elif isinstance(value, bytes):
        data = value
    else:
        raise Failure(f"interface conversion: interface {{}} is {type_name(value)}, not []uint8")
    run.spend(search_cost(pattern, len(data), memory))
    return pattern.search(data) is not None
