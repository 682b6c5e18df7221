"""Every command of README and docs is typed, and what it prints is what the page shows.

`python -m tests.docs.transcripts --write` puts the present output into the pages. What cannot be typed here
is listed with its reason in transcripts/elsewhere.py; any other command that does not run fails.
"""

import shutil

import pytest
from tests.docs.transcripts import place
from tests.docs.transcripts.elsewhere import REASONS, matching
from tests.docs.transcripts.pages import KUBERNETES, PAGES, ROOT, blocks, fences
from tests.docs.transcripts.playing import Failed, played, typed
from tests.real import helm
from tests.real.fixtures import CRDS, manifests, serving

TYPED = [page for page in PAGES if page not in KUBERNETES and any(typed(page.read_text("utf-8")))]
TOOLS = ("kubectl", "curl")


def name(page) -> str:
    return str(page.relative_to(ROOT))


def need_tools(page: str) -> None:
    missing = [
        tool for tool in TOOLS if not shutil.which(tool) and any(tool in each.text for each in typed(page))
    ]
    if missing:
        pytest.skip(f"the page needs {' and '.join(missing)}")


@pytest.mark.parametrize("path", TYPED, ids=name)
def test_the_page_shows_what_its_commands_print(path, tmp_path):
    page = path.read_text("utf-8")
    need_tools(page)
    with place.opened(tmp_path) as opened:
        assert played(page, opened) == page


@pytest.fixture
def own_server():
    """A real API server that no other test's roles are in."""
    yield from serving(manifests(CRDS))


@pytest.mark.real
@pytest.mark.parametrize("path", KUBERNETES, ids=name)
def test_a_page_on_kubernetes_is_typed_at_a_real_api_server(path, tmp_path, own_server):
    page = path.read_text("utf-8")
    need_tools(page)
    tools = [helm.program().parent] if any("helm " in each.text for each in typed(page)) else []
    with place.opened(tmp_path, str(own_server.kubeconfig), *tools) as opened:
        assert played(page, opened) == page


def test_the_pages_with_commands_are_found():
    assert {"README.md", "docs/cli.md", "docs/local.md", "docs/events.md"} <= {name(page) for page in TYPED}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_what_language_it_is_in(page):
    unnamed = [line for line, language in fences(page.read_text("utf-8")) if not language]
    assert unnamed == []


def test_each_reason_not_to_type_a_command_is_of_a_command_that_is_shown():
    shown = [
        command.text
        for page in PAGES
        for block in blocks(page.read_text("utf-8"))
        for command in block.commands
    ]
    assert {pattern for text in shown for pattern in matching(text)} == set(REASONS)


def page_of(body: str, before: str = "") -> str:
    above = f"<!-- before\n{before}\n-->\n" if before else ""
    return f"# A page\n\n{above}```console\n{body}\n```\nmore\n"


@pytest.mark.parametrize(
    ("body", "real"),
    [
        pytest.param("$ echo hello\nbye", "$ echo hello\nhello", id="another output"),
        pytest.param("$ echo hello", "$ echo hello\nhello", id="none yet"),
        pytest.param("$ echo hello\nhello", "$ echo hello\nhello", id="the right one"),
        pytest.param("$ seq 9\n-\n...\n$ true", "$ seq 9\n1\n...\n$ true", id="it goes on"),
        pytest.param("$ seq 2\n-\n-\n-\n...", "$ seq 2\n1\n2", id="it does not go on"),
        pytest.param("$ echo a \\\n  b\n", "$ echo a \\\n  b\na b", id="two lines"),
        pytest.param("$ cat <<EOF\nx\nEOF", "$ cat <<EOF\nx\nEOF\nx", id="a here-document"),
        pytest.param("$ echo out; false", "$ echo out; false\nout", id="an answer with exit code 1"),
        pytest.param("$ cat", "$ cat", id="nothing on standard input"),
        pytest.param("$ X=1\n$ echo $X", "$ X=1\n$ echo $X\n1", id="one shell for all"),
        pytest.param("$ echo night-aaaaa\nnight-b", "$ echo night-aaaaa\nnight-aaaaa", id="no drawn name"),
        pytest.param("$ echo night-bcdfg\nnight-hjklm", "$ echo night-bcdfg\nnight-hjklm", id="a drawn name"),
        pytest.param("$ gcloud deploy\nshown", "$ gcloud deploy\nshown", id="elsewhere"),
    ],
)
def test_what_is_shown_becomes_what_is_printed(body, real, tmp_path):
    with place.opened(tmp_path) as opened:
        assert played(page_of(body), opened) == page_of(real)


def test_what_is_above_a_block_is_done_before_it(tmp_path):
    with place.opened(tmp_path) as opened:
        assert played(page_of("$ echo $NAME\nada", "NAME=ada"), opened) == page_of(
            "$ echo $NAME\nada", "NAME=ada"
        )


@pytest.mark.parametrize(
    ("body", "before"),
    [
        pytest.param("$ triggerfish lint --nonsense", "", id="a wrong command"),
        pytest.param("$ no-such-program", "", id="a program that is neither there nor listed"),
        pytest.param("$ kill $$", "", id="the end of the shell"),
        pytest.param("false", "", id="exit code 1 where no output is shown"),
        pytest.param("$ true", "false", id="what comes before"),
        pytest.param("$ echo 'Traceback (most recent call last)'", "", id="a traceback"),
    ],
)
def test_a_command_that_fails_fails_the_page(body, before, tmp_path):
    with place.opened(tmp_path) as opened, pytest.raises((Failed, place.Ended)):
        played(page_of(body, before), opened)
