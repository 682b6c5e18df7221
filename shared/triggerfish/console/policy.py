"""The headers of every answer of the console."""

from __future__ import annotations

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
