"""The notes of a release: the section of CHANGELOG.md with its version.

`notes.py 0.2.0` prints them. `notes.py --cut 0.2.0` gives what is unreleased that version, before the tag.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"
UNRELEASED = "Unreleased"
_heading = re.compile(r"^## +\[?(?P<name>[^\]\s]+)\]?.*\n", re.M)


def sections(text: str) -> dict[str, str]:
    """What stands below each heading, by the heading's first word, without ``v`` and brackets."""
    found = list(_heading.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return {
        each["name"].removeprefix("v"): text[each.end() : end].strip()
        for each, end in zip(found, ends, strict=True)
    }


def notes(text: str, version: str) -> str:
    """The notes of a version. Raises ``ValueError``: there is no such section, or nothing in it."""
    known = sections(text)
    found = known.get(version.removeprefix("v"))
    if found is None:
        raise ValueError(f"CHANGELOG.md has no section {version}; it has {', '.join(known) or 'none'}")
    if not found:
        raise ValueError(f"The section {version} of CHANGELOG.md is empty")
    return found + "\n"


def cut(text: str, version: str) -> str:
    """The changelog in which what was unreleased is that version. Raises ``ValueError``."""
    version = version.removeprefix("v")
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", version):
        raise ValueError(f"{version} is no version such as 0.2.0")
    if version in sections(text):
        raise ValueError(f"CHANGELOG.md has a section {version} already")
    notes(text, UNRELEASED)
    return re.sub(
        rf"^## +{UNRELEASED}\s*?\n", f"## {UNRELEASED}\n\n## {version}\n", text, count=1, flags=re.M
    )


def main(arguments: list[str]) -> int:
    """Print the notes, or write the changelog."""
    parser = argparse.ArgumentParser(description="Print the notes of a version, from CHANGELOG.md.")
    parser.add_argument("version", help="such as 0.2.0 or v0.2.0")
    parser.add_argument("--cut", action="store_true", help="give what is unreleased that version instead")
    parser.add_argument("--changelog", type=Path, default=CHANGELOG, metavar="FILE")
    options = parser.parse_args(arguments)
    text = options.changelog.read_text("utf-8")
    try:
        if options.cut:
            options.changelog.write_text(cut(text, options.version), "utf-8")
        else:
            print(notes(text, options.version), end="")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
