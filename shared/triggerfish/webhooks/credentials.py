"""PURE. Credentials by their names and by their forms, so that nobody is shown one.

A record, an answer and a log say why something happened, and quote expressions and payloads for that. Whoever
reads them need not know the secrets of who wrote those.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Words in the names of headers and fields that carry a credential, or would let a reader forge a delivery.
_secret_words = (
    "token",
    "signature",
    "secret",
    "password",
    "authorization",
    "api-key",
    "apikey",
    "hook-uuid",
)
# As fields are called besides, without what separates their words: apiKey, api_key, API-KEY.
_secret_fields = re.compile(
    "|".join(word.replace("-", "") for word in _secret_words)
    # An author is nobody's credential.
    + "|passwd|passphrase|pwd|privatekey|credential|auth(?!or)|authori[sz]"
)
_separators = re.compile(r"[-_]")

_TEXT = (
    # Raw texts know no escapes; three quotes hold single ones.
    r"""(?:\b[rR]"[^"\n]*"|\b[rR]'[^'\n]*'|\"{3}.*?\"{3}|'{3}.*?'{3}|`[^`]*`"""
    r"""|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
)
# What an expression compares with: a text (also one that does not end), or a number. The first group is what
# says where and not what: a key, as in map["key"] or list[0], and a place in the source, as in (1:20).
_LITERAL = re.compile(
    rf"([\w)\]]\[(?:{_TEXT}|-?\d+)\]|\(\d+:\d+\))|(?P<text>{_TEXT}|[\"'`][^\n]*)|(?<![\w.)\]])\.?\d[\w.]*",
    re.DOTALL,
)

_URL_USER = re.compile(r"\b([a-z][a-z0-9+.-]*)://([^\s/?#\"'<>]*)@", re.IGNORECASE)
# `==` compares, and `://` is a URL's.
_PAIR = re.compile(
    r"""(?<![\w.%\[\]-])([\w.%\[\]-]{1,100})(\\?["']?\s{0,3}[=:]\s{0,3})(?!=|//)"""
    r"""(\\"[^"\\]*(?:\\")?|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s&;,#"'<>(){}\[\]]+)""",
)
_SCHEME = re.compile(r"\b((?i:Bearer)\s+|(?i:Basic)\s+(?=\S*[A-Z0-9=]))[\w.~+/=-]{8,}")


def names_credential(text: str) -> bool:
    """Return whether a word in that text, such as an expression, stands for a credential.

    ``dbPwd``, ``DB_PWD``, ``db-pwd`` and ``dbpwd`` are one name.
    """
    return _secret_fields.search(_separators.sub("", text.lower())) is not None


@lru_cache(maxsize=1024)
def is_credential(name: str) -> bool:
    """Return whether a header of that lower-cased name looks like one that carries a credential."""
    return any(word in name for word in _secret_words)


def without_literals(source: str) -> str:
    """Return an expression, or a message that quotes one, without its texts and numbers."""
    return _LITERAL.sub(lambda found: found[1] or ('"…"' if found["text"] else "…"), source)


def spared(text: str) -> str:
    """Return a text for other eyes than its author's, without what looks like a credential in it.

    That is the user of a URL, what a name with such a word is set to (in a query, in JSON), and a header's
    ``Bearer`` or ``Basic`` value.
    """
    if "://" in text:
        text = _URL_USER.sub(_without_user, text)
    folded = text.casefold()
    if "bearer" in folded or "basic" in folded:
        text = _SCHEME.sub(r"\1…", text)
    return _PAIR.sub(_without_value, text) if "=" in text or ":" in text else text


def spared_expression(text: str) -> str:
    """Return an expression, or what is said of one, also without what it compares a credential with."""
    return spared(without_literals(text) if names_credential(text) else text)


def _without_user(found: re.Match[str]) -> str:
    scheme, user = found.groups()
    # git@ in a URL over SSH is no secret.
    keeps = "ssh" in scheme.lower() and ":" not in user
    return found[0] if keeps else f"{scheme}://…@"


def _without_value(found: re.Match[str]) -> str:
    name, sign, value = found.groups()
    if not names_credential(name):
        return found[0]
    quote = value[:2] if value.startswith('\\"') else value[0] if value[0] in "\"'" else ""
    return f"{name}{sign}{quote}…{quote}"
