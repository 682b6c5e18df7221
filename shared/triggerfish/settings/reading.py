"""One variable's text as its setting's value."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from triggerfish.errors import SettingError

_longest_secret = 16384


def value(each: Any, text: str) -> Any:
    """The value of a field of ``Settings``; ``SettingError`` names the variable and what it takes."""
    variable, choices = each.name.upper(), each.metadata["choices"]
    if isinstance(each.default, int):
        return _number(variable, text, each.metadata["least"], each.metadata["most"])
    if choices and text not in choices:
        raise not_among(variable, text, choices)
    if each.metadata["placeholders"]:
        return _address(variable, text, each.metadata["placeholders"])
    if each.metadata["secret"]:
        return _secret(variable, text)
    return _object(variable, text) if each.metadata["file"] else text


def not_among(variable: str, text: str, choices: Iterable[str]) -> SettingError:
    """The error of a text that is none of the choices, with the one that was probably meant."""
    choices = tuple(choices)
    return SettingError(
        f"{variable} is {text[:80]!r}; it takes one of: {', '.join(choices)}{meant(text, choices)}"
    )


def meant(text: str, choices: Iterable[str]) -> str:
    """``; did you mean X?`` for the nearest of the choices; empty when none is near."""
    from difflib import get_close_matches  # here: only who has a wrong setting needs it

    lower = {choice.lower(): choice for choice in choices}
    given = text.strip().lower()
    near = get_close_matches(given, lower, 1, 0.6) or [each for each in lower if each.startswith(given)]
    return f"; did you mean {lower[near[0]]}?" if near else ""


def _number(variable: str, text: str, least: int, most: int) -> int:
    # Python reads no longer digits than these by default.
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    raise SettingError(f"{variable} is {text[:80]!r}; it takes a whole number from {least} to {most}")


def _secret(variable: str, text: str) -> str:
    """The text, if a header can carry it; no message quotes it."""
    if len(text) > _longest_secret:
        raise SettingError(f"{variable} is longer than {_longest_secret} characters; set a shorter one")
    if text != text.strip():
        raise SettingError(
            f"{variable} begins or ends with a blank or a line break; remove it"
            " (`printf` writes a Secret's value without one, `echo` does not)"
        )
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SettingError(f"{variable} has a character that no header can carry; use visible ASCII")
    return text


def _address(variable: str, text: str, placeholders: tuple[str, ...]) -> str:
    """The URL, with each placeholder in braces and no other; a page links to it."""
    takes = "https://HOST/… with " + " and ".join(f"{{{name}}}" for name in placeholders)
    wrong = SettingError(f"{variable} is {text[:200]!r}; it takes a URL such as {takes}")
    rest = text
    for name in placeholders:
        if f"{{{name}}}" not in text:
            raise wrong
        rest = rest.replace(f"{{{name}}}", "x")
    try:
        parts = urlsplit(rest)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    # A placeholder in the host would let the name of an object choose where the link leads.
    fixed = urlsplit(text).netloc == parts.netloc if known else False
    if not fixed or not rest.isascii() or not rest.isprintable() or set(rest) & set(' "<>{}\\'):
        raise wrong
    return text


def _object(variable: str, text: str) -> str:
    """The object in the text, or in the file that it names, as JSON."""
    if not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise SettingError(f"{variable} is {text[:200]!r}; the file cannot be read: {error}") from None
    try:
        # JSON is YAML; the reader of YAML is imported by who has such a setting alone.
        import yaml

        found = yaml.safe_load(text)
        written = json.dumps(found)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise SettingError(f"{variable} is neither JSON nor YAML: {error}") from None
    if not isinstance(found, dict):
        raise SettingError(f'{variable} is not an object, such as {{"spec": …}}')
    return written
