"""sprig's base64, base32 and JSON."""

from __future__ import annotations

import base64
import re

from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.json import read, write
from triggerfish.expressions.go.provenance import own
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import PaidRun
from triggerfish.expressions.sprig.kinds import Value
from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import octets, text

family = Family()

_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@family("b64enc", "string")
def _b64enc(value: str) -> str:
    return base64.b64encode(octets(value)).decode()


@family("b32enc", "string")
def _b32enc(value: str) -> str:
    return base64.b32encode(octets(value)).decode()


@family("b64dec", "string")
def _b64dec(value: str) -> str:
    """The decoded text; what is wrong, as text, when it is no base64: sprig does not fail here."""
    data = octets(value)
    lines = data.translate(None, b"\r\n")
    if _BASE64.fullmatch(lines):
        return text(base64.b64decode(lines))
    return f"illegal base64 data at input byte {_wrong_base64(data)}"


def _wrong_base64(data: bytes) -> int:
    """The offset that Go names; line ends count, but stand anywhere."""
    places = [place for place, byte in enumerate(data) if byte not in b"\r\n"]
    valid = re.compile(rb"[A-Za-z0-9+/]")
    for count, place in enumerate(places):
        if valid.match(data, place):
            continue
        group = count % 4
        if data[place] != ord("=") or group < 2:
            return place
        after = places[count + 1 :]
        if group == 2:
            if not after:
                return len(data)
            if data[after[0]] != ord("="):
                return after[0] - 1
            after = after[1:]
        return after[0] if after else len(data)
    return len(data) - len(places) % 4


@family("b32dec", "string")
def _b32dec(value: str) -> str:
    """The decoded text; what is wrong, as text, when it is no base32."""
    data = octets(value).translate(None, b"\r\n")
    if (wrong := _wrong_base32(data)) is not None:
        return f"illegal base32 data at input byte {wrong}"
    return text(base64.b32decode(data))


_BASE32 = re.compile(rb"(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=)?")


def _wrong_base32(data: bytes) -> int | None:
    """The offset that Go names, of line ends taken out; None when nothing is wrong."""
    if _BASE32.fullmatch(data):
        return None
    letters = re.match(rb"[A-Z2-7]*", data)
    place = letters.end() if letters else 0
    group, left = place % 8, len(data) - place - 1
    if place == len(data):
        return place - group
    if data[place] != ord("=") or group < 2 or left >= 8:
        return place
    if left + group < 7:
        return len(data)
    for at in range(7 - group):
        if left > at and data[place + 1 + at] != ord("="):
            return place + at
    return place if group in (3, 6) else None


@family("fromJson", "string", contextual=True)
def _from_json(context: CallContext, source: str) -> Value:
    try:
        return _read(context, source)
    except Failure:
        return None


@family("mustFromJson", "string", contextual=True)
def _must_from_json(context: CallContext, source: str) -> Value:
    return _read(context, source)


def _read(context: CallContext, source: str) -> Value:
    """The value; every number is a float64, as encoding/json makes them."""
    run = PaidRun(context)
    return own(run, read(run, source))


def _written(context: CallContext, value: Value, *, indent: str = "", html: bool = True) -> str:
    return write(PaidRun(context), value, indent, html=html)


def _or_nothing(context: CallContext, value: Value, *, indent: str = "") -> str:
    try:
        return _written(context, value, indent=indent)
    except Failure:
        return ""


@family("toJson", "any", contextual=True)
def _to_json(context: CallContext, value: Value) -> str:
    return _or_nothing(context, value)


@family("mustToJson", "any", contextual=True)
def _must_to_json(context: CallContext, value: Value) -> str:
    return _written(context, value)


@family("toPrettyJson", "any", contextual=True)
def _to_pretty_json(context: CallContext, value: Value) -> str:
    return _or_nothing(context, value, indent="  ")


@family("mustToPrettyJson", "any", contextual=True)
def _must_to_pretty_json(context: CallContext, value: Value) -> str:
    return _written(context, value, indent="  ")


@family("toRawJson mustToRawJson", "any", contextual=True)
def _to_raw_json(context: CallContext, value: Value) -> str:
    """JSON in which <, > and & stand as they are."""
    return _written(context, value, html=False)
