"""The wheel: what a person installs has all it needs, and nothing that is somebody else's."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Imported on our behalf: the zones by zoneinfo, the loop and the parser by the framework's server.
UNSEEN = {"tzdata", "uvloop", "httptools"}
# Only with a setting that a function has: the laptop's Google identities come with the kubeconfig's plugin.
FUNCTIONS_ALONE = {"google-auth", "google-api-core", "google-cloud-secret-manager"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_its_top_level_names_are_ours(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"triggerfish", "triggerfish_laptop", f"triggerfish-{PROJECT['version']}.dist-info"}


def test_it_has_every_file_of_the_packages(wheel):
    names = set(wheel.namelist())
    for source, package in (("shared", "triggerfish"), ("infra/laptop", "triggerfish_laptop")):
        for path in (ROOT / source / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(ROOT / source).as_posix() in names


@pytest.mark.parametrize(
    "place",
    [
        *("functions/cron/main.py", "functions/events/main.py"),
        *("infra/crds", "infra/kubernetes/base", "infra/kubernetes/overlays/cluster-wide"),
        *("infra/laptop/access", "infra/laptop/deliveries", "infra/laptop/samples"),
    ],
)
def test_what_a_session_reads_is_in_the_same_place_as_in_a_checkout(wheel, place):
    path = ROOT / place
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    assert files
    for file in files:
        inside = f"triggerfish_laptop/checkout/{file.relative_to(ROOT).as_posix()}"
        assert wheel.read(inside) == file.read_bytes()


def test_it_starts_by_two_names(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(name).decode()
    for command in ("triggerfish", "kubectl-triggerfish"):
        assert f"{command} = triggerfish.cli.main:main" in text


def needed(package: Path) -> set[str]:
    """The distributions that the modules of a package import, wherever they do."""
    owners = packages_distributions()
    found: set[str] = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and not top.startswith("triggerfish"):
                    found |= _owner(owners, name)
    return found - FUNCTIONS_ALONE


def _owner(owners, name: str) -> set[str]:
    top = name.split(".")[0]
    if top == "google":
        # A namespace that many distributions share.
        words = name.split(".")
        known = {"auth": "google-auth", "api_core": "google-api-core", "cloud": "google-cloud-secret-manager"}
        return {known[words[1]]} if len(words) > 1 else set()
    if top == "opentelemetry":
        # The same; its API comes with the SDK.
        return {"opentelemetry-exporter-otlp-proto-http" if ".exporter" in name else "opentelemetry-sdk"}
    return {canonicalize_name(owners[top][0])}


def declared(metadata: Message, *, extra: str) -> dict[str, Requirement]:
    found = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    return {
        canonicalize_name(one.name): one
        for one in found
        if one.marker is None or one.marker.evaluate({"extra": extra})
    }


def test_the_command_line_declares_what_it_imports(metadata):
    of_the_functions = {
        *("starlette", "uvicorn", "prometheus-client", "functions-framework"),
        *("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    }
    assert needed(ROOT / "shared/triggerfish") - of_the_functions - set(declared(metadata, extra="")) == set()


def test_the_laptop_declares_what_it_imports_and_what_the_functions_do(metadata):
    wanted = needed(ROOT / "shared/triggerfish") | needed(ROOT / "infra/laptop") | needed(ROOT / "functions")
    assert wanted - set(declared(metadata, extra="laptop")) == set()


def test_it_declares_nothing_that_nobody_imports(metadata):
    wanted = needed(ROOT / "shared/triggerfish") | needed(ROOT / "infra/laptop") | needed(ROOT / "functions")
    assert set(declared(metadata, extra="laptop")) - wanted - UNSEEN == set()


def test_what_the_tests_run_with_is_what_it_declares(metadata):
    lock = (ROOT / "infra/locks/dev.txt").read_text()
    pinned = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.M)
    }
    for name, wanted in declared(metadata, extra="laptop").items():
        assert wanted.specifier.contains(pinned[name]), name
