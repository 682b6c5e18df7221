"""``python -m tests.docs.transcripts [--write] [PAGE …]``: type every command of the pages.

Without ``--write`` it only shows what would change. Exit code 1: something would.
"""

import argparse
import difflib
import sys
import tempfile
from pathlib import Path

from tests.docs.transcripts import place
from tests.docs.transcripts.pages import KUBERNETES, PAGES, ROOT
from tests.docs.transcripts.playing import played, typed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.docs.transcripts")
    parser.add_argument("--write", action="store_true", help="put the real output into the pages")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    asked = parser.parse_args()
    changed = False
    for page in [each.resolve() for each in asked.pages] or PAGES:
        old = page.read_text("utf-8")
        if not any(typed(old)) or page in KUBERNETES:
            continue
        with tempfile.TemporaryDirectory() as folder, place.opened(Path(folder)) as opened:
            new = played(old, opened)
        name = str(page.relative_to(ROOT))
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, name))
        changed = changed or old != new
        if asked.write:
            page.write_text(new, "utf-8")
    return 1 if changed and not asked.write else 0


if __name__ == "__main__":
    sys.exit(main())
