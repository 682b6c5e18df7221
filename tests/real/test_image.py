"""Images built without a daemon: pushed to a registry, pulled by digest, unpacked, started as their user."""

import io
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.infra.test_package import healthz
from tests.real import debian
from tests.real.tools import CRANE
from tests.support.wrong_settings import KUBECONFIG

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "infra" / "package" / "image.py"
FUNCTIONS = ("cron", "events")
HERE = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}[platform.machine()]
OTHER = {"linux/amd64": "linux/arm64", "linux/arm64": "linux/amd64"}[HERE]
# e_machine of an ELF file: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
MACHINES = {"linux/amd64": 62, "linux/arm64": 183}
MOST = 150 * 1000 * 1000


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [CRANE.path(), "registry", "serve", "--address", address], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(tuple(address.split(":")), timeout=5).close()  # type: ignore[arg-type]
                break
            except OSError:
                assert time.monotonic() < deadline, "the registry does not listen"
                time.sleep(0.05)  # not listening yet: there is nothing to wait on
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("build")
    script = ROOT / "infra" / "package" / "package.py"
    subprocess.run([sys.executable, str(script), str(target)], check=True, capture_output=True)
    return target


def image(*arguments: object, code: int = 0) -> str:
    command = [sys.executable, str(IMAGE), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def base(registry, tmp_path_factory) -> str:
    """A base image for two platforms, by digest; of the other one it has no more than Python's name."""
    folder = tmp_path_factory.mktemp("base")
    other = folder / "other.tar"
    with tarfile.open(other, "w") as archive:
        archive.addfile(tarfile.TarInfo("usr/bin/python3.11"), io.BytesIO())
    parts = []
    for number, (which, layer) in enumerate([(HERE, debian.root()), (OTHER, other)]):
        name = f"{registry}/part:{number}"
        CRANE.says("append", "--oci-empty-base", "--new_layer", str(layer), "--new_tag", name)
        CRANE.says("mutate", name, "--set-platform", which, "--env", "BASE=here", "--tag", name)
        parts += ["--manifest", name]
    CRANE.says("index", "append", *parts, "--tag", f"{registry}/base:1")
    return f"{registry}/base@{CRANE.says('digest', f'{registry}/base:1')}"


@pytest.fixture(scope="module")
def pushed(registry, base, packages) -> dict[str, str]:
    """Each function's image by digest: one on a root of Debian's packages, one on a base image."""
    found = {}
    for function, source in (("cron", ("--root", debian.root())), ("events", ("--base", base))):
        name, digest = f"{registry}/triggerfish-{function}", packages / f"{function}.digest"
        said = image(
            *(packages / function, *source, "--platform", HERE, "--push", f"{name}:0.2.0"),
            *("--crane", CRANE.path(), "--digest-file", digest),
        )
        print(said)
        assert re.search(rf"^{function} {HERE}: [\d.]+ MiB compressed \(base ", said, re.M)
        assert said.splitlines()[-1] == digest.read_text().strip()
        found[function] = f"{name}@{digest.read_text().strip()}"
    return found


def manifest(reference: str, which: str = HERE) -> dict:
    return json.loads(CRANE.says("manifest", reference, "--platform", which))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_has_less_than_150_megabytes(pushed, function):
    size = sum(layer["size"] for layer in manifest(pushed[function])["layers"])
    print(f"{function}: {size / 1e6:.1f} MB compressed")
    assert size < MOST


# A root that nobody can write to, but for /tmp, as the manifests mount it; then the image's own user.
READ_ONLY = """
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
mount -t tmpfs tmpfs "$0/tmp"
user=$1; shift
exec chroot --userspec="$user" "$0" "$@"
"""


def start(root: Path, user: str) -> list[str]:
    """The beginning of a command that runs in that root, as that user."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0:
        return ["unshare", "--mount", "sh", "-ec", READ_ONLY, str(root), user]
    # A container without the right to mount: all files but /tmp are root's, so the user cannot write either.
    return ["chroot", f"--userspec={user}", str(root)]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: to unpack, to mount and to change its root")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_unpacked_it_starts_as_its_user_on_a_read_only_root_and_answers(pushed, function, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    archive = tmp_path / "image.tar"
    CRANE.says("export", pushed[function], str(archive), "--platform", HERE)
    subprocess.run(["tar", "-xpf", str(archive), "-C", str(root)], check=True)
    archive.unlink()
    config = json.loads(CRANE.says("config", pushed[function], "--platform", HERE))["config"]
    assert config["User"] == "65532:65532"
    (root / "kubeconfig").write_text(KUBECONFIG)
    port = free_port()
    given = [*config["Env"], f"PORT={port}", "KUBECONFIG=/kubeconfig"]
    environment = ["/usr/bin/env", "-i", f"--chdir={config['WorkingDir']}", *given]
    within = [*start(root, config["User"]), *environment]
    writes = "touch /function/x || touch /venv/x || touch /x; id -u"
    tried = subprocess.run([*within, "sh", "-c", writes], capture_output=True, text=True, check=False)
    assert tried.stdout == "65532\n", tried.stderr
    assert tried.stderr.count("Read-only file system") + tried.stderr.count("Permission denied") == 3
    # What the CronJob of infra/kubernetes calls.
    if function == "cron":
        subprocess.run([*within, "python", "-c", "import triggerfish.cron_function.call"], check=True)
    process = subprocess.Popen(
        [*within, *config["Cmd"]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert healthz(process, port) == 200
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output, output
    # Everything was compiled when the image was built.
    assert not [path for path in (root / "function").rglob("*.py") if not compiled(path).is_file()]


def compiled(path: Path) -> Path:
    return path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc"


def test_the_same_package_gives_the_same_layers_and_each_platform_its_own_wheels(
    registry, base, packages, pushed, tmp_path
):
    name, output = f"{registry}/both", tmp_path / "layout"
    digest = image(
        *(packages / "cron", "--base", base, "--platform", HERE, "--platform", OTHER),
        *("--push", f"{name}:1", "--crane", CRANE.path(), "--output", output),
    ).splitlines()[-1]
    both = f"{name}@{digest}"
    assert [each["platform"] for each in json.loads(CRANE.says("manifest", both))["manifests"]] == [
        dict(zip(("os", "architecture"), which.split("/"), strict=True)) for which in (HERE, OTHER)
    ]
    # Built a second time, elsewhere, on a base image: dependencies and function have the same bytes.
    layers = [manifest(reference)["layers"][-2:] for reference in (both, pushed["cron"])]
    assert layers[0] == layers[1]
    # What the base says stays.
    assert "BASE=here" in json.loads(CRANE.says("config", both, "--platform", OTHER))["config"]["Env"]
    for which in (HERE, OTHER):
        _, dependencies, function = manifest(both, which)["layers"]
        assert machines(blob(output, dependencies)) == {MACHINES[which]}
        assert function == layers[0][-1], "the function itself is the same on every platform"


def blob(layout: Path, descriptor: dict) -> Path:
    return layout / "blobs" / "sha256" / descriptor["digest"].removeprefix("sha256:")


def machines(layer: Path) -> set[int]:
    """What the compiled modules of a layer are for."""
    found = set()
    with tarfile.open(layer) as archive:
        for entry in archive:
            assert (entry.uid, entry.gid, entry.mtime, entry.mode & 0o022) == (0, 0, 0, 0) or entry.issym()
            if ".so" in entry.name and entry.isreg():
                head = archive.extractfile(entry).read(20)  # type: ignore[union-attr]
                assert head[:4] == b"\x7fELF", entry.name
                found.add(int.from_bytes(head[18:20], "little"))
    return found


def archive_of(path: Path, *names: str) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return path


def test_what_cannot_be_built_is_said(packages, tmp_path, registry, base):
    bare = archive_of(tmp_path / "bare.tar", "usr/bin/perl")
    good = archive_of(tmp_path / "good.tar", "usr/bin/python3.11")
    output = ("--output", tmp_path / "layout")
    crane = ("--crane", CRANE.path())
    package = packages / "cron"
    assert "no Python" in image(package, "--root", bare, *output, code=1)
    assert "`make package`" in image(tmp_path, "--root", good, *output, code=1)
    assert "root.sh" in image(package, "--root", tmp_path / "absent.tar", code=2)
    two = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    assert "1 for 2 platforms" in image(package, "--root", good, *two, code=2)
    absent = f"{registry}/absent:1"
    assert "crane pull" in image(package, "--base", absent, *output, *crane, code=1)
    single = f"{registry}/part:1"
    assert f"is for {OTHER}, not for {HERE}" in image(
        *(package, "--base", single, "--platform", HERE), *output, *crane, code=1
    )
    assert "was not found" in image(package, "--base", base, *output, "--crane", "/no/crane", code=1)
