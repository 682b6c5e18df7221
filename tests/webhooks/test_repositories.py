"""Which repositories a pattern fits."""

import pytest

from triggerfish.webhooks.repositories import fits


@pytest.mark.parametrize(
    ("patterns", "repository", "expected"),
    [
        (["org/app"], "org/app", True),
        (["org/app"], "org/app2", False),
        (["org/app"], "x/org/app", False),
        (["org/*"], "org/app", True),
        (["org/*"], "org/team/app", True),
        (["org/*"], "organization/app", False),
        (["*"], "any/thing", True),
        (["*/app"], "org/app", True),
        (["org/app-?"], "org/app-1", True),
        (["Org/App"], "org/APP", True),
        (["a/b", "c/*"], "c/d", True),
        ([], "org/app", False),
        (["*"], "", False),
        (["*"], "x" * 257, False),
        (["org/[ab]"], "org/a", True),
    ],
)
def test_it_fits(patterns, repository, expected):
    assert fits(patterns, repository) is expected
