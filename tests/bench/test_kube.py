"""What our client costs beside a bare aiohttp session: processor time of a create, in one run."""

import asyncio
import subprocess
import sys
import time

import aiohttp
import orjson

from triggerfish.kube.client import Client
from triggerfish.kube.resources import WORKFLOWS
from triggerfish.kube.tokens import Fixed
from triggerfish.kube.transport import Identified, Pool, Server
from triggerfish.runtime.clock import Clock

WORKFLOW = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "w", "labels": {"team": "blue"}},
    "spec": {
        "workflowTemplateRef": {"name": "t"},
        "arguments": {"parameters": [{"name": "m", "value": "v" * 200}]},
    },
}
TOKEN = "t" * 900

# Answers each POST with what it was sent, and does nothing else.
ECHO = """
import asyncio
async def handle(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            length = head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0]
            body = await reader.readexactly(int(length))
            writer.write(b"HTTP/1.1 201 Created\\r\\nContent-Type: application/json\\r\\n"
                         b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    except asyncio.IncompleteReadError:
        writer.close()
async def main():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def test_a_create_beside_bare_aiohttp(record):
    with subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True) as server:
        try:
            ours, bare = asyncio.run(measure(int(server.stdout.readline())))
        finally:
            server.terminate()
    record("create through our client / bare aiohttp", ours / bare, "x", at_most=1.5)
    record("create through our client", ours * 1e6, "µs", detail="processor time")


async def measure(port):
    url = f"http://127.0.0.1:{port}"
    pool = Pool(Server(url))
    client = Client(Identified(pool, Fixed(TOKEN), Clock()))
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession() as session:

        async def ours():
            await client.create(WORKFLOWS, "argo", WORKFLOW)

        async def bare():
            path = url + WORKFLOWS.path("argo")
            async with session.post(path, data=orjson.dumps(WORKFLOW), headers=headers) as answer:
                orjson.loads(await answer.read())

        # In turns, so that whatever else the machine does hits both.
        taken = [(await seconds(ours), await seconds(bare)) for _ in range(7)]
    await pool.close()
    return min(one for one, _ in taken), min(other for _, other in taken)


async def seconds(call, *, number=1600, at_once=16):
    async def some():
        for _ in range(number // at_once):
            await call()

    start = time.process_time()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return (time.process_time() - start) / number
