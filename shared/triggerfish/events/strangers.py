"""Does a selector let strangers' pull requests run? By its words, for lint: a warning, not a proof."""

from __future__ import annotations

import re

# What selectors of pull requests name, on whatever host.
_PULL_REQUESTS = re.compile(
    r"pull_request|pullrequest|pullRequest|merge_request|Merge Request Hook|\bpr:"
    r"|issue_comment|\bcomment\b|\bnote\b"
)
# What tells a stranger from a colleague, or waits for one: the source repository, rights, an author, a label.
_GATES = re.compile(
    r"\bfork\b|head\.repo|author_association|source_project_id|forkSource|fromRef\.repository|source\.repository"
    r"|\bpermission\b|\bauthor\b|\bsender\b|\buser\b|\blabels?\b|\blabeled\b"
)

WARNING = (
    "this selector matches pull requests of strangers too: their commits would run with the Workflow's "
    "service account; add `&& git.fork == false`, or wait for a label that only trusted people can set"
)


def ungated(selector: str) -> bool:
    """Return whether a selector speaks of pull requests or comments, and of nothing that gates strangers."""
    return _PULL_REQUESTS.search(selector) is not None and _GATES.search(selector) is None
