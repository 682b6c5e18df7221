"""One request to a cloud's own servers: bounded in time and bytes, no redirect, no word of it in an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triggerfish.errors import KubeError, SettingError, Unanswered

_seconds = 5.0
_longest = 1 << 20


class CloudRefused(KubeError):  # noqa: N818  what it says is the state
    """A cloud says that this function has no such identity or right; the message names what to look at."""


@dataclass(frozen=True, slots=True)
class CloudAnswer:
    """An HTTP status and a body, which may be a secret: no repr shows it."""

    status: int
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The body as an object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


async def ask(
    who: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    form: Mapping[str, str] | None = None,
    proxy: bool = True,
    authority: str = "",
) -> CloudAnswer:
    """Send the request and read the answer; ``Unanswered`` names ``who`` did not answer in five seconds.

    The url is sent as it is: a signature covers its very characters. ``proxy``: that of the environment is
    used; a metadata server is never asked through one. ``authority``: a file of PEM to trust instead of the
    system's.
    """
    import aiohttp  # here: the settings are checked without it
    import yarl

    timeout = aiohttp.ClientTimeout(total=_seconds)
    try:
        connector = aiohttp.TCPConnector(ssl=_trusting(authority)) if authority else None
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=proxy, connector=connector) as session,
            session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=headers,
                data=dict(form) if form is not None else body,
                allow_redirects=False,
            ) as answer,
        ):
            content = await answer.content.read(_longest + 1)
            while content and len(content) <= _longest and not answer.content.at_eof():
                content += await answer.content.read(_longest + 1 - len(content))
    except TimeoutError:
        raise Unanswered(f"{who} did not answer within {_seconds:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The text of some of these has the URL, and a presigned URL is a credential.
        raise Unanswered(f"{who} did not answer: {type(error).__name__}") from None
    if len(content) > _longest:
        raise Unanswered(f"{who} answered more than {_longest} bytes")
    return CloudAnswer(answer.status, content)


def _trusting(authority: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=authority)


def refused(who: str, answer: CloudAnswer, code: str, look_at: str) -> KubeError:
    """The error for an answer that is no success: passing trouble, or a refusal that says what to look at."""
    plain = code if re.fullmatch(r"[\w.#:/-]{1,80}", code) else ""
    shown = f"{answer.status}{f' {plain}' if plain else ''}"
    if answer.status in (408, 429) or answer.status >= 500 or "Throttl" in plain:
        return Unanswered(f"{who} answered {shown}")
    return CloudRefused(f"{who} answered {shown}: look at {look_at}")


def token_text(path: str) -> str:
    """What a token's file has, without blanks around it; ``SettingError`` when there is none."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"the token file {path} cannot be read: {type(error).__name__}") from None
