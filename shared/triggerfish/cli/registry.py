"""Every command, in the order of the help. A new one is a file in ``commands/`` and its entry here."""

from __future__ import annotations

from triggerfish.cli.command import Command
from triggerfish.cli.commands import (
    audit,
    backfill,
    calendar,
    connect,
    doctor,
    explain_cron,
    explain_event,
    get,
    lint,
    match,
    next,  # noqa: A004  the command's own name
    preview_cron,
    recover,
    resume,
    send,
    submit,
    suspend,
    trigger,
    uninstall,
)

COMMANDS: tuple[Command, ...] = (
    lint.COMMAND,
    next.COMMAND,
    match.COMMAND,
    preview_cron.COMMAND,
    get.COMMAND,
    explain_cron.COMMAND,
    explain_event.COMMAND,
    audit.COMMAND,
    doctor.COMMAND,
    calendar.COMMAND,
    connect.COMMAND,
    submit.COMMAND,
    send.COMMAND,
    recover.COMMAND,
    trigger.COMMAND,
    suspend.COMMAND,
    resume.COMMAND,
    backfill.COMMAND,
    uninstall.COMMAND,
)

# What commands of two words have in common, by the first of them.
GROUPS = {
    "explain": "Say why something ran or did not run.",
    "preview": "Say what a tick would do at an instant.",
}
