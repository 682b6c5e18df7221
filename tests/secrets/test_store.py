"""The Kubernetes and file stores, the cache before all of them, and opening by setting."""

import base64
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kube.fakes import FakeClock

from triggerfish.errors import ApiError, SecretError, SettingError, Unanswered
from triggerfish.secrets.backend import split
from triggerfish.secrets.file import FileStore
from triggerfish.secrets.kubernetes import KubernetesStore
from triggerfish.secrets.store import Store, open_store
from triggerfish.settings import Settings


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Secrets:
    """A cluster's Secrets, or an error; counts the questions."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    async def __call__(self, namespace, name):
        self.asked.append((namespace, name))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_kubernetes_gives_the_data_of_argo_s_secret():
    secrets = Secrets({"data": {"jenkins": b64("{type: github, secret: ä}")}})
    store = KubernetesStore(secrets)
    assert await store.read("argo") == {"jenkins": "{type: github, secret: ä}".encode()}
    assert secrets.asked == [("argo", "argo-workflows-webhook-clients")]


@pytest.mark.parametrize(
    ("answer", "missing", "retry", "says"),
    [
        pytest.param(ApiError(404, "NotFound", "hush"), True, False, "does not exist", id="missing"),
        pytest.param(ApiError(403, "Forbidden", "hush"), False, False, "403 Forbidden", id="forbidden"),
        pytest.param(ApiError(500, "", "hush"), False, True, "500", id="an error of the API server"),
        pytest.param(Unanswered("no answer"), False, True, "no answer", id="no answer"),
        pytest.param({"data": {"a": "hush!"}}, False, False, "base64", id="no base64"),
        pytest.param({"data": {"a": 1}}, False, False, "base64", id="a number"),
    ],
)
async def test_kubernetes_refusals(answer, missing, retry, says):
    with pytest.raises(SecretError, match=says) as caught:
        await KubernetesStore(Secrets(answer)).read("argo")
    assert (caught.value.missing, caught.value.retry) == (missing, retry)
    assert "hush" not in str(caught.value)


async def test_a_secret_without_data_has_no_clients():
    assert await KubernetesStore(Secrets({"data": None})).read("argo") == {}


@pytest.fixture
def folder(tmp_path):
    """A mounted volume, as the kubelet makes it: files are links into a folder that is swapped."""
    argo = tmp_path / "argo"
    for version, text in (("one", "first"), ("two", "second")):
        (argo / f"..{version}").mkdir(parents=True)
        (argo / f"..{version}" / "jenkins").write_text(text)
    (argo / "..data").symlink_to("..one")
    (argo / "jenkins").symlink_to("..data/jenkins")
    return tmp_path


async def test_files_of_a_mounted_volume_are_seen_when_it_is_swapped(folder):
    store = FileStore(folder)
    assert await store.read("argo") == {"jenkins": b"first"}
    (folder / "argo" / "..next").symlink_to("..two")
    os.replace(folder / "argo" / "..next", folder / "argo" / "..data")
    assert await store.read("argo") == {"jenkins": b"second"}


@pytest.mark.parametrize("namespace", ["other", "..", "../argo", "", "a/b", "ARGO"])
async def test_no_folder_for_a_namespace_is_missing_and_none_leads_out(folder, namespace):
    with pytest.raises(SecretError) as caught:
        await FileStore(folder / "argo").read(namespace)
    assert caught.value.missing


async def test_a_file_that_is_too_long_is_refused(folder):
    (folder / "argo" / "big").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(SecretError, match="longer"):
        await FileStore(folder).read("argo")


def parse(data):
    return {name: text.decode() for name, text in data.items()}


class Backend:
    """Counts readings; ``answer`` may be an error."""

    def __init__(self, answer):
        self.answer, self.readings = answer, 0

    async def read(self, namespace):
        self.readings += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self):
        self.closed = True


async def test_what_was_read_is_believed_and_a_rotation_seen_after():
    clock, backend = FakeClock(), Backend({"a": b"old"})
    store = Store(backend, clock, parse, seconds=10)
    first = await store.clients("argo")
    backend.answer = {"a": b"new"}
    assert await store.clients("argo") is first
    clock.advance(10.1)
    assert await store.clients("argo") == {"a": "new"}
    assert (store.hits, store.misses) == (1, 2)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        pytest.param(SecretError("no", missing=True), 5.0, id="missing"),
        pytest.param(SecretError("no", retry=True), 1.0, id="trouble"),
    ],
)
async def test_trouble_is_believed_for_a_short_while_only(error, seconds):
    clock, backend = FakeClock(), Backend(error)
    store = Store(backend, clock, parse, seconds=10)
    for advance, readings in ((0, 1), (seconds - 0.1, 1), (0.2, 2)):
        clock.advance(advance)
        with pytest.raises(SecretError):
            await store.clients("argo")
        assert backend.readings == readings


async def test_an_error_that_is_no_secret_error_is_not_kept():
    backend = Backend(RuntimeError("bug"))
    store = Store(backend, FakeClock(), parse, seconds=10)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await store.clients("argo")
    assert backend.readings == 2


async def test_its_repr_shows_no_content():
    store = Store(Backend({"a": b"hush"}), FakeClock(), parse, seconds=10)
    await store.clients("argo")
    assert "hush" not in repr(store)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param(
            Settings.of({"SECRET_STORE": "cupboard"}),
            r"SECRET_STORE is 'cupboard'; it takes one of: kubernetes, google, file",
            id="no store of that name",
        ),
        pytest.param(Settings(secret_store="file"), "SECRET_FOLDER", id="file without a folder"),
        pytest.param(Settings(secret_store="google"), "SECRET_NAME", id="google without a name"),
        pytest.param(
            Settings(secret_store="google", secret_name="projects/p/secrets/s"),
            r"needs \{namespace\}",
            id="google: one secret for all namespaces",
        ),
        pytest.param(
            Settings(secret_store="google", secret_name="s-{namespace}"),
            "takes one like",
            id="google: no resource",
        ),
    ],
)
def test_a_store_that_needs_a_setting_says_which(settings, says):
    with pytest.raises(SettingError, match=says):
        open_store(settings, Secrets({}), FakeClock(), parse)


async def test_a_store_is_opened_by_setting(folder):
    settings = Settings(secret_store="file", secret_folder=str(folder))
    store = open_store(settings, Secrets({}), FakeClock(), parse)
    assert await store.clients("argo") == {"jenkins": "first"}
    await store.close()


def test_google_s_library_is_not_imported_before_it_is_needed():
    program = "import sys, triggerfish.secrets.store; print(any(m.startswith('google') for m in sys.modules))"
    root = os.path.dirname(os.path.dirname(os.path.dirname(__import__("triggerfish.secrets.store").__file__)))
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import sys; sys.path[:0] = sys.argv[1:]; " + program, root, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("a: '{type: github, secret: x}'", {"a": "{type: github, secret: x}"}, id="texts"),
        pytest.param(
            "a: {type: github, secret: 0123}", {"a": "{type: github, secret: 0123}\n"}, id="mappings"
        ),
        pytest.param('{"a": {"type": "github"}}', {"a": '{"type": "github"}\n'}, id="JSON"),
        pytest.param("{}", {}, id="none"),
    ],
)
def test_one_document_is_taken_apart_and_no_value_changes(content, expected):
    assert {name: text.decode() for name, text in split(content.encode(), "it").items()} == expected


@pytest.mark.parametrize(
    "content", [b"", b"hush", b"[hush]", b"a: [hush", b"a: 1\na: 2", b"{[a]: hush}", b"\xff"]
)
def test_what_is_no_mapping_is_told_without_its_content(content):
    with pytest.raises(SecretError) as caught:
        split(content, "it")
    assert "hush" not in str(caught.value)


@given(st.binary(max_size=120))
def test_any_content_is_clients_or_a_secret_error(content):
    said = ""
    try:
        split(content, "it")
    except SecretError as error:
        said = str(error)
    assert said in ("", "it is not YAML") or said.startswith(("it is not a mapping", "it has a key"))


async def test_the_clients_of_all_namespaces_take_no_more_than_so_much():
    secrets = Secrets({"data": {f"c{n}": b64("x" * 600) for n in range(100)}})
    parsed = []

    def parse(data):
        parsed.append(1)
        return object()

    clock = FakeClock()
    store = Store(KubernetesStore(secrets), clock, parse, seconds=10)
    first = await store.clients("first")
    for number in range(200):
        await store.clients(f"ns{number}")
    assert store._held <= 16 << 20
    assert store._cache.held <= 16 << 20
    # One that was let go is read again; one that was not is the same, even once it is asked for again.
    assert await store.clients("first") is not first
    last = await store.clients("ns199")
    clock.advance(11)
    assert await store.clients("ns199") is last
