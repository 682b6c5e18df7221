"""The bare function as a plain ASGI app: the two differ by what the Functions Framework adds."""

from bare import bare
from starlette.requests import Request


async def app(scope, receive, send):
    answer = await bare(Request(scope, receive, send))
    await answer(scope, receive, send)
