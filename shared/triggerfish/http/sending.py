"""An answer on its way to the server: two messages of ASGI, and no more work than these take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from triggerfish.http.messages import Answer

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_json = b"application/json"


class WholeAnswer:
    """An ASGI application that sends the answer, whose body is whole; as Starlette's ``Response``."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Send it."""
        answer, content = self._answer, self._answer.content
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        if answer.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(content)))
        headers.append((b"content-type", _media(answer.media_type)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _media(name: str) -> bytes:
    if name == "application/json":
        return _json
    charset = "; charset=utf-8" if name.startswith("text/") and "charset=" not in name else ""
    return f"{name}{charset}".encode("latin-1")
