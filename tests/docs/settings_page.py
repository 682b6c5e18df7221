"""``python -m tests.docs.settings_page``: write docs/settings.md from the fields of ``Settings``."""

from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from triggerfish.secrets.registry import STORES
from triggerfish.settings import CLI, CONSOLE, CRON, EVENTS, Settings
from triggerfish.sinks.registry import BROKERS

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_head = """\
# Settings

Environment variables set up both functions, which read them once at their start. An unset or empty variable
means the default. If a value is not allowed, the function does not start: it writes one JSON line that names
every wrong variable and the fix, and ends with exit code 78.

The last column says who reads a setting: the functions `cron` and `events`, the console (which the events
function serves), and the command line. If several read it, give each of them the same value.

This page is made from the fields of [fields.py](../shared/triggerfish/settings/fields.py).
"""
_heading = "| variable | default | meaning | takes | read by |\n|---|---|---|---|---|\n"
# What is behind a registry takes the names that stand there.
_registered = {"secret_store": [*STORES], "k_sink": [f"{scheme}://…" for scheme in BROKERS]}
_readers = {CRON: "`cron`", EVENTS: "`events`", CONSOLE: "console", CLI: "command line"}


def page() -> str:
    """The whole page."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield _head
    group = ""
    for each in fields(Settings):
        if each.metadata["group"] != group:
            group = each.metadata["group"]
            yield f"\n## {group}\n\n{_heading}"
        default = each.metadata["unset"] if each.default == "" else f"`{each.default}`"
        readers = ", ".join(shown for name, shown in _readers.items() if name in each.metadata["readers"])
        cells = (f"`{each.name.upper()}`", default, each.metadata["meaning"], _takes(each), readers)
        yield f"| {' | '.join(cells)} |\n"


def _takes(each: "Field[Any]") -> str:
    choices = each.metadata["choices"] or _registered.get(each.name)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    if isinstance(each.default, int):
        return f"a whole number from {each.metadata['least']} to {each.metadata['most']}"
    if each.metadata["placeholders"]:
        return "a URL with " + " and ".join(f"`{{{name}}}`" for name in each.metadata["placeholders"])
    return "a text"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
