"""A field of a form, in little more memory than the form takes.

``urllib.parse`` makes an object of each field and of each escape: a hundred megabytes of a body of two.
"""

from __future__ import annotations

import binascii
import re
from functools import cache

# So much is decoded at a time.
part_bytes = 16 << 10
_no_escape = re.compile(rb"%(?![0-9a-fA-F]{2})")


def field(form: bytes, name: str) -> bytes:
    """The first field of that name (letters), decoded; empty when there is none."""
    # In front of each field is a separator now.
    form = b"&" + form
    found = _field(name).search(form)
    if found is None:
        return b""
    end = form.find(b"&", found.end())
    return unquoted(form[found.end() : len(form) if end < 0 else end])


def unquoted(value: bytes) -> bytes:
    """As ``urllib.parse.unquote_plus`` decodes it: what is no escape stays as it is."""
    found, at = bytearray(), 0
    while at < len(value):
        part = value[at : at + part_bytes]
        if at + part_bytes < len(value):
            cut = part.rfind(b"%", -2)
            # An escape is not parted.
            part = part if cut < 0 else part[:cut]
        at += len(part)
        found += _unquoted(part)
    return bytes(found)


def _unquoted(part: bytes) -> bytes:
    """Quoted-printable is the same with ``=``, and read in one go."""
    part = _no_escape.sub(b"%25", part.replace(b"+", b" ").replace(b"=", b"%3D"))
    return binascii.a2b_qp(part.replace(b"%", b"="))


@cache
def _field(name: str) -> re.Pattern[bytes]:
    """A separator and that name, each of its letters escaped or not, up to its value."""
    letters = (f"(?:{letter}|%(?i:{ord(letter):02x}))" for letter in name)
    return re.compile(f"&{''.join(letters)}(?:=|(?=&)|\\Z)".encode())
