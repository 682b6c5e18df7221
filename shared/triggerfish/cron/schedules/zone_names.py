"""What somebody may have meant by a text that is not the name of a zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 64

_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*([+-])\s*(\d{1,2})(?::?(\d\d))?", re.IGNORECASE)
_hours_east, _hours_west = 14, 12
# Abbreviations are not names: several countries share one. These are what most people mean by them.
_ABBREVIATIONS = {
    "Z": "UTC",
    "AEDT": "Australia/Sydney",
    "AEST": "Australia/Sydney",
    "BST": "Europe/London",
    "CDT": "America/Chicago",
    "CEST": "Europe/Berlin",
    "CST": "America/Chicago",
    "EDT": "America/New_York",
    "EEST": "Europe/Helsinki",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "MDT": "America/Denver",
    "MSK": "Europe/Moscow",
    "NZDT": "Pacific/Auckland",
    "NZST": "Pacific/Auckland",
    "PDT": "America/Los_Angeles",
    "PST": "America/Los_Angeles",
    "SGT": "Asia/Singapore",
    "WEST": "Europe/Lisbon",
}
_GENERAL = "use an IANA name such as Europe/Berlin"


def hint(text: str, names: Iterable[str]) -> str:
    """A sentence: the names that come nearest, or how names look."""
    if len(text) > LONGEST:
        return _GENERAL
    if offset := _OFFSET.fullmatch(text.strip()):
        return _of_offset(offset)
    near = _near(text.strip(), names)
    return f"did you mean {' or '.join(near)}?" if near else _GENERAL


def _of_offset(offset: re.Match[str]) -> str:
    sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
    most = _hours_east if sign == "+" else _hours_west
    if minutes or hours > most:
        return "an offset is not a zone; use an IANA name such as Asia/Kolkata"
    if not hours:
        return "did you mean UTC?"
    # POSIX counts west of Greenwich, so the names have the other sign.
    name, side = (f"Etc/GMT-{hours}", "ahead of") if sign == "+" else (f"Etc/GMT+{hours}", "behind")
    unit = "hour" if hours == 1 else "hours"
    return (
        f"did you mean {name}, which is {hours} {unit} {side} UTC (its sign is the other way round)? "
        "A zone such as Europe/Berlin also follows its clock changes"
    )


def _near(text: str, names: Iterable[str]) -> list[str]:
    """Up to two: the same but for case and blanks, an abbreviation, a city alone, or the nearest letters."""
    by_lower = {name.lower(): name for name in sorted(names)}
    plain = re.sub(r"[\s\\]+", lambda blank: "/" if "\\" in blank[0] else "_", text).lower()
    if plain in by_lower:
        return [by_lower[plain]]
    if text.upper() in _ABBREVIATIONS:
        return [_ABBREVIATIONS[text.upper()]]
    if cities := [name for lower, name in by_lower.items() if lower.rpartition("/")[2] == plain]:
        # America/Indiana/Indianapolis and its older, shorter names: the shortest is the one people know.
        return sorted(cities, key=len)[:1]
    return [by_lower[each] for each in get_close_matches(plain, by_lower, 2, 0.7)]
