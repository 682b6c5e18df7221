"""Releases: notes of the changelog, digests in overlays and chart, pipelines that name what is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.real import helm, tools

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "infra" / "release"
CHANGELOG = """\
# Changelog

One line for each change.

## Unreleased
- What comes.

## 0.3.0 (2026-12-01)
- What came.
- And `this`.

### Details
More of 0.3.0.

## [0.2.0]

- The first.

## 0.1.0
"""
ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")


def release(script: str, *arguments: object, code: int = 0) -> str:
    command = [sys.executable, str(RELEASE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def changelog(tmp_path) -> Path:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(CHANGELOG)
    return path


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param(
            "0.3.0", "- What came.\n- And `this`.\n\n### Details\nMore of 0.3.0.\n", id="with a date"
        ),
        pytest.param("v0.2.0", "- The first.\n", id="as the tag is called; in brackets"),
        pytest.param("Unreleased", "- What comes.\n", id="what comes next"),
    ],
)
def test_the_notes_are_the_section_of_the_version(changelog, version, expected):
    assert release("notes.py", version, "--changelog", changelog) == expected


@pytest.mark.parametrize(
    ("version", "words"),
    [
        pytest.param("0.4.0", "no section 0.4.0; it has Unreleased, 0.3.0, 0.2.0, 0.1.0", id="none"),
        pytest.param("0.1.0", "0.1.0 of CHANGELOG.md is empty", id="empty"),
        pytest.param("0.3", "no section 0.3;", id="half a version"),
    ],
)
def test_a_version_without_notes_is_no_release(changelog, version, words):
    assert words in release("notes.py", version, "--changelog", changelog, code=1)


def test_what_is_unreleased_becomes_a_version(changelog):
    release("notes.py", "--cut", "v0.4.0", "--changelog", changelog)
    assert changelog.read_text() == CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n## 0.4.0\n")
    assert release("notes.py", "0.4.0", "--changelog", changelog) == "- What comes.\n"
    # Nothing is left to release, and a version is given once.
    for version, words in (("0.5.0", "is empty"), ("0.3.0", "already"), ("next", "no version")):
        assert words in release("notes.py", "--cut", version, "--changelog", changelog, code=1)


def test_the_projects_own_changelog_has_the_notes_of_its_version_or_of_the_next():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first = re.findall(r"^## (\S+)", text, re.M)[0]
    assert first == "Unreleased" or re.fullmatch(r"0\.\d+\.\d+", first)


def images(path: Path) -> dict[str, dict]:
    return {entry.pop("name"): entry for entry in yaml.safe_load(path.read_text())["images"]}


PINS = ("--registry", "ghcr.io/acme/", f"cron={ONE}", f"events={TWO}")
OVERLAYS = sorted(
    str(path.relative_to(ROOT))
    for folder in ("kubernetes/overlays", "knative")
    for path in (ROOT / "infra" / folder).rglob("kustomization.yaml")
    if "\nimages:" in path.read_text()
)


def test_every_overlay_that_names_images_is_tried():
    assert {
        "infra/kubernetes/overlays/namespaced/kustomization.yaml",
        "infra/knative/guarded/kustomization.yaml",
    } <= {*OVERLAYS}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_names_the_images_by_digest_and_nothing_else_changes(tmp_path, overlay):
    path = Path(shutil.copy(ROOT / overlay, tmp_path))
    before = yaml.safe_load(path.read_text())
    names = [entry["name"] for entry in before["images"]]
    release("digests.py", *PINS, path)
    expected = {
        "triggerfish-cron": {"newName": "ghcr.io/acme/triggerfish-cron", "digest": ONE},
        "triggerfish-events": {"newName": "ghcr.io/acme/triggerfish-events", "digest": TWO},
    }
    assert images(path) == {name: expected[name] for name in names}
    after = yaml.safe_load(path.read_text())
    assert {**after, "images": None} == {**before, "images": None}
    comments = [
        re.findall(r"^ *#.*", text, re.M) for text in ((ROOT / overlay).read_text(), path.read_text())
    ]
    assert comments[0] == comments[1]
    # The next release replaces the digests of this one.
    once = path.read_text()
    release("digests.py", *PINS, path)
    assert path.read_text() == once
    release("digests.py", "--registry", "other.example.com", f"cron={TWO}", path)
    assert images(path)["triggerfish-cron"] == {
        "newName": "other.example.com/triggerfish-cron",
        "digest": TWO,
    }


def test_the_charts_values_name_them_too(tmp_path):
    path = Path(shutil.copy(ROOT / "infra/helm/triggerfish/values.yaml", tmp_path))
    before = yaml.safe_load(path.read_text())
    release("digests.py", *PINS, path)
    before["image"]["registry"] = "ghcr.io/acme"
    before["cron"]["digest"], before["events"]["digest"] = ONE, TWO
    assert yaml.safe_load(path.read_text()) == before


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        pytest.param(["cron=sha256:12", "FILE"], "cron=sha256:12 is not", 2, id="no digest"),
        pytest.param([f"corn={ONE}", "FILE"], "corn=", 2, id="no function"),
        pytest.param(["FILE"], "at least one FUNCTION=DIGEST", 2, id="no pair"),
        pytest.param([f"cron={ONE}"], "one file", 2, id="no file"),
        pytest.param(
            [f"cron={ONE}", "FILE"], "names none of the images: cron", 1, id="a file without images"
        ),
    ],
)
def test_digests_that_go_nowhere_are_said(tmp_path, arguments, words, code):
    path = tmp_path / "kustomization.yaml"
    path.write_text("resources: [../base]\n")
    given = [str(path) if each == "FILE" else each for each in arguments]
    assert words in release("digests.py", "--registry", "r", *given, code=code)


PIPELINES = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), RELEASE / "gitlab-ci.yml"]


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_a_pipeline_calls_what_is_there(path):
    text = path.read_text()
    named = re.findall(r"(?<![\w./-])((?:infra|tests|\.ci)/[\w./-]+\w|\.ci/run)", text)
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
    targets = set(re.findall(r"\bmake (\w[\w-]*)", text))
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)


@pytest.mark.parametrize("path", PIPELINES[:-1], ids=lambda path: path.name)
def test_an_action_is_pinned_by_its_commit(path):
    """A tag can be moved to other code, which would run with this repository's rights."""
    used = re.findall(r"uses: *(.*)", path.read_text())
    assert used
    loose = [
        each for each in used if not re.fullmatch(r"\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)
    ]
    assert loose == []


def test_gitlabs_pipeline_is_one():
    pipeline = yaml.safe_load((RELEASE / "gitlab-ci.yml").read_text())
    jobs = {name: job for name, job in pipeline.items() if name not in ("stages", "default")}
    assert {job["stage"] for job in jobs.values()} == set(pipeline["stages"])
    for job in jobs.values():
        # A list of texts: a `: ` in one without quotes would make it a map.
        assert all(isinstance(line, str) for line in job["script"])
        script = "\n".join(job["script"]) + "\n"
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    # The programs that the tests try.
    pinned = jobs["release"]["variables"]
    assert (pinned["CRANE_VERSION"], pinned["HELM_VERSION"]) == (tools.CRANE.version, helm.VERSION)


@pytest.mark.parametrize(
    ("script", "arguments", "code"), [("release/publish.sh", [], 2), ("package/root.sh", ["--help"], 0)]
)
def test_a_script_says_how_it_is_called_and_no_more(script, arguments, code):
    command = ["sh", str(ROOT / "infra" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert f"Usage: {Path(script).name} " in done.stdout
    assert not [word for word in ("bin/sh", "shellcheck", "its own", "A tag") if word in done.stdout]


def test_nothing_is_published_for_a_version_that_is_not_the_projects(tmp_path):
    command = ["sh", str(RELEASE / "publish.sh"), "v9.9.9", "registry.example.com", str(tmp_path / "dist")]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "9.9.9 was asked for" in done.stderr
    assert not (tmp_path / "dist").exists()
