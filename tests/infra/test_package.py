"""`make package`: the same bytes twice, nothing of the laptop's, and each starts where nothing else is."""

import ast
import hashlib
import http.client
import importlib.util
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from tests.support.wrong_settings import KUBECONFIG

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("cron", "events")
# Imported by others on our behalf: the framework's loop and parser, zoneinfo's zones.
UNSEEN = {"uvloop", "tzdata", "httptools"}


def package(target: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "infra/package/package.py"), str(target)], check=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("build")
    package(target)
    return target


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_checkout_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    package(tmp_path)
    assert digests(tmp_path) == digests(built)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_of_the_laptops_is_in_it(built: Path, function: str) -> None:
    names = set(digests(built / function))
    assert {"main.py", "requirements.txt", "Dockerfile", "Procfile", "LICENSE", "sbom.json"} <= names
    assert "triggerfish/kube/client.py" in names
    for name in names:
        assert not name.startswith("triggerfish/cli"), name
        assert "__pycache__" not in name
    with zipfile.ZipFile(built / f"{function}.zip") as archive:
        assert set(archive.namelist()) == names


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_bill_of_materials_names_every_pin(built: Path, function: str) -> None:
    pins = set(re.findall(r"^(\S+?)==([^\s;\\]+)", (built / function / "requirements.txt").read_text(), re.M))
    components = json.loads((built / function / "sbom.json").read_text())["components"]
    assert {(one["name"], one["version"]) for one in components} == pins


def imports(path: Path) -> Iterator[str]:
    """Every module that a file may import, wherever in it, but for type checking only."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            yield from (each.value for each in node.args if isinstance(each, ast.Constant))


def module_file(folder: Path, name: str) -> Path | None:
    """The file of a module of the package, whose last part may be a name in it."""
    while name:
        path = folder / name.replace(".", "/")
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
        name = name.rpartition(".")[0]
    return None


def reached(folder: Path) -> tuple[set[str], set[str]]:
    """What main.py may come to import: names of foreign modules, and rooms of the package."""
    foreign: set[str] = set()
    todo, seen = [folder / "main.py"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.parent.name in ("webhooks", "secrets"):
            # Registries: whichever file is there may be asked for by name.
            todo += path.parent.glob("*.py")
        for name in imports(path):
            inner = module_file(folder, name) if name.startswith("triggerfish") else None
            if inner:
                todo.append(inner)
            else:
                foreign.add(name)
    inside = (path.relative_to(folder / "triggerfish") for path in seen if path.name != "main.py")
    return foreign, {path.parts[0] for path in inside}


def distributions(names: set[str]) -> set[str]:
    known = packages_distributions()
    found = set()
    for name in names:
        top, *rest = name.split(".")
        if top in sys.stdlib_module_names or top not in known:
            continue
        owners = known[top]
        if len(owners) > 1:
            # A namespace package: `google.auth` and `google.cloud.secretmanager` have different owners.
            spec = importlib.util.find_spec(".".join([top, *rest[:2]])) if rest else None
            owners = [
                owner
                for owner in owners
                if owner.startswith(f"google-{rest[0]}" if rest and rest[0] != "cloud" else "google-cloud")
                or spec is None
            ]
        found |= {owner.lower().replace("_", "-") for owner in owners}
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_requirement_is_imported_and_each_import_is_required(built: Path, function: str) -> None:
    stated = (ROOT / "functions" / function / "requirements.txt").read_text()
    required = set(re.findall(r"^[a-z][\w.-]*", stated, re.M))
    used = distributions(reached(built / function)[0]) | UNSEEN
    locked = set(re.findall(r"^(\S+?)==", (built / function / "requirements.txt").read_text(), re.M))
    assert sorted(required - used) == [], "required, and never imported"
    assert sorted(used - locked) == [], "imported, and not in the lock"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_holds_the_rooms_that_its_function_needs_and_no_other(built: Path, function: str) -> None:
    names = {path.name for path in (built / function / "triggerfish").iterdir()}
    assert names - {"__init__.py", "py.typed"} == reached(built / function)[1] - {"__init__.py"}


@pytest.fixture(scope="module", params=FUNCTIONS)
def alone(
    request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, Path]:
    """A function's package, and a virtual environment with nothing but its requirements."""
    folder = built / request.param
    environment = tmp_path_factory.mktemp(f"venv-{request.param}") / "venv"
    uv = str(Path(sys.executable).parent / "uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes"]
    subprocess.run([*install, "-r", str(folder / "requirements.txt")], check=True)
    return request.param, folder, python


