"""No page, and no comment in a manifest, names a file, a module or a heading that is not there."""

import importlib.util
import re
from pathlib import Path

import pytest
from tests.docs.transcripts.pages import INSTALL, PAGES, ROOT

# A page names files from the root of the clone, from the package, or from the folder of tests. What follows a
# double quote is a value in an example.
BASES = (ROOT, ROOT / "shared" / "triggerfish", ROOT / "tests")
# The templates of a chart name parts of the chart: triggerfish.labels is no module.
MANIFESTS = sorted(
    path
    for kind in ("yaml", "tf")
    for path in (ROOT / "infra").rglob(f"*.{kind}")
    if "templates" not in path.parts
)
TEXTS = [*PAGES, *MANIFESTS, ROOT / "requirements.txt", ROOT / "Makefile"]

_ROOTED = re.compile(r'(?<![\w./~"-])((?:shared|functions|infra|tests|docs|\.ci)/[\w./*-]*\w)')
_PYTHON = re.compile(r'(?<![\w./*{"-])([\w/]+\.py)\b')
# triggerfish.dev is the domain of annotations.
_MODULE = re.compile(r"(?<![\w./-])(triggerfish(?:_laptop)?(?!\.dev\b)(?:\.[a-z_]+)+)\b")
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def missing_files(text: str) -> set[str]:
    """The files that the text names and nobody has; a bare name may be in any folder."""
    named = {*_ROOTED.findall(text), *_PYTHON.findall(text)}
    return {each for each in named if not any(_found(base, each) for base in BASES)}


def _found(base: Path, named: str) -> bool:
    if "/" in named:
        return any(base.glob(named))
    return base != ROOT and any(base.rglob(named))


def missing_modules(text: str) -> set[str]:
    return {each for each in _MODULE.findall(text) if not _importable(each)}


def _importable(dotted: str) -> bool:
    try:
        if importlib.util.find_spec(dotted):
            return True
    except ModuleNotFoundError:
        return False
    # The last word may be a name in a module.
    module, _, attribute = dotted.rpartition(".")
    return hasattr(importlib.import_module(module), attribute)


def headings(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    texts = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in texts}


def broken_links(page: str, path: Path) -> set[str]:
    broken = set()
    for target, anchor in _LINK.findall(page):
        file = (path.parent / target) if target else path
        if not file.exists() or (anchor and anchor not in headings(file.read_text("utf-8"))):
            broken.add(f"{target}#{anchor}" if anchor else target)
    return broken


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_every_file_that_is_named_is_there(path):
    assert missing_files(path.read_text("utf-8")) == set()


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_every_module_that_is_named_is_there(path):
    assert missing_modules(path.read_text("utf-8")) == set()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_somewhere(path):
    assert broken_links(path.read_text("utf-8"), path) == set()


def test_the_index_has_every_page():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    linked = {target for target, _ in _LINK.findall(index)}
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= linked


def test_the_index_of_installation_has_every_page():
    linked = {target for target, _ in _LINK.findall((INSTALL[0].parent / "README.md").read_text("utf-8"))}
    assert {path.name for path in INSTALL} - {"README.md"} <= linked


@pytest.mark.parametrize("path", [path for path in INSTALL if path.name != "README.md"], ids=name)
def test_a_page_of_installation_is_short_and_says_how_to_see_that_it_works(path):
    page = path.read_text("utf-8")
    assert len(page.splitlines()) <= 80
    _, _, checks = page.partition("\n## Does it work?\n")
    assert "triggerfish doctor" in checks
    assert re.search(r"/readyz?\b|events\.md#what-an-event-is-answered|#does-it-work", checks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("see infra/local/ for it", {"infra/local"}, id="a folder that was renamed"),
        pytest.param(
            "`shared/triggerfish/tick.py`", {"shared/triggerfish/tick.py"}, id="a module that moved"
        ),
        pytest.param("`cron/tick.py` decides", {"cron/tick.py"}, id="from the package"),
        pytest.param("add it to `no_registry.py`", {"no_registry.py"}, id="a bare name"),
        pytest.param("tests/vectors/*.nothing", {"tests/vectors/*.nothing"}, id="a pattern"),
        pytest.param(
            "docs/cron.md, `kube/client.py`, `registry.py`, tests/vectors/*.jsonl", set(), id="right"
        ),
        pytest.param("https://example.com/docs/x and a/docs/b.md", set(), id="somebody else's"),
    ],
)
def test_a_stale_file_is_found(text, expected):
    assert missing_files(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("triggerfish.localcluster", {"triggerfish.localcluster"}, id="a room that moved"),
        pytest.param("triggerfish.cron.nothing.at", {"triggerfish.cron.nothing.at"}, id="deeper"),
        pytest.param("triggerfish.errors.SpecError", set(), id="a class"),
        pytest.param("triggerfish.errors, triggerfish_laptop.cluster", set(), id="right"),
    ],
)
def test_a_stale_module_is_found(text, expected):
    assert missing_modules(text) == expected


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        pytest.param("[x](nothing.md)", {"nothing.md"}, id="no such page"),
        pytest.param("[x](cron.md#nothing)", {"cron.md#nothing"}, id="no such heading"),
        pytest.param("[x](cron.md#fields)", set(), id="right"),
        pytest.param("[x](https://example.com/nothing.md)", set(), id="elsewhere"),
    ],
)
def test_a_broken_link_is_found(link, broken):
    assert broken_links(link, ROOT / "docs" / "x.md") == broken
