"""The short way from the server to the function answers as the framework's own way does."""

from urllib.parse import unquote

import functions_framework.aio
import pytest
from starlette.middleware import Middleware

from triggerfish.http.short_way import shortened

SOURCE = """
import functions_framework.aio
from starlette.responses import JSONResponse

@functions_framework.aio.http
async def echo(request):
    if request.url.path == "/raise":
        raise ValueError("on purpose")
    told = {"method": request.method, "url": str(request.url), "path": request.scope["path"]}
    told["body"] = (await request.body()).decode()
    told["own"] = request.headers.getlist("x-own")
    told["query"] = request.query_params.multi_items()
    return JSONResponse(told, status_code=203, headers={"x-answer": "1"})
"""
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "BREW"]
PATHS = ["/", "/a/b?c=1&c=2", "/robots.txt", "/favicon.ico", "/favicon.ico/", "//x", "/%2e%2E/y", "/raise"]


@pytest.fixture
def app(tmp_path):
    source = tmp_path / "main.py"
    source.write_text(SOURCE)
    return functions_framework.aio.create_asgi_app("echo", str(source))


async def answer(app, method, target):
    """Status, headers and body of one request, as a server calls the app."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "server": ("function", 80),
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"function"), (b"x-own", b"one"), (b"x-own", b"two")],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"body", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    return start["status"], sorted(map(tuple, start["headers"])), b"".join(each["body"] for each in bodies)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
async def test_the_answer_is_the_frameworks(app, method, path, caplog):
    assert shortened(app) is not app
    expected = await answer(app, method, path)
    logged = len(caplog.records)
    assert await answer(shortened(app), method, path) == expected
    assert len(caplog.records) == 2 * logged
    assert bool(logged) == (path == "/raise" and expected[0] == 500)


async def test_the_function_is_called_at_once(app):
    calls = []
    app.router.routes[-1].handle = calls.append
    assert (await answer(shortened(app), "POST", "/x"))[0] == 203
    assert calls == []


class Agent:
    def __init__(self, app):
        self.app = app


def test_an_app_with_another_middleware_is_left_alone(app):
    app.user_middleware.insert(0, Middleware(Agent))
    assert shortened(app) is app


def test_an_app_that_logs_execution_ids_is_left_alone(app, monkeypatch):
    monkeypatch.setenv("LOG_EXECUTION_ID", "true")
    assert shortened(app) is app


def test_any_other_app_is_left_alone(app):
    async def other(scope, receive, send):
        raise NotImplementedError("nobody calls it")

    assert shortened(other) is other
    app.router.routes.pop()
    assert shortened(app) is app
