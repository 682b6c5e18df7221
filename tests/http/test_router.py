"""The one router of both functions: which methods a path takes, and what a free route is spared."""

import gc
import weakref

import pytest

from triggerfish.errors import AnswerError, ApiError, SettingError, SpecError, Unanswered
from triggerfish.http.errors import refusal
from triggerfish.http.messages import Answer
from triggerfish.http.router import Route, Router
from triggerfish.runtime.clock import Clock


class Incoming:
    def __init__(self, method, path, body=b""):
        self.method, self.body, self.read = method, body, False
        self.scope = {"path": path, "query_string": b"", "headers": []}

    async def stream(self):
        self.read = True
        yield self.body


async def named(call):
    return Answer(200, {"method": call.method, **call.path, "body": call.delivery.body.decode()})


def router():
    routes = [
        Route("GET", "/things/{name}", named),
        Route("PUT", "/things/{name}", named),
        Route("POST", "/tick", named, free=True),
    ]
    return Router(routes, Clock(), body_bytes=10)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("DELETE", "/things/a", "GET, PUT", id="all methods of the path"),
        pytest.param("GET", "/tick/", "POST", id="a slash at the end makes no difference"),
        pytest.param("HEAD", "/tick", "POST", id="HEAD stands for GET alone"),
    ],
)
async def test_a_405_says_which_methods_the_path_takes(method, path, allowed):
    answer = await router().answer(Incoming(method, path))
    assert (answer.status, answer.body["code"], answer.headers["Allow"]) == (405, 12, allowed)


async def test_head_is_answered_as_get():
    assert (await router().answer(Incoming("HEAD", "/things/a"))).body["name"] == "a"


async def test_the_body_of_a_free_route_is_not_read():
    incoming = Incoming("POST", "/tick", b"longer than ten bytes")
    assert (await router().answer(incoming)).body["body"] == ""
    assert not incoming.read


async def test_a_body_is_held_for_the_namespace_of_its_path_which_is_known_once_proved(monkeypatch):
    owners, proved = [], []

    class Reader:
        def __init__(self, limit):
            pass

        async def read(self, incoming, seconds, work, owner=""):
            owners.append(owner)
            return await work(b"")

        def proved(self, owner):
            proved.append(owner)

    async def refuses(call):
        call.remarks.known = call.path["namespace"] == "known"
        call.remarks.proved = call.path["namespace"] == "proved"
        raise AnswerError(403, 7, "no")

    monkeypatch.setattr("triggerfish.http.router.BodyReader", Reader)
    routes = [Route("POST", "/events/{namespace}", refuses), Route("POST", "/all", named)]
    one = Router(routes, Clock(), body_bytes=10)
    for path in ("/events/team", "/events/known", "/events/proved"):
        assert (await one.answer(Incoming("POST", path))).status == 403
    assert (await one.answer(Incoming("POST", "/all"))).status == 200
    assert owners == ["team", "known", "proved", ""]
    assert proved == ["known", "proved"]


class Held(dict):
    """What a handler made of a request, to be watched."""


@pytest.mark.parametrize("error", [AnswerError(400, 3, "no"), Unanswered("silence"), ValueError("a defect")])
async def test_what_a_refused_request_brought_is_held_no_longer(error):
    made = []

    async def refuses(call):
        held = Held()
        made.append(weakref.ref(held))
        try:
            raise KeyError
        except KeyError:
            raise error from None

    gc.disable()
    try:
        await Router([Route("GET", "/", refuses)], Clock(), body_bytes=10).answer(Incoming("GET", "/"))
        assert [each() for each in made] == [None]
    finally:
        gc.enable()


@pytest.mark.parametrize("size", [10, 11])
async def test_a_body_has_its_limit(size):
    answer = await router().answer(Incoming("PUT", "/things/a", b"x" * size))
    assert answer.status == (200 if size == 10 else 413)


@pytest.mark.parametrize(
    ("error", "status", "body", "headers"),
    [
        pytest.param(
            AnswerError(405, 12, "no", headers={"Allow": "GET"}),
            405,
            {"code": 12, "message": "no"},
            {"Allow": "GET"},
            id="headers of the error",
        ),
        pytest.param(AnswerError(403, 0, "no"), 403, {"message": "no"}, {}, id="no code where Argo has none"),
        pytest.param(
            ApiError(429, "TooManyRequests", "slow", retry_after=2.4),
            429,
            {"code": 8, "message": "slow"},
            {"Retry-After": "2"},
            id="the API server's patience is passed on",
        ),
        pytest.param(ApiError(418, "Odd", "odd"), 400, {"code": 3, "message": "odd"}, {}, id="an odd status"),
        pytest.param(SpecError("x", "bad"), 400, {"code": 3, "message": "x: bad"}, {}, id="a field is wrong"),
        pytest.param(
            Unanswered("no"),
            503,
            {"code": 14, "message": "the cluster did not answer"},
            {"Retry-After": "5"},
            id="no answer",
        ),
        pytest.param(
            SettingError("SECRET is 'x'"),
            500,
            {"code": 13, "message": "this function is misconfigured; its log says why"},
            {},
            id="a setting is told to the log alone",
        ),
        pytest.param(RuntimeError("hush"), 500, {"code": 13, "message": "internal error"}, {}, id="a defect"),
    ],
)
def test_an_error_becomes_an_answer(error, status, body, headers):
    answer = refusal(error)
    assert (answer.status, answer.body, answer.headers) == (status, body, headers)
