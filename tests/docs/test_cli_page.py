"""docs/cli.md names every command, and every outcome that `explain cron` gives."""

import importlib
import pkgutil
import re
from pathlib import Path

import typer

from triggerfish.cli import lint
from triggerfish.cli.lint.findings import Rule
from triggerfish.cli.main import app
from triggerfish.cron.explaining.explain import Outcome

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def commands(group, before: str = "") -> set[str]:
    found = set()
    for name, command in group.commands.items():
        # Subcommands of `dev` are its own page's.
        nested = getattr(command, "commands", None) if name != "dev" else None
        found |= commands(command, f"{name} ") if nested else {before + name}
    return found


def first_cells(heading: str) -> set[str]:
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_command_has_its_row() -> None:
    assert first_cells("command") == commands(typer.main.get_command(app))


def test_every_outcome_has_its_row() -> None:
    assert first_cells("outcome") == {outcome.value for outcome in Outcome}


def test_every_rule_of_lint_has_its_row() -> None:
    table = PAGE.partition("| `lint` finds | rules |")[2].partition("\n\n")[0]
    told = {name for line in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", line.split("|")[-2])}
    names = [f"triggerfish.cli.lint.{each.name}" for each in pkgutil.iter_modules(lint.__path__)]
    rules = [value for name in names for value in vars(importlib.import_module(name)).values()]
    assert told == {rule.name for rule in rules if isinstance(rule, Rule)}
