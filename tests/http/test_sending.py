"""What is sent for an answer: the same as Starlette's own response."""

import pytest
from starlette.responses import Response

from triggerfish.http.messages import Answer
from triggerfish.http.sending import WholeAnswer


async def sent(application):
    messages = []

    async def send(message):
        messages.append(message)

    await application({"type": "http"}, None, send)
    start, body = messages
    return start["status"], sorted(start["headers"]), body["body"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"a": 1}),
        Answer(401, {"code": 16, "message": "token not valid"}, {"Retry-After": "5", "X-Ä": "ü"}),
        Answer(200, b"<p>", {}, "text/html"),
        Answer(200, b"a 1", {}, "text/plain; version=0.0.4; charset=utf-8"),
        Answer(204, b""),
        Answer(200, b""),
    ],
)
async def test_a_whole_answer_is_what_starlette_would_send(answer):
    theirs = Response(answer.content, answer.status, dict(answer.headers), answer.media_type)
    assert await sent(WholeAnswer(answer)) == await sent(theirs)
