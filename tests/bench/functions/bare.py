"""What a delivery cannot do without: one HMAC and one create. Nothing is matched, checked or named."""

import hashlib
import hmac
import json
import os
import ssl
import uuid

import aiohttp
import functions_framework.aio
from starlette.requests import Request
from starlette.responses import Response

if os.environ.get("BOUNDED"):
    # On the server as our functions set it.
    from uvicorn_worker import UvicornWorker

    from triggerfish.http.connection import bounded_worker

    bounded_worker(UvicornWorker)

_session = None


@functions_framework.aio.http
async def bare(request: Request) -> Response:
    global _session
    if request.url.path == "/healthz":
        return Response("{}")
    if _session is None:
        context = ssl.create_default_context(cafile=os.environ["CA"])
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}
        connector = aiohttp.TCPConnector(ssl=context, limit=256)
        _session = aiohttp.ClientSession(connector=connector, headers=headers)
    body = await request.body()
    found = hmac.new(os.environ["SECRET"].encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest("sha256=" + found, request.headers["x-hub-signature-256"]):
        return Response("{}", 401)
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": f"bare-{uuid.uuid4().hex}"},
        "spec": {"workflowTemplateRef": {"name": "my-wf-tmple"}},
    }
    async with _session.post(os.environ["WORKFLOWS"], data=json.dumps(workflow)) as answer:
        await answer.read()
        return Response("{}", 200 if answer.status == 201 else 500)
