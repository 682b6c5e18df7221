"""The tables of functions in docs/cel.md, made of the table that the functions are entered in.

``python -m tests.docs.cel_functions --write`` makes them after a change; a test compares them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from triggerfish.expressions.cel import functions
from triggerfish.expressions.cel.functions import GLOBALS, MEMBERS
from triggerfish.expressions.cel.functions.registry import Overload

PAGE = Path(__file__).parents[2] / "docs" / "cel.md"

#: The headings of the page, and the modules whose functions stand below them.
SECTIONS = {
    "The standard library": (functions.standard, functions.conversions),
    "Texts": (functions.strings, functions.formats),
    "Lists and sets": (functions.lists,),
    "Numbers": (functions.numbers,),
    "Optionals": (functions.optionals,),
    "Encoders": (functions.encoders,),
    "Addresses": (functions.network,),
    "Tekton Triggers": (functions.tekton,),
}


def forms() -> list[Overload]:
    """Every form of every function, in the order of the modules."""
    return [form for table in (GLOBALS, MEMBERS) for function in table.values() for form in function.forms]


def table(heading: str) -> str:
    """The table below a heading."""
    modules = [module.__name__ for module in SECTIONS[heading]]
    found: dict[object, list[Overload]] = {}
    for form in sorted(forms(), key=lambda form: form.body.__code__.co_firstlineno):  # type: ignore[attr-defined]
        if form.body.__module__ in modules:
            found.setdefault(form.body, []).append(form)
    ordered = sorted(found.values(), key=lambda each: modules.index(each[0].body.__module__))
    return "\n".join(["| function | what it gives |", "|---|---|", *map(_row, ordered)])


def _row(of: list[Overload]) -> str:
    written = sorted({form.text.partition(" -> ")[0] for form in of}, key=lambda text: (len(text), text))
    doc = (of[0].body.__doc__ or "").strip().rstrip(".").replace("``", "`")
    results = " or ".join(dict.fromkeys(form.text.partition(" -> ")[2] for form in of))
    return f"| {', '.join(f'`{text}`' for text in written)} | {results}: {doc[0].lower()}{doc[1:]} |"


def page(text: str) -> str:
    """The page with its tables as they are to be."""
    for heading in SECTIONS:
        pattern = re.compile(rf"(### {heading}\n(?:(?!\n#|\n\|).)*\n\n?)(?:\|[^\n]*\n)+", re.DOTALL)
        found = pattern.search(text)
        if found is None:
            raise LookupError(f"docs/cel.md has no table below {heading!r}")
        text = f"{text[: found.end(1)]}{table(heading)}\n{text[found.end() :]}"
    return text


if __name__ == "__main__":
    made = page(PAGE.read_text())
    if "--write" in sys.argv:
        PAGE.write_text(made)
    else:
        sys.stdout.write(made)
