"""sprig's checksums."""

from __future__ import annotations

import hashlib
import zlib

from triggerfish.expressions.sprig.signature import Family
from triggerfish.expressions.sprig.texts import octets

family = Family()


@family("sha1sum", "string")
def _sha1sum(value: str) -> str:
    return hashlib.sha1(octets(value), usedforsecurity=False).hexdigest()


@family("sha256sum", "string")
def _sha256sum(value: str) -> str:
    return hashlib.sha256(octets(value)).hexdigest()


@family("sha512sum", "string")
def _sha512sum(value: str) -> str:
    return hashlib.sha512(octets(value)).hexdigest()


@family("adler32sum", "string")
def _adler32sum(value: str) -> str:
    return str(zlib.adler32(octets(value)))
