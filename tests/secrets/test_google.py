"""The Google store: the real client library over gRPC, against a server with the service's own proto."""

import grpc
import pytest
from google.cloud import secretmanager_v1 as api
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceGrpcAsyncIOTransport,
)
from tests.kube.fakes import FakeClock

from triggerfish.errors import SecretError
from triggerfish.secrets import google
from triggerfish.secrets.google import GoogleStore
from triggerfish.secrets.store import Store

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
PATTERN = "projects/p/secrets/hooks-{namespace}"


class SecretManager(grpc.GenericRpcHandler):
    """``secrets`` by version name; ``faults`` are answered first, one for each call."""

    def __init__(self):
        self.secrets = {}
        self.faults = []
        self.asked = []

    def service(self, details):
        if details.method != f"/{SERVICE}/AccessSecretVersion":
            return None
        return grpc.unary_unary_rpc_method_handler(
            self.access,
            request_deserializer=api.AccessSecretVersionRequest.deserialize,
            response_serializer=api.AccessSecretVersionResponse.serialize,
        )

    async def access(self, request, context):
        self.asked.append(request.name)
        if self.faults:
            await context.abort(self.faults.pop(0), "hush: what the service says")
        if request.name not in self.secrets:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"Secret Version [{request.name}] not found.")
        payload = api.SecretPayload(data=self.secrets[request.name])
        return api.AccessSecretVersionResponse(name=request.name, payload=payload)


@pytest.fixture
async def manager():
    """A running service and a ``connect`` that gives the real client for it."""
    handler = SecretManager()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    handler.connected = []

    async def connect(location):
        handler.connected.append(location)
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        return api.SecretManagerServiceAsyncClient(
            transport=SecretManagerServiceGrpcAsyncIOTransport(channel=channel)
        )

    handler.connect = connect
    yield handler
    await server.stop(None)


@pytest.fixture
async def open_store(manager):
    opened = []

    def make(pattern=PATTERN):
        opened.append(GoogleStore(pattern, manager.connect))
        return opened[-1]

    yield make
    for store in opened:
        await store.close()


async def test_each_namespace_has_its_secret_and_the_latest_version_is_read(manager, open_store):
    manager.secrets = {
        "projects/p/secrets/hooks-argo/versions/latest": b"jenkins: {type: github, secret: one}",
        "projects/p/secrets/hooks-dev/versions/latest": b"jenkins: {type: github, secret: two}",
    }
    store = open_store()
    assert await store.read("argo") == {"jenkins": b"{type: github, secret: one}\n"}
    assert await store.read("dev") == {"jenkins": b"{type: github, secret: two}\n"}
    assert manager.connected == [""], "one client for all"


async def test_a_pinned_version_stays(manager, open_store):
    manager.secrets = {"projects/p/secrets/hooks-argo/versions/3": b"a: x"}
    assert await open_store(PATTERN + "/versions/3").read("argo") == {"a": b"x"}


async def test_a_secret_of_one_region_is_asked_for_there(manager, open_store):
    manager.secrets = {"projects/p/locations/europe-west3/secrets/hooks-argo/versions/latest": b"a: x"}
    assert await open_store("projects/p/locations/europe-west3/secrets/hooks-{namespace}").read("argo")
    assert manager.connected == ["europe-west3"]


async def test_a_rotation_is_seen_within_the_cache_s_time(manager, open_store):
    clock = FakeClock()
    name = "projects/p/secrets/hooks-argo/versions/latest"
    manager.secrets = {name: b"a: old"}
    store = Store(open_store(), clock, dict, seconds=10)
    assert await store.clients("argo") == {"a": b"old"}
    manager.secrets = {name: b"a: new"}
    assert await store.clients("argo") == {"a": b"old"}
    clock.advance(10.1)
    assert await store.clients("argo") == {"a": b"new"}
    assert len(manager.asked) == 2


@pytest.mark.parametrize(
    ("code", "missing", "retry", "says"),
    [
        pytest.param(grpc.StatusCode.NOT_FOUND, True, False, "does not exist", id="no such secret"),
        pytest.param(grpc.StatusCode.PERMISSION_DENIED, False, False, "may not read", id="IAM says no"),
        pytest.param(grpc.StatusCode.UNAUTHENTICATED, False, False, "not take its token", id="no identity"),
        pytest.param(grpc.StatusCode.FAILED_PRECONDITION, False, False, "disabled", id="version disabled"),
        pytest.param(grpc.StatusCode.INTERNAL, False, True, "cannot be read", id="its own fault"),
        pytest.param(grpc.StatusCode.DEADLINE_EXCEEDED, False, True, "cannot be read", id="too slow"),
    ],
)
async def test_refusals(manager, open_store, code, missing, retry, says):
    manager.faults = [code]
    with pytest.raises(SecretError, match=says) as caught:
        await open_store().read("argo")
    assert (caught.value.missing, caught.value.retry) == (missing, retry)
    assert "hush" not in str(caught.value)


async def test_a_passing_fault_is_asked_again(manager, open_store):
    manager.secrets = {"projects/p/secrets/hooks-argo/versions/latest": b"a: x"}
    manager.faults = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED]
    assert await open_store().read("argo") == {"a": b"x"}
    assert len(manager.asked) == 3


async def test_content_that_is_no_mapping_is_told_without_it(manager, open_store):
    manager.secrets = {"projects/p/secrets/hooks-argo/versions/latest": b"hush"}
    with pytest.raises(SecretError, match="not a mapping") as caught:
        await open_store().read("argo")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("namespace", ["../x", "A", "", "a/versions/1", "a.b"])
async def test_what_is_no_namespace_asks_for_nothing(manager, open_store, namespace):
    with pytest.raises(SecretError) as caught:
        await open_store().read(namespace)
    assert caught.value.missing
    assert manager.asked == []


async def test_a_client_that_cannot_be_made_is_tried_again():
    tries = []

    async def connect(location):
        tries.append(location)
        raise ValueError("hush")

    store = GoogleStore(PATTERN, connect)
    for _ in range(2):
        with pytest.raises(SecretError) as caught:
            await store.read("argo")
        assert caught.value.retry
        assert "hush" not in str(caught.value)
    assert len(tries) == 2


def test_a_region_has_its_own_endpoint():
    assert google.endpoint("europe-west3") == "secretmanager.europe-west3.rep.googleapis.com"
    assert google.endpoint("") is None
