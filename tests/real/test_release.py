"""A whole release, to a registry of its own; and the workflows, as actionlint reads them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from tests.real import helm
from tests.real.test_image import archive_of, registry  # noqa: F401  a fixture
from tests.real.tools import ACTIONLINT, CRANE

import triggerfish

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_actionlint_finds_nothing_wrong():
    assert [path.name for path in WORKFLOWS] == ["release.yml", "test.yml"]
    assert ACTIONLINT.says("-no-color", *map(str, WORKFLOWS)) == ""


def test_actionlint_finds_what_is_wrong(tmp_path):
    wrong = tmp_path / "release.yml"
    wrong.write_text(
        (ROOT / ".github/workflows/release.yml").read_text().replace("needs: test", "needs: tests")
    )
    done = subprocess.run([ACTIONLINT.path(), str(wrong)], capture_output=True, text=True, check=False)
    assert (done.returncode, '"tests"' in done.stdout) == (1, True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """What is committed, with a changelog that has the version."""
    folder = tmp_path_factory.mktemp("checkout") / "triggerfish"
    left_out = shutil.ignore_patterns(".git", ".venv", ".local", "build", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=left_out, symlinks=True)
    log = folder / "CHANGELOG.md"
    text = log.read_text("utf-8")
    if f"## {triggerfish.__version__}" not in text:
        log.write_text(text.replace("## Unreleased", f"## {triggerfish.__version__}"), "utf-8")
    return folder


COSIGN = """#!/bin/sh
echo "$*" >>"$0.log"
"""


def test_a_version_is_published_whole(registry, checkout, tmp_path):  # noqa: F811
    # A base with the name of a Python: here it need not start.
    base = f"{registry}/python:3.11"
    root = archive_of(tmp_path / "root.tar", "usr/bin/python3.11")
    CRANE.says("append", "--oci-empty-base", "--new_layer", str(root), "--new_tag", base)
    CRANE.says("mutate", base, "--set-platform", "linux/amd64", "--tag", base)
    cosign = tmp_path / "cosign"
    cosign.write_text(COSIGN)
    cosign.chmod(0o755)
    version, dist = triggerfish.__version__, tmp_path / "dist"
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "CRANE": CRANE.path(),
        "HELM": str(helm.find(os.environ)),
        "BASE": base,
        "PLATFORMS": "linux/amd64",
        "COSIGN": str(cosign),
        "HELM_FLAGS": "--plain-http",
    }
    command = ["sh", str(checkout / "infra/release/publish.sh"), f"v{version}", registry, str(dist)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    published = dict(re.findall(rf"^{registry}/(\S+)@(sha256:\w+)$", (dist / "images.txt").read_text(), re.M))
    assert set(published) == {"triggerfish-cron", "triggerfish-events", "charts/triggerfish"}
    for name, digest in published.items():
        tag = f"{registry}/{name}:{version}"
        assert CRANE.says("digest", tag) == digest
        # Signed by its digest: a tag may come to name something else.
        signed = f"sign --yes {registry}/{name}@{digest}\n"
        assert signed in Path(f"{cosign}.log").read_text()
    attested = re.findall(r"^attest .* --predicate (\S+) (\S+)$", Path(f"{cosign}.log").read_text(), re.M)
    assert [image for _, image in attested] == [
        f"{registry}/{name}@{published[name]}" for name in ("triggerfish-cron", "triggerfish-events")
    ]
    for bill, _ in attested:
        assert json.loads(Path(bill).read_text())["bomFormat"] == "CycloneDX"

    assert {path.name for path in dist.iterdir()} == {
        *("SHA256SUMS", "images.txt", "notes.md"),
        *(f"triggerfish-{version}-py3-none-any.whl", f"triggerfish-{version}.tgz"),
        *(f"triggerfish-{function}-{version}.zip" for function in ("cron", "events")),
        *(f"triggerfish-{function}-{version}.sbom.json" for function in ("cron", "events")),
        f"triggerfish-manifests-{version}.tar.gz",
    }
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=dist, check=True)
    assert (dist / "notes.md").read_text().startswith("- ")

    # Chart and manifests that were published take these images, by digest.
    expected = {f"{registry}/{name}@{published[name]}" for name in ("triggerfish-cron", "triggerfish-events")}
    chart = f"oci://{registry}/charts/triggerfish"
    helm.helm("pull", chart, "--version", version, "--plain-http", "--destination", str(tmp_path))
    rendered = helm.helm(
        "template", "t", str(tmp_path / f"triggerfish-{version}.tgz"), "--kube-version", helm.KUBERNETES
    )
    assert taken(rendered) == expected
    with tarfile.open(dist / f"triggerfish-manifests-{version}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    overlays = ["knative/base", "knative/guarded", "knative/bursts"]
    overlays += [
        f"kubernetes/overlays/{path.name}" for path in (ROOT / "infra/kubernetes/overlays").iterdir()
    ]
    for overlay in overlays:
        kustomize = ["kubectl", "kustomize", str(tmp_path / "infra" / overlay)]
        if shutil.which("kubectl"):
            assert taken(subprocess.check_output(kustomize, text=True)) == expected, overlay
    # The checkout itself names no registry of ours.
    assert "registry.example.com" in (checkout / "infra/helm/triggerfish/values.yaml").read_text()


def taken(text: str) -> set[str]:
    """The images of all containers in these manifests."""
    found: set[str] = set()

    def look(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("image"), str):
                found.add(value["image"])
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    for item in yaml.safe_load_all(text):
        look(item)
    return found
