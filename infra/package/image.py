"""An OCI image of a packaged function, built without a daemon: layers are files, crane pushes them.

The base is an image of a registry (``--base``) or a root file system that ``root.sh`` made of Debian's
packages (``--root``). Nothing of the base is run, so every machine builds for every platform. The same
package on the same base gives the same digest.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oci import OCI, Failed, Image, Layout, archived, from_registry, from_root, run

# What uv calls the wheels of a platform. Every Debian and Red Hat that is maintained has glibc 2.28 or newer.
WHEELS = {"linux/amd64": "x86_64-manylinux_2_28", "linux/arm64": "aarch64-manylinux_2_28"}
INTERPRETER = re.compile(r"(?:\./)?(usr/(?:local/)?bin)/python(3\.\d+)")
USER = "65532:65532"
OWN_FILES = ("main.py", "LICENSE", "triggerfish")
BIG = 1 << 20


@dataclass(frozen=True)
class Python:
    """The interpreter of a base: its folder, without a slash at the front, and its version, ``3.12``."""

    folder: str
    version: str


def python_of(image: Image, layout: Layout) -> Python:
    """The newest interpreter in the base; the one in ``/usr/local`` wins."""
    found: set[tuple[bool, int, str]] = set()
    for layer in image.layers:
        if not layer["mediaType"].endswith(("gzip", "tar")):
            raise Failed(f"A layer of the base is {layer['mediaType']}: only tar and gzip are known.")
        with tarfile.open(fileobj=io.BytesIO(layout.read(layer))) as archive:
            for name in archive.getnames():
                if match := INTERPRETER.fullmatch(name):
                    found.add((match[1] == "usr/local/bin", int(match[2][2:]), match[1]))
    if not found:
        raise Failed("The base has no Python: neither /usr/local/bin/python3.N nor /usr/bin/python3.N.")
    _, minor, folder = max(found)
    return Python(folder, f"3.{minor}")


def install(package: Path, python: Python, platform: str, stage: Path) -> Path:
    """The virtual environment of the package's locked requirements, as the platform has them: ``/venv``."""
    venv = stage / "venv"
    site = venv / "lib" / f"python{python.version}" / "site-packages"
    command = [
        str(Path(sys.executable).parent / "uv"),
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
    ]
    # Only wheels, each with a hash of the lock: no package runs its own code while it is installed.
    command += ["--require-hashes", "--only-binary=:all:", "--python-platform", WHEELS[platform]]
    command += ["--python-version", python.version, "--link-mode", "copy", "--target", str(site)]
    run(*command, "--requirements", str(package / "requirements.txt"))
    shutil.rmtree(site / "bin", ignore_errors=True)  # their first lines name this machine's Python
    (site / ".lock").unlink(missing_ok=True)
    for record in site.glob("*.dist-info/RECORD"):
        # A line of a file in bin/ has a hash of that first line.
        kept = [line for line in record.read_text().splitlines(keepends=True) if not line.startswith("bin/")]
        record.write_text("".join(kept))
    programs = venv / "bin"
    programs.mkdir()
    for name in ("python", "python3", f"python{python.version}"):
        (programs / name).symlink_to(f"/{python.folder}/python{python.version}")
    (venv / "pyvenv.cfg").write_text(
        f"home = /{python.folder}\ninclude-system-site-packages = false\nversion = {python.version}\n"
    )
    program = programs / "functions-framework"
    program.write_text(
        "#!/venv/bin/python\nimport sys\nfrom functions_framework._cli import _cli\nsys.exit(_cli())\n"
    )
    program.chmod(0o755)
    return venv


def own(package: Path, stage: Path) -> Path:
    """What the function itself needs: ``/function``."""
    function = stage / "function"
    function.mkdir()
    for name in OWN_FILES:
        source = package / name
        if not source.exists():
            raise Failed(f"{package} has no {name}: it must be a folder that `make package` made.")
        if source.is_dir():
            shutil.copytree(source, function / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, function / name)
    return function


