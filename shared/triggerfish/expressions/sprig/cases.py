"""sprig's upper and lower case, and names in camel, snake and kebab case."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import (
    category,
    is_space,
    lower,
    lower_rune,
    runes,
    title_rune,
    upper,
    upper_rune,
)

family = Family()


@family("upper", "string")
def _upper(value: str) -> str:
    return upper(value)


@family("lower", "string")
def _lower(value: str) -> str:
    return lower(value)


@family("title", "string")
def _title(value: str) -> str:
    out, previous = [], " "
    for rune in value:
        out.append(title_rune(rune) if _separates(previous) else rune)
        previous = rune
    return "".join(out)


def _separates(rune: str) -> bool:
    if rune.isascii():
        return not (rune.isalnum() or rune == "_")
    return category(rune)[0] not in "LN" and is_space(rune)


@family("untitle", "string")
def _untitle(value: str) -> str:
    out, starts = [], True
    for rune in runes(value):
        if is_space(rune):
            starts = True
        elif starts:
            rune, starts = lower_rune(rune), False
        out.append(rune)
    return "".join(out)


@family("swapcase", "string")
def _swapcase(value: str) -> str:
    out, starts = [], True
    for rune in runes(value):
        match category(rune):
            case "Lu" | "Lt":
                rune, starts = lower_rune(rune), False
            case "Ll":
                rune, starts = title_rune(rune) if starts else upper_rune(rune), False
            case _:
                starts = is_space(rune)
        out.append(rune)
    return "".join(out)


def _connects(rune: str) -> bool:
    return rune in "-_" or is_space(rune)


@family("camelcase", "string")
def _camelcase(value: str) -> str:
    value = runes(value)
    body = value.lstrip("".join(rune for rune in set(value) if _connects(rune)))
    if not body:
        return value + value[-1:]  # the library writes the last of nothing but connectors twice
    out = [value[: len(value) - len(body)]]
    previous, in_capitals = upper_rune(body[0]), category(body[0]) == "Lu"
    for rune in body[1:]:
        if _connects(previous):
            if _connects(rune):
                out.append(previous)
                previous = rune
                continue
            in_capitals = category(rune) == "Lu"
            previous = upper_rune(rune)
            continue
        if in_capitals:
            if category(rune) == "Lu":
                rune = lower_rune(rune)
            else:
                in_capitals = False
        out.append(previous)
        previous = rune
    return "".join([*out, previous])


@family("snakecase", "string")
def _snakecase(value: str) -> str:
    return _connected(value, "_")


@family("kebabcase", "string")
def _kebabcase(value: str) -> str:
    return _connected(value, "-")


# The kinds of words the names are made of.
_NUMBER, _UPPER, _LETTERS, _CONNECTOR, _PUNCT, _OTHER, _END = range(7)


def _is_letter(rune: str) -> bool:
    """A letter of a script that has words of letters: CJK characters are none."""
    return category(rune)[0] == "L" and not (
        "\u4e00" <= rune <= "\u9fcc" or "\u3400" <= rune <= "\u4d85" or "\U00020000" <= rune <= "\U0002b81d"
    )


def _kind(rune: str) -> int:
    if _connects(rune):
        return _CONNECTOR
    group = category(rune)
    if group[0] == "P":
        return _PUNCT
    if group == "Lu":
        return _UPPER
    if _is_letter(rune):
        return _LETTERS
    return _NUMBER if group[0] == "N" else _OTHER


def _words(value: str) -> list[tuple[int, str]]:
    """The runs of one kind; of capitals before a small letter the last starts a word (HTTP|Server)."""
    words: list[tuple[int, str]] = []
    for kind, run in groupby(value, key=_kind):
        word = "".join(run)
        if words and words[-1][0] == _UPPER and kind == _LETTERS:
            capitals = words.pop()[1]
            if capitals[:-1]:
                words.append((_UPPER, capitals[:-1]))
            words.append((_UPPER, capitals[-1] + word))
        else:
            words.append((kind, word))
    return words


def _connected(value: str, connector: str) -> str:
    """The words in lower case with the connector between; numbers stay with the word before them.

    The rules are those of github.com/huandu/xstrings: http2xx → http_2xx, Bld4Floor → bld4_floor.
    """
    words = iter(_words(value))
    out: list[str] = []

    def take() -> tuple[int, str]:
        return next(words, (_END, ""))

    def put(kind: int, word: str) -> None:
        if kind == _CONNECTOR:
            out.append(connector * len(word))
        else:
            out.append(lower(word) if kind == _UPPER else word)

    def put_tail(kind: int, word: str) -> tuple[int, str]:
        while kind in (_LETTERS, _NUMBER):
            put(kind, word)
            kind, word = take()
        if kind not in (_END, _PUNCT, _CONNECTOR):
            out.append(connector)
        return kind, word

    kind, word = take()
    while (following := take())[0] != _END:
        if kind != _CONNECTOR:
            put(kind, word)
        before, last = kind, word
        kind, word = following
        if before == _NUMBER:
            kind, word = put_tail(kind, word)
        elif before == _CONNECTOR:
            put(before, last)
        elif before != _PUNCT:
            kind, word = _after_word(kind, word, take, put, put_tail, out, connector)
    put(kind, word)
    return "".join(out)


def _after_word(
    kind: int,
    word: str,
    take: Callable[[], tuple[int, str]],
    put: Callable[[int, str], None],
    put_tail: Callable[[int, str], tuple[int, str]],
    out: list[str],
    connector: str,
) -> tuple[int, str]:
    """After a word of letters: a number is its end (Bld4) unless small letters follow (http_2xx)."""
    if kind != _NUMBER:
        if kind not in (_CONNECTOR, _PUNCT):
            out.append(connector)
        return kind, word
    number = word
    kind, word = take()
    if kind == _END:
        return _NUMBER, number
    if kind == _LETTERS:
        out.append(connector)
        put(_NUMBER, number)
        return put_tail(kind, word)
    put(_NUMBER, number)
    if kind not in (_CONNECTOR, _PUNCT):
        out.append(connector)
    return kind, word
