"""docs/git-facts.md and pull-requests.md: each selector compiles; the first one does what the page says."""

import re
from pathlib import Path

import pytest

from triggerfish.events.strangers import ungated
from triggerfish.expressions import compile as compile_expression
from triggerfish.hosts import WithGit

DOCS = Path(__file__).parents[2] / "docs"
SELECTORS = [
    selector
    for page in ("git-facts.md", "pull-requests.md")
    for selector in re.findall(r"^selector: (.*)$", (DOCS / page).read_text(), re.MULTILINE)
]


def push(branch, *files):
    return {
        "ref": f"refs/heads/{branch}",
        "before": "a" * 40,
        "after": "b" * 40,
        "commits": [{"added": list(files), "modified": [], "removed": []}],
        "repository": {"full_name": "octo/hello-world"},
        "sender": {"login": "mona"},
    }


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(push("main", "docs/a.md"), True, id="docs on main"),
        pytest.param(push("main", "src/a.py"), False, id="something else on main"),
        pytest.param(push("next", "docs/a.md"), False, id="docs elsewhere"),
    ],
)
def test_the_example_selector(payload, expected):
    assert compile_expression(SELECTORS[0]).evaluate(WithGit(payload=payload, metadata={})) is expected


@pytest.mark.parametrize("selector", SELECTORS)
def test_every_selector_of_the_pages_compiles_and_is_gated(selector):
    compile_expression(selector, names=("git", "payload"))
    assert not ungated(selector)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param('git.event == "pull_request"', True, id="any pull request"),
        pytest.param('metadata["x-github-event"][0] == "pull_request"', True, id="header"),
        pytest.param('payload.object_kind == "merge_request"', True, id="gitlab"),
        pytest.param('git.event == "comment"', True, id="anybody's comment"),
        pytest.param('git.event == "pull_request" && git.fork == false', False, id="gated by the source"),
        pytest.param(
            "payload.pull_request.head.repo.full_name == payload.repository.full_name", False, id="in full"
        ),
        pytest.param('payload.comment.author_association == "MEMBER"', False, id="gated by the author"),
        pytest.param('git.event == "comment" && git.permission == "write"', False, id="gated by rights"),
        pytest.param('git.event == "push" && git.branch == "main"', False, id="a push"),
    ],
)
def test_what_lint_warns_of(selector, expected):
    assert ungated(selector) is expected
