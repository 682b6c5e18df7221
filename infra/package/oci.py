"""OCI's image layout as files: blobs by their digest, layers of tar archives, the base of an image."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OCI = "application/vnd.oci.image"


class Failed(Exception):  # noqa: N818  says what is the case
    """The image was not built; the message says what to do."""


class Layout:
    """A folder as OCI defines it (image-layout): blobs by their digest, and an index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        shutil.rmtree(folder, ignore_errors=True)
        self.blobs.mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def add(self, content: bytes, media: str) -> dict[str, Any]:
        """Keep these bytes; their descriptor."""
        digest = hashlib.sha256(content).hexdigest()
        (self.blobs / digest).write_bytes(content)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}

    def add_json(self, value: object, media: str) -> dict[str, Any]:
        """Keep it as JSON; its descriptor."""
        return self.add(json.dumps(value, separators=(",", ":"), sort_keys=True).encode(), media)

    def read(self, descriptor: dict[str, Any]) -> bytes:
        """The bytes of a descriptor."""
        return (self.blobs / descriptor["digest"].removeprefix("sha256:")).read_bytes()


@dataclass
class Image:
    """The configuration and the layers of an image that is being made."""

    config: dict[str, Any]
    layers: list[dict[str, Any]]

    def append(self, layout: Layout, archive: bytes, packed: bytes | None = None) -> None:
        """Put a layer on top: a tar archive, and the same as gzip when it is there already."""
        packed = packed or gzip.compress(archive, compresslevel=6, mtime=0)
        self.layers.append(layout.add(packed, f"{OCI}.layer.v1.tar+gzip"))
        self.config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(archive).hexdigest()}")


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """What a program prints. Raises ``Failed`` with its own words."""
    whole = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=whole)  # noqa: S603  our own tools
    except FileNotFoundError:
        raise Failed(f"{command[0]} was not found. Install it, or say where it is.") from None
    if done.returncode:
        raise Failed(f"{' '.join(command[:3])} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def from_registry(crane: str, reference: str, platform: str, layout: Layout) -> Image:
    """The base image of that platform; its layers stay as they are."""
    with tempfile.TemporaryDirectory() as folder:
        pulled = Path(folder) / "base"
        run(crane, "pull", "--format=oci", f"--platform={platform}", reference, str(pulled))
        for blob in (pulled / "blobs" / "sha256").iterdir():
            shutil.copy(blob, layout.blobs)
        (top,) = json.loads((pulled / "index.json").read_text())["manifests"]
    manifest = json.loads(layout.read(top))
    if "config" not in manifest:
        raise Failed(f"{reference} has no image for {platform}.")
    config = json.loads(layout.read(manifest["config"]))
    found = f"{config.get('os')}/{config.get('architecture')}"
    if found != platform:
        raise Failed(f"{reference} is for {found}, not for {platform}.")
    for each in (top, manifest["config"]):
        (layout.blobs / each["digest"].removeprefix("sha256:")).unlink()
    return Image(config, manifest["layers"])


def from_root(archive: Path, platform: str, layout: Layout) -> Image:
    """An image of one layer: a root file system, a tar archive or the same as gzip."""
    system, architecture = platform.split("/")
    config = {"os": system, "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}}
    image = Image(config, [])
    content = archive.read_bytes()
    if content[:2] == b"\x1f\x8b":
        image.append(layout, gzip.decompress(content), content)
    else:
        image.append(layout, content)
    return image


def archived(folder: Path, stage: Path) -> bytes:
    """The folder as a tar archive: files of root in one order, none writable by others, without times."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in [folder, *sorted(folder.rglob("*"))]:
            entry = archive.gettarinfo(str(path), path.relative_to(stage).as_posix())
            # A hard link is a matter of the disk that it was built on.
            if entry.islnk():
                entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            if entry.isreg():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)
    return into.getvalue()
