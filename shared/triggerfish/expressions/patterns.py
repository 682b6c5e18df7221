"""Regular expressions: RE2 for every one, so that none takes longer than its text is long.

The library is imported when the first expression needs it: it is slow to load.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from triggerfish.expressions.go.values import encode, type_name
from triggerfish.expressions.limits import PATTERN, Failure, exceeded
from triggerfish.expressions.run import Run

#: Bytes that a pattern may take: one that stands in the expression, and one that a payload brings.
_LITERAL, BROUGHT = 8 << 20, 1 << 18

__all__ = [
    "check",
    "compiled",
    "matches",
    "matches_compiled",
]


@lru_cache(maxsize=32)  # those that payloads bring; a program keeps its own
def _compiled(pattern: str, memory: int) -> Any:
    import re2  # slow to import, and few expressions need it

    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    return re2.compile(encode(pattern), options)


def compiled(pattern: str, memory: int = _LITERAL) -> Any:
    """The compiled pattern. Raises ``Failure`` when it is none, or too large."""
    if len(pattern) > PATTERN:
        raise exceeded(f"{PATTERN} characters in a regular expression")
    if r"\C" in pattern.replace("\\\\", ""):
        raise Failure(r"error parsing regexp: invalid escape sequence: `\C`")
    import re2  # see above

    try:
        return _compiled(pattern, memory)
    except re2.error as wrong:
        text = wrong.args[0] if wrong.args else "invalid"
        message = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        raise Failure(f"error parsing regexp: {message}") from None


def check(pattern: str, position: int) -> None:
    """Raise ``Failure`` at ``position`` unless the pattern compiles."""
    try:
        compiled(pattern)
    except Failure as failure:
        raise Failure(failure.message, position) from None


def matches(run: Run, value: Any, pattern: Any) -> bool:
    """``value matches pattern``; nil matches nothing."""
    if value is None or pattern is None:
        return False
    if not isinstance(pattern, str):
        raise Failure(f"interface conversion: interface {{}} is {type_name(pattern)}, not string")
    brought = compiled(pattern, BROUGHT)
    # Compiling takes its time; one that fails ends the evaluation anyway.
    run.spend(500 + 5 * brought.programsize)
    return matches_compiled(run, value, brought)


def matches_compiled(run: Run, value: Any, pattern: Any) -> bool:
    """``matches`` with a pattern that the expression has as a literal."""
    if value is None:
        return False
    if isinstance(value, str):
        data = encode(value)
    elif isinstance(value, bytes):
        data = value
    else:
        raise Failure(f"interface conversion: interface {{}} is {type_name(value)}, not []uint8")
    # What is matched is worked through several times slower than it is read.
    run.spend(20 + (len(data) >> 3))
    return pattern.search(data) is not None
