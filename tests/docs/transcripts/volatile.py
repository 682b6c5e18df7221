"""What differs from run to run in the output of a command, and in nothing else: names that the API server
draws, and what goes by the machine's clock. The patterns are as narrow as that."""

import re

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# The command, what to look for in its lines, what it is.
_PATTERNS = [
    (r".*", re.compile(_ID), "<uid>"),
    # generateName: five characters of the API server's own alphabet; a slot's name ends in ten digits.
    (r".*", re.compile(r"\b(night|sync|my-wf-tmple)-[bcdfghjklmnpqrstvwxz2456789]{5}\b"), r"\1-<drawn>"),
    # A delivery's Workflow is named after the uid of its binding.
    (r".*", re.compile(r"\bmy-wf-tmple-[0-9a-z]{12}\b"), "my-wf-tmple-<binding>"),
    # The newest release at hand is used.
    (r"\S+ (next|lint) ", re.compile(r"^time zones 20\d\d[a-z]+ \(.*\)$"), "time zones <release>"),
    # The events function has the machine's clock (docs/local.md).
    (r"\S+ get deliveries", re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=  )"), "<now>"),
]


def settled(command: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines with a word in place of each part that differs from run to run."""
    patterns = [(what, word) for which, what, word in _PATTERNS if re.match(which, command)]
    found = []
    for line in lines:
        for what, word in patterns:
            line = what.sub(word, line)
        found.append(line)
    return tuple(found)
