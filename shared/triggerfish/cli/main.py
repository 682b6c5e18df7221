"""The command line: one typer application, made of the commands in ``registry``.

Exit codes: 0 it went well, 1 it did not, 2 the command itself was wrong.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import PurePath
from typing import Annotated

import typer

from triggerfish import __version__
from triggerfish.cli.command import Panel
from triggerfish.cli.registry import COMMANDS, GROUPS
from triggerfish.errors import TriggerfishError

app = typer.Typer(
    name="triggerfish",
    help="Serverless triggers for Argo Workflows: schedules, webhooks and events as two functions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001  typer calls it with the option's value
    if asked:
        typer.echo(f"triggerfish {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep ``triggerfish COMMAND`` as the form, however many commands there are."""


def _build() -> None:
    groups: dict[str, typer.Typer] = {}
    for command in COMMANDS:
        group, _, name = command.words.rpartition(" ")
        if not group:
            app.command(name, rich_help_panel=command.panel)(command.run)
            continue
        if group not in groups:
            groups[group] = typer.Typer(no_args_is_help=True, help=GROUPS[group])
            app.add_typer(groups[group], name=group, rich_help_panel=command.panel)
        groups[group].command(name)(command.run)
    # Packages beside this one add commands of their own: `dev` comes from the laptop's.
    for entry in entry_points(group="triggerfish.commands"):
        app.add_typer(entry.load(), name=entry.name, rich_help_panel=Panel.LOCAL)


_build()


def _name(started_as: str) -> str:
    """What the help calls the program: kubectl starts its plugins by a file's name."""
    return "kubectl triggerfish" if PurePath(started_as).name == "kubectl-triggerfish" else "triggerfish"


def main() -> None:
    """The console script: an error that is ours is a sentence on stderr, never a traceback."""
    try:
        app(prog_name=_name(sys.argv[0]))
    except TriggerfishError as error:
        print(f"triggerfish: {error}", file=sys.stderr)
        sys.exit(1)
