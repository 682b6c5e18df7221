"""sprig's base64, base32 and JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import Context
from triggerfish.expressions.sprig.casting import parse_float
from triggerfish.expressions.sprig.json_text import dump
from triggerfish.expressions.sprig.kinds import Value
from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import octets, text

family = Family()

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@family("b64enc", "string")
def _b64enc(value: str) -> str:
    return base64.b64encode(octets(value)).decode()


@family("b32enc", "string")
def _b32enc(value: str) -> str:
    return base64.b32encode(octets(value)).decode()


@family("b64dec", "string")
def _b64dec(value: str) -> str:
    """The decoded text; what is wrong, as text, when it is no base64: sprig does not fail here."""
    data = octets(value).translate(None, b"\r\n")
    if (wrong := _first_wrong(octets(value), _BASE64, 4)) is not None:
        return f"illegal base64 data at input byte {wrong}"
    return text(base64.b64decode(data))


@family("b32dec", "string")
def _b32dec(value: str) -> str:
    """The decoded text; what is wrong, as text, when it is no base32."""
    data = octets(value).translate(None, b"\r\n")
    if (wrong := _first_wrong(data, _BASE32, 8)) is not None:
        return f"illegal base32 data at input byte {wrong}"
    return text(base64.b32decode(data))


# How many characters a last group may have before its padding.
_ENDINGS = {4: (2, 3), 8: (2, 4, 5, 7)}


def _first_wrong(data: bytes, alphabet: bytes, group: int) -> int | None:
    """The offset Go names in its error: of the first byte that cannot stand there."""
    places = [place for place, byte in enumerate(data) if byte not in b"\r\n"]
    body = [place for place in places if data[place] in alphabet]
    for count, place in enumerate(places):
        if data[place] in alphabet:
            continue
        in_group = count % group
        if data[place] != ord("=") or in_group not in _ENDINGS[group]:
            return place
        padding = places[count : count + group - in_group]
        for at in padding:
            if data[at] != ord("="):
                return at
        if len(padding) < group - in_group:
            return len(data)
        after = places[count + len(padding) :]
        return after[0] if after else None
    if len(body) % group:
        return places[-1] + 1 - (len(body) % group) if places else 0
    return None


def _read(source: str) -> Value:
    def refuse(constant: str) -> float:
        raise ValueError(f"invalid character {constant[0]!r} looking for beginning of value")

    def number(digits: str) -> float:
        if (value := parse_float(digits)) is None:
            raise ValueError(f"cannot unmarshal number {digits} into a float64")
        return value

    try:
        return json.loads(source, parse_constant=refuse, parse_int=number, parse_float=number)
    except (ValueError, RecursionError) as error:
        raise ExpressionError(f"not JSON: {error}") from None


@family("fromJson", "string", contextual=True)
def _from_json(context: Context, source: str) -> Value:
    context.spend(len(source))
    try:
        return _read(source)
    except ExpressionError:
        return None


@family("mustFromJson", "string", contextual=True)
def _must_from_json(context: Context, source: str) -> Value:
    context.spend(len(source))
    return _read(source)


def to_json_text(context: Context, value: Value, **style: Any) -> str:
    """The value as JSON; ExpressionError when Go could not write it."""
    try:
        written = dump(value, **style)
    except (TypeError, ValueError, RecursionError) as error:
        raise ExpressionError(f"cannot be written as JSON: {error}") from None
    context.spend(len(written))
    return written


def _or_nothing(context: Context, value: Value, **style: Any) -> str:
    try:
        return to_json_text(context, value, **style)
    except ExpressionError:
        return ""


@family("toJson", "any", contextual=True)
def _to_json(context: Context, value: Value) -> str:
    return _or_nothing(context, value)


@family("mustToJson", "any", contextual=True)
def _must_to_json(context: Context, value: Value) -> str:
    return to_json_text(context, value)


@family("toPrettyJson", "any", contextual=True)
def _to_pretty_json(context: Context, value: Value) -> str:
    return _or_nothing(context, value, indent="  ")


@family("mustToPrettyJson", "any", contextual=True)
def _must_to_pretty_json(context: Context, value: Value) -> str:
    return to_json_text(context, value, indent="  ")


@family("toRawJson mustToRawJson", "any", contextual=True)
def _to_raw_json(context: Context, value: Value) -> str:
    return to_json_text(context, value, html=False)