def test_it_starts_where_the_package_is_not_installed(alone: tuple[str, Path, Path], tmp_path: Path) -> None:
    function, folder, python = alone
    probe = [str(python), "-c", "import triggerfish"]
    assert subprocess.run(probe, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [str(python.parent / "functions-framework"), f"--target={function}", "--source=main.py"]
    environment = {"PATH": str(python.parent), "WORKERS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    bare = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    # There is no cluster: it says so, and nothing is missing that it would need to find one.
    assert bare.returncode == 78, bare.stderr
    assert "KUBECONFIG is unset" in bare.stdout
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    process = subprocess.Popen(
        [*command, "--host=127.0.0.1", f"--port={port}"],
        cwd=folder,
        env={**environment, "KUBECONFIG": str(tmp_path / "kubeconfig")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert healthz(process, port) == 200
        (tmp_path / "kubeconfig").unlink()
        # There is no cluster: its log says so, and nothing is missing that it would need to find one.
        status, body = answer(port, *REQUESTS[function])
        assert (status, body["code"]) == (500, 13)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert "Traceback" not in output, output
    assert str(tmp_path / "kubeconfig") in output


IMPORT_ALL = """
import importlib, pathlib, pkgutil, sys
sys.path.insert(0, ".")
import triggerfish
names = [each.name for each in pkgutil.walk_packages(triggerfish.__path__, "triggerfish.")]
for name in names:
    importlib.import_module(name)
print(len(names) + 1 - len(list(pathlib.Path("triggerfish").rglob("*.py"))))
"""


def test_all_of_it_can_be_imported_where_nothing_else_is(alone: tuple[str, Path, Path]) -> None:
    """With the function's requirements alone, and without the rooms that it does not hold."""
    _, folder, python = alone
    command = [str(python), "-B", "-W", "error", "-P", "-c", IMPORT_ALL]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


REQUESTS = {"cron": ("POST", "/", {}), "events": ("GET", "/api/v1/info", {"Authorization": "Bearer x"})}


def answer(port: int, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def healthz(process: subprocess.Popen[str], port: int) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status
        except OSError:
            time.sleep(0.05)  # not listening yet: there is nothing to wait on
        finally:
            connection.close()
    raise AssertionError("it did not start")


# What a pyc says of itself in its second word, PEP 552: made from a hash, and the hash is looked at.
BY_HASH, CHECKED = 0b01, 0b10
# The buildpack of Cloud Run functions runs this over the source, after it has installed the requirements.
BUILDPACK = "-m compileall -f -q ."


def compiled(folder: Path, command: str, environment: dict[str, str]) -> set[int]:
    """What the pycs say of themselves that the command makes in the folder."""
    # An own interpreter's name in the command does not matter: its options do.
    subprocess.run([sys.executable, *command.split()], cwd=folder, env=environment, check=True)
    made = list(folder.rglob("*.pyc"))
    assert len(made) == len(list(folder.rglob("*.py")))
    return {int.from_bytes(path.read_bytes()[4:8], "little") for path in made}


def test_what_an_image_compiled_holds_whatever_the_times_of_its_files(built: Path, tmp_path: Path) -> None:
    """Builders of repeatable images set them back; what goes by time is then compiled at each start."""
    folder = shutil.copytree(built / "events", tmp_path / "events")
    (command,) = re.findall(
        r"^RUN /venv/bin/python (-m compileall .*) /function$", (folder / "Dockerfile").read_text(), re.M
    )
    assert compiled(folder, f"{command} .", {}) == {BY_HASH}


def test_what_the_buildpack_compiled_holds_too(built: Path, tmp_path: Path) -> None:
    """Its exporter sets all times to 1980. What Terraform tells the build decides how it compiles."""
    folder = shutil.copytree(built / "events", tmp_path / "events")
    text = (ROOT / "infra/terraform/functions.tf").read_text()
    build = text[text.index("build_config {") : text.index("service_config {")]
    environment = dict(re.findall(r'^ +(?:environment_variables += \{ )?([A-Z_]+) = "(\w+)"', build, re.M))
    assert compiled(folder, BUILDPACK, environment) == {BY_HASH | CHECKED}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_image_is_built_of_hashed_wheels_and_runs_as_nobody(built: Path, function: str) -> None:
    text = (built / function / "Dockerfile").read_text()
    assert "@FUNCTION@" not in text
    (install,) = re.findall(r"pip install (.*)", text)
    assert {"--require-hashes", "--only-binary=:all:"} <= set(install.split())
    last = text.rpartition("\nFROM ")[2]
    (user,) = re.findall(r"^USER (\d+):\d+$", last, re.M)
    assert int(user) > 0
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        for name in source.split():
            assert (built / function / name).exists(), name
    assert f'"--target={function}"' in text
    assert f"--target={function} " in (built / function / "Procfile").read_text()
