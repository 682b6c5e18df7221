"""Tokens: files that are rotated, leases that end, and the kubeconfig's, pod's and Google's ways to one."""

import asyncio
import datetime
import os
import stat
import sys
import textwrap

import pytest
import yaml

from triggerfish.errors import SettingError, Unanswered
from triggerfish.kube import credentials
from triggerfish.kube.credentials import load
from triggerfish.kube.identities.gke import google_tokens
from triggerfish.kube.tokens import Lease, Leased, TokenFile, digest
from triggerfish.settings import Settings


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("first\n")
    return path


async def test_a_token_file_is_read_again_when_it_is_rotated(tmp_path):
    # A mounted volume is rotated by swapping a link.
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(f" {name}\n")
    (tmp_path / "data").symlink_to("one")
    source = TokenFile(str(tmp_path / "data" / "token"))
    assert await source.token() == "one"
    (tmp_path / "next").symlink_to("two")
    os.replace(tmp_path / "next", tmp_path / "data")
    assert await source.token() == "two"


async def test_a_refused_token_file_is_read_again_though_it_looks_the_same(token_file):
    source = TokenFile(str(token_file))
    await source.token()
    facts = token_file.stat()
    token_file.write_text("other\n")
    os.utime(token_file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert await source.token() == "first"
    source.refused("first")
    assert await source.token() == "other"


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), (b"", "is empty"), (b"\xff", "cannot be read")], ids=repr
)
def test_a_token_file_without_a_token_is_a_setting_error(tmp_path, content, says):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingError, match=says):
        TokenFile(str(path)).read()


async def test_a_lease_is_asked_for_again_when_it_ends(clock):
    given = iter("abc")

    async def ask():
        return Lease(next(given), 100.0)

    source = Leased(clock, ask)
    assert [await source.token(), await source.token()] == ["a", "a"]
    clock.advance(101)
    assert await source.token() == "b"
    source.refused("a")
    assert await source.token() == "b", "an old token's refusal leaves the new one"
    source.refused("b")
    assert await source.token() == "c"


async def test_a_question_without_an_answer_is_waited_for_in_vain_and_never_asked_twice(clock):
    answered, asked = asyncio.Event(), []

    async def ask():
        asked.append(1)
        await answered.wait()
        return Lease("late", 100.0)

    source = Leased(clock, ask, patience=0.01)
    for _ in range(2):
        with pytest.raises(Unanswered, match="no token within"):
            await source.token()
    answered.set()
    await asyncio.sleep(0)
    assert (await source.token(), len(asked)) == ("late", 1)


def test_digests_are_of_the_whole_and_parts_do_not_run_together():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a") == digest("a")
    assert len(digest("a")) == 32


async def test_in_a_pod_the_mounted_files_are_used(tmp_path, clock):
    (tmp_path / "token").write_text("pod")
    (tmp_path / "ca.crt").write_text("PEM")
    settings = Settings(kubernetes_service_host="fd00::1", kubernetes_service_port="6443")
    found = await load(settings, clock, pod_files=str(tmp_path))
    assert (found.server.url, found.server.ca) == ("https://[fd00::1]:6443", "PEM")
    assert await found.authorization.token() == "pod"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param(Settings(), "KUBECONFIG", id="neither a pod nor a kubeconfig"),
        pytest.param(Settings(kubernetes_service_host="10.0.0.1"), "token", id="a pod without a token"),
        pytest.param(Settings(kubeconfig="/nowhere"), "/nowhere", id="no such file"),
        pytest.param(Settings(kube_auth="gke"), "GKE_HOST", id="gke without a host"),
        pytest.param(Settings(kube_auth="gke", gke_host="h", gke_ca="hush!"), "base64", id="gke: a wrong CA"),
        pytest.param(
            Settings(kube_auth="gke", gke_host="http://h", gke_ca="UEVN"), "https", id="gke: no plain HTTP"
        ),
    ],
)
async def test_what_is_missing_is_named(settings, says, tmp_path, clock):
    with pytest.raises(SettingError, match=says) as caught:
        await load(settings, clock, pod_files=str(tmp_path))
    assert "hush" not in str(caught.value)


def kubeconfig(tmp_path, user):
    path = tmp_path / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "dev",
                "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443"}}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return Settings(kubeconfig=str(path))


