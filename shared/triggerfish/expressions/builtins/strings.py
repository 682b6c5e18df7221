"""Strings: trim, split, replace, search; by bytes and runes as Go has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triggerfish.expressions.builtins.implementations import Implementations
from triggerfish.expressions.go.values import SPACES, NilList, encode, type_name
from triggerfish.expressions.go.values import whole as to_whole
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun

family = Implementations()


def text(value: Any) -> str:
    """The argument, which Go asserts to be a string."""
    if isinstance(value, str):
        return value
    raise Failure(f"interface conversion: interface {{}} is {type_name(value).strip('<>')}, not string")


@family("trim")
def _trim(run: ExpressionRun, value: Any, cutset: Any = SPACES) -> str:
    run.spend_text(whole := text(value), 4)
    return whole.strip(text(cutset))


@family("trimPrefix")
def _trim_prefix(run: ExpressionRun, value: Any, prefix: Any = " ") -> str:
    run.spend_text(whole := text(value))
    return whole.removeprefix(text(prefix))


@family("trimSuffix")
def _trim_suffix(run: ExpressionRun, value: Any, suffix: Any = " ") -> str:
    run.spend_text(whole := text(value))
    return whole.removesuffix(text(suffix))


def _simple(name: str) -> Callable[[str], str]:
    """Case by single characters: neither ß nor a final sigma changes the length or looks around."""
    whole_text: Callable[[str], str] = getattr(str, name)

    def change(character: str) -> str:
        changed = whole_text(character)
        if len(changed) == 1:
            return changed
        if name == "lower":
            return changed[0]  # İ
        title = character.title()
        return title if len(title) == 1 else character

    return lambda value: whole_text(value) if value.isascii() else "".join(map(change, value))


_upper, _lower = _simple("upper"), _simple("lower")


@family("upper")
def _to_upper(run: ExpressionRun, value: Any) -> str:
    run.text(len(text(value)))
    return _upper(_costly(run, value))


@family("lower")
def _to_lower(run: ExpressionRun, value: Any) -> str:
    run.text(len(text(value)))
    return _lower(_costly(run, value))


def _costly(run: ExpressionRun, value: str) -> str:
    """Text beyond ASCII is worked on character by character."""
    if not value.isascii():
        run.spend(len(value) * 2)
    return value


def _pieces(run: ExpressionRun, value: str, separator: str, limit: int, *, keep: bool) -> list[str]:
    """strings.SplitN and SplitAfterN (``keep``): a negative limit is none, 0 is nil."""
    if limit == 0:
        return NilList()
    run.spend_text(value)
    if separator == "":
        count = len(value) if limit < 0 else min(limit, len(value))
        run.elements(count)
        run.spend(count)
        return [*value[: count - 1], value[count - 1 :]] if count else []
    # Counted before they are made: a million small texts are a hundred megabytes.
    count = value.count(separator) + 1
    count = count if limit < 0 else min(count, limit)
    run.elements(count)
    run.spend(count)
    found = value.split(separator, limit - 1 if limit > 0 else -1)
    if keep:
        run.text(len(value))
        return [piece + separator for piece in found[:-1]] + found[-1:]
    return found


@family("split")
def _split(run: ExpressionRun, value: Any, separator: Any, limit: Any = -1) -> list[str]:
    return _pieces(run, text(value), text(separator), to_whole(limit), keep=False)


@family("splitAfter")
def _split_after(run: ExpressionRun, value: Any, separator: Any, limit: Any = -1) -> list[str]:
    return _pieces(run, text(value), text(separator), to_whole(limit), keep=True)


@family("replace")
def _replace(run: ExpressionRun, value: Any, old: Any, new: Any, limit: Any = -1) -> str:
    source, old, new, most = text(value), text(old), text(new), to_whole(limit)
    run.spend_text(source)
    count = source.count(old)
    if 0 <= most < count:
        count = most
    run.text(len(source) + count * max(0, len(new) - len(old)))
    run.spend(count)
    return source.replace(old, new, count)


@family("repeat")
def _repeat(run: ExpressionRun, value: Any, count: Any) -> str:
    source, times = text(value), to_whole(count)
    if times < 0:
        raise Failure(f"invalid argument for repeat (expected positive integer, got {times})")
    run.text(len(source) * times)
    return source * times


@family("join")
def _join(run: ExpressionRun, items: Any, glue: Any = "") -> str:
    between = text(glue)
    if not isinstance(items, list):
        raise Failure(f"invalid argument for join (type {type_name(items)})")
    run.spend(len(items))
    run.text(sum([len(text(item)) for item in items]) + len(between) * max(0, len(items) - 1))
    return between.join(items)


def _byte_index(value: str, position: int) -> int:
    """Return where the character stands counted in bytes."""
    return position if position < 0 or value.isascii() else len(encode(value[:position]))


@family("indexOf")
def _index_of(run: ExpressionRun, value: Any, part: Any) -> int:
    run.spend_text(source := text(value))
    return _byte_index(source, source.find(text(part)))


@family("lastIndexOf")
def _last_index_of(run: ExpressionRun, value: Any, part: Any) -> int:
    run.spend_text(source := text(value))
    return _byte_index(source, source.rfind(text(part)))


@family("hasPrefix")
def _has_prefix(run: ExpressionRun, value: Any, prefix: Any) -> bool:
    run.spend_text(text(prefix), 10)
    return text(value).startswith(prefix)


@family("hasSuffix")
def _has_suffix(run: ExpressionRun, value: Any, suffix: Any) -> bool:
    run.spend_text(text(suffix), 10)
    return text(value).endswith(suffix)