def compile_all(folder: Path, stage: Path, python: Python) -> None:
    """Compile now: the root file system is read-only at run time, and cold starts are shorter.

    Any Python of the base's version does it, for every platform. The compiled files do not look at times.
    """
    interpreter = sys.executable
    if python.version != f"3.{sys.version_info.minor}":
        interpreter = run(str(Path(sys.executable).parent / "uv"), "python", "find", python.version).strip()
    command = [interpreter, "-I", "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(stage), "-p", "/", str(folder)]
    try:
        run(*command, environment={"PYTHONHASHSEED": "0"})
    except Failed:
        # Some packages carry tests with wrong syntax on purpose; ours must compile.
        if folder.name == "function":
            raise


def configured(config: dict[str, Any], function: str) -> dict[str, Any]:
    """The configuration of the base, with what infra/package/Dockerfile.in says."""
    inner = dict(config.get("config") or {})
    given = dict(one.split("=", 1) for one in inner.get("Env") or ())
    path = given.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    given |= {"PATH": f"/venv/bin:{path}", "PYTHONUNBUFFERED": "1", "WORKERS": "1", "PORT": "8080"}
    inner |= {
        "Env": [f"{name}={value}" for name, value in given.items()],
        "User": USER,
        "WorkingDir": "/function",
        "ExposedPorts": {"8080/tcp": {}},
        "Cmd": ["functions-framework", f"--target={function}", "--source=main.py"],
    }
    inner.pop("Entrypoint", None)
    # Its entries must be as many as there are layers, and their times differ with each build: none is better.
    kept = {
        key: value for key, value in config.items() if key not in ("history", "container", "container_config")
    }
    return {**kept, "created": "1970-01-01T00:00:00Z", "config": inner}


def built(options: argparse.Namespace, layout: Layout, number: int, platform: str) -> dict[str, Any]:
    """The image of one platform; its descriptor in the index."""
    image = (
        from_registry(options.crane, options.base, platform, layout)
        if options.base
        else from_root(options.root[number], platform, layout)
    )
    python = python_of(image, layout)
    sizes = [sum(layer["size"] for layer in image.layers)]
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        for made in (own(options.package, stage), install(options.package, python, platform, stage)):
            compile_all(made, stage, python)
        # What changes least lies lowest.
        for name in ("venv", "function"):
            image.append(layout, archived(stage / name, stage))
            sizes.append(image.layers[-1]["size"])
    config = layout.add_json(configured(image.config, options.package.name), f"{OCI}.config.v1+json")
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": config,
        "layers": image.layers,
    }
    base, dependencies, function = (f"{size / BIG:.1f}" for size in sizes)
    print(
        f"{options.package.name} {platform}: {sum(sizes) / BIG:.1f} MiB compressed"
        f" (base {base}, dependencies {dependencies}, function {function}), Python {python.version}"
    )
    system, architecture = platform.split("/")
    described = layout.add_json(manifest, manifest["mediaType"])
    return {**described, "platform": {"os": system, "architecture": architecture}}


def build(options: argparse.Namespace) -> str:
    """Write the layout, and push it when asked to; the digest of its index."""
    layout = Layout(options.output or options.package.with_name(f"{options.package.name}-image"))
    manifests = [built(options, layout, *each) for each in enumerate(options.platform)]
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": manifests}
    content = json.dumps(index, separators=(",", ":"), sort_keys=True).encode()
    (layout.folder / "index.json").write_bytes(content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if options.push:
        said = run(options.crane, "push", "--index", str(layout.folder), options.push).strip()
        if not said.endswith(digest):
            raise Failed(f"The registry has another image than was built: {said}, not {digest}.")
        print(said)
    if options.digest_file:
        options.digest_file.write_text(f"{digest}\n")
    return digest


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The options, checked together."""
    parser = argparse.ArgumentParser(description="Build an image of a packaged function, without a daemon.")
    parser.add_argument(
        "package", type=Path, help="a folder that `make package` made: build/cron, build/events"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--base", metavar="IMAGE", help="an image with Python, best by digest: python:3.12-slim@sha256:…"
    )
    source.add_argument(
        "--root", type=Path, action="append", metavar="TAR", help="what root.sh made; one for each --platform"
    )
    parser.add_argument(
        "--platform", action="append", choices=sorted(WHEELS), help="repeat it for several; linux/amd64"
    )
    parser.add_argument(
        "--push", metavar="IMAGE", help="push it there: registry.example.com/triggerfish-cron:0.2.0"
    )
    parser.add_argument("--digest-file", type=Path, metavar="FILE", help="write the digest there")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="the OCI layout; default: PACKAGE-image"
    )
    parser.add_argument(
        "--crane", default="crane", metavar="PROGRAM", help="pulls and pushes; default: crane"
    )
    options = parser.parse_args(arguments)
    options.package = options.package.resolve()
    options.platform = options.platform or ["linux/amd64"]
    if options.root and len(options.root) != len(options.platform):
        parser.error(f"--root: {len(options.root)} for {len(options.platform)} platforms; give one for each")
    if missing := [str(path) for path in options.root or () if not path.is_file()]:
        parser.error(f"--root: {missing[0]} was not found; root.sh makes it")
    return options


def main(arguments: list[str]) -> int:
    """Build one image; print its digest last."""
    try:
        print(build(parsed(arguments)))
    except Failed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
