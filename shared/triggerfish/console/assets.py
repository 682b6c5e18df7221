"""The page's own files: no build step, nothing from elsewhere, and a policy that lets nothing else run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

PAGE = "index.html"

# What every answer of the console carries. A hostile payload or name is text here and can be nothing
# else: no inline script, no other origin, no frame around the page.
POLICY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its media type, its bytes, and an entity tag made of them."""

    media_type: str
    body: bytes
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """Every file of the page by its name."""
    found = {}
    for entry in files("triggerfish.console").joinpath("static").iterdir():
        media_type = _TYPES.get(entry.name.rpartition(".")[2])
        if media_type is None:
            continue
        body = entry.read_bytes()
        found[entry.name] = Asset(media_type, body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')
    return found
