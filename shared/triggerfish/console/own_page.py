"""What changes something is taken from the page itself only, and from no other site that a browser is on.

The token is no cookie: the page adds it. But a proxy may add one to whatever a browser sends, and then any
site could have it sent. No form and no script of another site can set this header without asking first,
which is never allowed; and a browser says itself which site a request comes from.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from triggerfish.errors import AnswerError
from triggerfish.http.messages import Call

HEADER = "x-triggerfish-console"
_json = "application/json"


def require(call: Call) -> None:
    """``AnswerError`` 403 for a request that the page did not send."""
    delivery = call.delivery
    site, origin = delivery.first("sec-fetch-site"), delivery.first("origin")
    elsewhere = site not in ("", "same-origin")
    if not site and origin:
        elsewhere = urlsplit(origin).netloc.lower() != delivery.first("host").lower()
    media = delivery.first("content-type").partition(";")[0].strip().lower()
    if elsewhere or delivery.first(HEADER) != "submit" or media != _json:
        raise AnswerError(403, 7, "only the console's own page may submit here: open it and use its form")
