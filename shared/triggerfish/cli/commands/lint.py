"""The command `triggerfish lint`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from triggerfish.cli import instants
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.lint.checks import lint
from triggerfish.cli.lint.findings import Finding, Severity, as_sarif
from triggerfish.cli.lint.registry import CHECKS
from triggerfish.runtime.clock import Clock

_colours = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


class Format(StrEnum):
    """The form of the findings."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def run(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILES|-", help="Files or folders with manifests; - is standard input."),
    ],
    *,
    output: Annotated[Format, typer.Option("--output", "-o", help="The format of the output.")] = Format.TEXT,
    since: Annotated[
        str,
        typer.Option(
            "--from", help="Check the slots from this day on. Default: from now.", show_default=False
        ),
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings too.")] = False,
) -> None:
    """Check manifests without a cluster: schedules, expressions, templates, fields.

    Exit code 0: nothing is wrong; 1: errors were found (with --strict also warnings); 2: there is nothing to
    check, or a file cannot be read.
    """
    start = instants.period(since, "--from", instants.zone("")).start if since else Clock().now()
    texts = list(_texts(files))
    if not any(text.strip() for _, text in texts):
        # A check that looked at nothing must not pass for a check that found nothing.
        print(f"triggerfish: there is nothing to check in {', '.join(files)}", file=sys.stderr)
        raise typer.Exit(2)
    found = lint(texts, CHECKS, start)
    _PRINTERS[output](found)
    instants.say_zones(Clock().now())
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    raise typer.Exit(1 if any(finding.rule.severity in bad for finding in found) else 0)


def _texts(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        if name == "-":
            yield "-", sys.stdin.read()
            continue
        path = Path(name)
        inside = sorted(each for each in path.rglob("*") if each.suffix in (".yaml", ".yml", ".json"))
        for file in inside if path.is_dir() else [path]:
            try:
                yield str(file), file.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                print(f"triggerfish: {file} cannot be read: {why}", file=sys.stderr)
                raise typer.Exit(2) from None


def _as_text(found: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in found:
        place, severity = finding.place, finding.rule.severity
        thing = f"{place.thing}: " if place.thing else ""
        console.print(
            f"[bold]{escape(place.file)}:{place.line}[/bold] [{_colours[severity]}]{severity.value}[/] "
            f"{escape(thing + finding.message)} [dim]({finding.rule.name})[/dim]"
        )
    counts = {each: sum(1 for finding in found if finding.rule.severity is each) for each in Severity}
    said = ", ".join(f"{count} {each.value}{'s' * (count != 1)}" for each, count in counts.items() if count)
    console.print(said or "nothing is wrong")


def _as_json(found: list[Finding]) -> None:
    print(json.dumps([finding.as_json() for finding in found], indent=2, ensure_ascii=False))


def _as_sarif(found: list[Finding]) -> None:
    print(json.dumps(as_sarif(found, version=version("triggerfish")), indent=2, ensure_ascii=False))


_PRINTERS = {Format.TEXT: _as_text, Format.JSON: _as_json, Format.SARIF: _as_sarif}

COMMAND = Command("lint", run, Panel.CHECK)