def plugin(tmp_path, status):
    """An exec plugin that answers ``status`` and counts its runs."""
    path = tmp_path / "plugin"
    path.write_text(
        textwrap.dedent(f"""\
        #!{sys.executable}
        import json
        with open({str(tmp_path / "runs")!r}, "a") as runs:
            runs.write("x")
        print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                           "status": {status!r}}}))
        """)
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    api_version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": api_version, "command": str(path), "interactiveMode": "Never"}}


def runs(tmp_path):
    return len((tmp_path / "runs").read_text())


async def test_an_exec_plugin_gives_the_token_and_runs_again_when_it_has_expired(tmp_path, clock):
    status = {"token": "plugged", "expirationTimestamp": "2020-01-01T00:00:00Z"}
    found = await load(kubeconfig(tmp_path, plugin(tmp_path, status)), clock)
    assert await found.authorization.token() == "plugged"
    before = runs(tmp_path)
    await found.authorization.token()
    assert runs(tmp_path) == before, "not for each request"
    clock.advance(31)
    await found.authorization.token()
    assert runs(tmp_path) == before + 1


async def test_a_plugin_that_gives_nothing_is_not_anonymous(tmp_path, clock):
    with pytest.raises(SettingError, match="no token"):
        await load(kubeconfig(tmp_path, plugin(tmp_path, {})), clock)


async def test_a_plugin_that_gives_a_certificate_has_no_token(tmp_path, clock):
    status = {"clientCertificateData": "CERTIFICATE", "clientKeyData": "KEY"}
    found = await load(kubeconfig(tmp_path, plugin(tmp_path, status)), clock)
    assert found.certificate is not None
    assert (found.certificate.certificate, found.certificate.key) == ("CERTIFICATE", "KEY")
    assert await found.authorization.token() is None


async def test_static_credentials_do_not_import_the_kubernetes_package(tmp_path):
    settings = kubeconfig(tmp_path, {"token": "t"})
    program = f"""
import asyncio, sys
from triggerfish.runtime.clock import Clock
from triggerfish.kube.credentials import load
from triggerfish.settings import Settings
found = asyncio.run(load(Settings(kubeconfig={settings.kubeconfig!r}), Clock()))
print(sorted({{"kubernetes", "google.auth", "requests"}} & set(sys.modules)))
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": os.path.dirname(os.path.dirname(os.path.dirname(credentials.__file__)))},
    )
    printed, _ = await process.communicate()
    assert printed.decode().strip() == "[]"


async def test_of_several_kubeconfigs_a_missing_one_is_passed_over(tmp_path, clock):
    path = kubeconfig(tmp_path, {"token": "t"}).kubeconfig
    found = await load(Settings(kubeconfig=f"/nowhere:{path}"), clock)
    assert await found.authorization.token() == "t"


async def test_gke_by_settings_alone(clock):
    found = await load(Settings(kube_auth="gke", gke_host="34.1.2.3", gke_ca="UEVN"), clock)
    assert (found.server.url, found.server.ca) == ("https://34.1.2.3", "PEM")
    named = await load(Settings(kube_auth="gke", gke_host="https://gke-1.europe-west3.gke.goog"), clock)
    assert (named.server.url, named.server.ca) == ("https://gke-1.europe-west3.gke.goog", "")


class FakeGoogle:
    """What google.auth.default() gives: refreshed, it has a token and a time without a zone."""

    def __init__(self, clock):
        self.clock, self.refreshed = clock, 0
        self.token = self.expiry = self.error = None

    def refresh(self, request):
        if self.error:
            raise self.error
        self.refreshed += 1
        self.token = f"google-{self.refreshed}"
        self.expiry = self.clock.now().replace(tzinfo=None) + datetime.timedelta(seconds=3600)


async def test_google_tokens_are_refreshed_a_minute_before_they_end(clock):
    google = FakeGoogle(clock)
    source = google_tokens(clock, lambda: google)
    assert await source.token() == "google-1"
    clock.advance(3539)
    assert await source.token() == "google-1"
    clock.advance(2)
    assert await source.token() == "google-2"


async def test_google_that_gives_no_token_is_no_answer(clock):
    from google.auth.exceptions import RefreshError

    google = FakeGoogle(clock)
    google.error = RefreshError("hush")
    with pytest.raises(Unanswered) as caught:
        await google_tokens(clock, lambda: google).token()
    assert "hush" not in str(caught.value)
