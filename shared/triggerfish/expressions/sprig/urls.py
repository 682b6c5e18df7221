"""sprig's urlParse and urlJoin, by the rules of Go's net/url."""

from __future__ import annotations

import re
import string
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.sprig.kinds import Value, kind_of
from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import octets, text

family = Family()

_UNRESERVED = string.ascii_letters + string.digits + "-_.~"
# What each part may hold as it is; the rest is written as %XX.
_HOST = frozenset((_UNRESERVED + "!$&'()*+,;=:[]<>\"").encode())
_PATH = frozenset((_UNRESERVED + "$&+,/:;=@").encode())
_USER = frozenset((_UNRESERVED + "$&+,;=").encode())
_FRAGMENT = frozenset((_UNRESERVED + "$&+,/:;=?@!()*").encode())
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_PORT = re.compile(r"(:[0-9]*)?")


def _escaped(value: str, safe: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in octets(value))


def _unescaped(value: str, *, host: bool = False, zone: bool = False) -> str:
    for match in re.finditer(r"%(.?.?)", value, re.DOTALL):
        if not re.fullmatch(r"[0-9a-fA-F]{2}", match[1]):
            raise ExpressionError(f"invalid URL escape {match[0]!r}")
        byte = int(match[1], 16)
        # In a host, %25 introduces a zone and %80 to %FF are not ASCII; nothing else is escaped there.
        if (host and byte < 0x80 and match[1] != "25") or (
            zone and byte != 0x25 and byte != 0x20 and chr(byte).encode()[0] not in _HOST and byte < 0x80
        ):
            raise ExpressionError(f"invalid URL escape {match[0]!r}")
    if host or zone:
        for char in value:
            if char.isascii() and char != "%" and ord(char) not in _HOST:
                raise ExpressionError(f"invalid character {char!r} in host name")
    return text(re.sub(rb"%([0-9a-fA-F]{2})", lambda match: bytes([int(match[1], 16)]), octets(value)))


def _host(value: str) -> str:
    if value.startswith("["):
        close = value.rfind("]")
        if close < 0:
            raise ExpressionError("missing ']' in host")
        if not _PORT.fullmatch(value[close + 1 :]):
            raise ExpressionError(f"invalid port {value[close + 1 :]!r} after host")
        zone = value.find("%25", 0, close)
        if zone >= 0:
            return (
                _unescaped(value[:zone], host=True)
                + _unescaped(value[zone:close], zone=True)
                + _unescaped(value[close:], host=True)
            )
    elif (colon := value.find(":")) >= 0 and not _PORT.fullmatch(value[colon:]):
        raise ExpressionError(f"invalid port {value[colon:]!r} after host")
    return _unescaped(value, host=True)


def _userinfo(value: str) -> str:
    if not _USERINFO.fullmatch(value):
        raise ExpressionError("invalid userinfo")
    name, colon, password = value.partition(":")
    return _escaped(_unescaped(name), _USER) + colon + _escaped(_unescaped(password), _USER)


@family("urlParse", "string", contextual=True)
def _url_parse(context: CallContext, url: str) -> dict[str, Value]:
    context.spend(len(url))
    try:
        return _parsed(url)
    except ExpressionError as error:
        raise ExpressionError(f"unable to parse url: {error.message}") from None


def _parsed(url: str) -> dict[str, Value]:
    parts = dict.fromkeys(
        ("scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo"), ""
    )
    rest, _, fragment = url.partition("#")
    if any(char < " " or char == "\x7f" for char in rest):
        raise ExpressionError("invalid control character in URL")
    if rest == "*":
        return {**parts, "path": "*", "fragment": _unescaped(fragment)}
    if rest.startswith(":"):
        raise ExpressionError("missing protocol scheme")
    if (match := _SCHEME.match(rest)) is not None:
        parts["scheme"], rest = match[1].lower(), rest[match.end() :]
    rest, _, parts["query"] = rest.partition("?")
    if not rest.startswith("/"):
        if parts["scheme"]:
            return {**parts, "opaque": rest, "fragment": _unescaped(fragment)}
        if ":" in rest.partition("/")[0]:
            raise ExpressionError("first path segment in URL cannot contain colon")
    if rest.startswith("//") and (parts["scheme"] or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, at, host = authority.rpartition("@")
        parts["host"] = _host(host)
        parts["userinfo"] = _userinfo(user) if at else ""
    parts["hostname"] = _hostname(parts["host"])
    parts["path"], parts["fragment"] = _unescaped(rest), _unescaped(fragment)
    return {**parts}


def _hostname(host: str) -> str:
    colon = host.rfind(":")
    if colon >= 0 and _PORT.fullmatch(host[colon:]):
        host = host[:colon]
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


@family("urlJoin", "map", contextual=True)
def _url_join(context: CallContext, parts: dict[str, Any]) -> str:
    scheme, host, path, query, opaque, fragment, userinfo = (
        _part(parts, name) for name in ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
    )
    context.spend(3 * sum(map(len, (scheme, host, path, query, opaque, fragment, userinfo))))
    user = None
    if userinfo:
        parsed = _parsed(f"proto://{userinfo}@host")
        # The text may have held its own / ? or #: then there is no user in it, as in Go.
        user = parsed["userinfo"] if "@" in f"{userinfo}@host".partition("/")[0] else None
    out = scheme + ":" if scheme else ""
    if opaque:
        out += opaque
    else:
        if (scheme or host or user is not None) and (host or path or user is not None):
            out += "//"
        if user is not None:
            out += user + "@"
        out += _escaped(host, _HOST)
        escaped = path if path == "*" else _escaped(path, _PATH)
        if escaped and not escaped.startswith("/") and host:
            out += "/"
        if not out and ":" in escaped.partition("/")[0]:
            out += "./"
        out += escaped
    out += "?" + query if query else ""
    return out + ("#" + _escaped(fragment, _FRAGMENT) if fragment else "")


def _part(parts: dict[str, Any], name: str) -> str:
    value = parts.get(name, "")
    if not isinstance(value, str):
        raise ExpressionError(
            f"unable to parse {name} key, must be of type string, but {kind_of(value)} found"
        )
    return value
