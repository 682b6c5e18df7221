"""Creates a second on the embedded cluster, over loopback with TLS.

The client is not what is measured: each connection sends bytes that were made beforehand, and of each answer
reads only its status and its length.
"""

import asyncio
import json
import time

from tests.support import embedded as support

_creates = 6000
_connections = 32


def _request(path: str, token: str, index: int) -> bytes:
    body = json.dumps(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": f"bench-{index}", "labels": {"app": "bench"}},
            "spec": {
                "arguments": {"parameters": [{"name": "message", "value": "hello"}]},
                "workflowTemplateRef": {"name": "a-template"},
            },
        }
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"User-Agent: bench/1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _drive(cluster, requests: list[bytes]) -> float:
    """Seconds that it took until the last answer."""
    host, port = cluster.url.removeprefix("https://").split(":")
    waiting = iter(requests)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 201"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)

    opened = [await asyncio.open_connection(host, port, ssl=cluster.context) for _ in range(_connections)]
    start = time.perf_counter()
    await asyncio.gather(*(one(reader, writer) for reader, writer in opened))
    elapsed = time.perf_counter() - start
    for _, writer in opened:
        writer.close()
        await writer.wait_closed()
    return elapsed


def test_creates_a_second(tmp_path, record):
    with support.start(tmp_path, "--no-controller") as cluster:
        path = "/apis/argoproj.io/v1alpha1/namespaces/default/workflows"
        requests = [_request(path, cluster.token, index) for index in range(_creates)]
        elapsed = asyncio.run(_drive(cluster, requests))
    record("embedded cluster: creates of a Workflow", _creates / elapsed, "/s", at_least=2000)


def test_lists_of_ten_thousand(tmp_path, record):
    with support.start(tmp_path, "--no-controller") as cluster:
        path = "/apis/argoproj.io/v1alpha1/namespaces/default/workflows"
        requests = [_request(path, cluster.token, index) for index in range(10_000)]
        asyncio.run(_drive(cluster, requests))
        partial = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        for name, accept in (("whole", "application/json"), ("metadata only", partial)):
            start = time.perf_counter()
            status, _, body = cluster.raw("GET", path, headers={"Accept": accept})
            elapsed = time.perf_counter() - start
            assert status == 200
            detail = f"{len(body) / 1e6:.1f} MB"
            record(f"embedded cluster: list of 10,000 Workflows, {name}", elapsed, "s", detail=detail)
