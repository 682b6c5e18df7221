"""The command line: one typer application, one module a command.

Exit codes: 0 it went well, 1 it did not, 2 the command itself was wrong.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from triggerfish.cli.commands.audit import audit
from triggerfish.cli.commands.backfill import backfill
from triggerfish.cli.commands.explain_cron import explain_cron, preview_cron
from triggerfish.cli.commands.explain_event import explain_event
from triggerfish.cli.commands.get import get
from triggerfish.cli.commands.match import match_command
from triggerfish.cli.commands.next import calendar, coming
from triggerfish.cli.commands.send import send
from triggerfish.cli.commands.submit import submit
from triggerfish.cli.commands.suspend import resume, suspend, trigger
from triggerfish.cli.lint.command import lint_command
from triggerfish.errors import TriggerfishError

app = typer.Typer(
    name="triggerfish",
    help="Serverless triggers for Argo Workflows: schedules, webhooks and events as two functions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def root() -> None:
    """Keep ``triggerfish COMMAND`` as the form, however many commands there are."""


app.command("lint")(lint_command)
app.command("next")(coming)
app.command()(calendar)
app.command()(backfill)
app.command()(audit)
app.command()(submit)
app.command()(send)
app.command("match")(match_command)
app.command()(get)
app.command()(suspend)
app.command()(resume)
app.command()(trigger)

_why = typer.Typer(no_args_is_help=True, help="Why something did, or did not, run.")
_why.command("cron")(explain_cron)
_why.command("event")(explain_event)
app.add_typer(_why, name="explain")
_what_if = typer.Typer(no_args_is_help=True, help="What a tick would do at some instant.")
_what_if.command("cron")(preview_cron)
app.add_typer(_what_if, name="preview")

# Packages beside this one add commands of their own: `dev` comes from the laptop's.
for _command in entry_points(group="triggerfish.commands"):
    app.add_typer(_command.load(), name=_command.name)


def main() -> None:
    """The console script: an error that is ours is a sentence on stderr, never a traceback."""
    try:
        app()
    except TriggerfishError as error:
        print(f"triggerfish: {error}", file=sys.stderr)
        sys.exit(1)
