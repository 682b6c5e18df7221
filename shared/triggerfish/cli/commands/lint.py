"""The command `triggerfish lint`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from triggerfish.cli import instants
from triggerfish.cli.cluster import Kubeconfig, Namespace, connected
from triggerfish.cli.command import Command, Panel
from triggerfish.cli.lint.checks import lint
from triggerfish.cli.lint.context import ClusterTemplates, WantedTemplate
from triggerfish.cli.lint.findings import Finding, Severity, as_sarif
from triggerfish.cli.lint.registry import CHECKS
from triggerfish.errors import ApiError
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES
from triggerfish.runtime.clock import Clock

_Text = tuple[str, str]
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
    cluster: Annotated[
        bool,
        typer.Option("--cluster", help="Look up in a cluster the templates that are not among the files."),
    ] = False,
    kubeconfig: Kubeconfig = "",
    namespace: Namespace = "",
) -> None:
    """Check manifests: kinds, fields, names, schedules, expressions, templates, webhook clients.

    Exit code 0: nothing is wrong; 1: errors were found (with --strict also warnings); 2: there is nothing to
    check, or a file cannot be read. Without --cluster no cluster is needed.
    """
    start = instants.period(since, "--from", instants.zone("")).start if since else Clock().now()
    read = list(_texts(files))
    texts = [each for each in read if isinstance(each, tuple)]
    unread = [each for each in read if isinstance(each, str)]
    for complaint in unread:
        print(f"triggerfish: {complaint}", file=sys.stderr)
    if not unread and not any(text.strip() for _, text in texts):
        # A check that looked at nothing must not pass for a check that found nothing.
        print(f"triggerfish: there is nothing to check in {', '.join(files)}", file=sys.stderr)
        raise typer.Exit(2)
    found = asyncio.run(_with(texts, start, kubeconfig, namespace)) if cluster else lint(texts, CHECKS, start)
    _PRINTERS[output](found)
    instants.say_zones(Clock().now())
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    raise typer.Exit(2 if unread else 1 if any(finding.rule.severity in bad for finding in found) else 0)


async def _with(texts: list[_Text], start: datetime, kubeconfig: str, namespace: str) -> list[Finding]:
    """The findings, with the templates read that a cluster has."""
    async with connected(kubeconfig, namespace) as target:
        templates = ClusterTemplates(target.namespace)
        seen: set[WantedTemplate] = set()
        while True:
            found = lint(texts, CHECKS, start, templates)
            # Templates may refer to others.
            if not (asked := templates.asked - seen):
                return found
            seen |= asked
            for space, ref in sorted(asked, key=str):
                resource = CLUSTER_WORKFLOW_TEMPLATES if ref.cluster_scope else WORKFLOW_TEMPLATES
                try:
                    templates.known[space, ref] = await target.client.get(resource, space or None, ref.name)
                except ApiError as error:
                    if error.status == 404:
                        templates.known[space, ref] = None
                    elif error.status != 403:
                        raise


def _texts(names: list[str]) -> Iterator[_Text | str]:
    """Each file with its text, or a sentence about one that cannot be read, which hides no other."""
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
                yield f"{file} cannot be read: {why}"


def _as_text(found: list[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in found:
        place, severity = finding.place, finding.rule.severity
        # Some sentences have the field in them.
        field = f"{place.field}: " if place.field and place.field not in finding.message else ""
        thing = f"{place.thing}: {field}" if place.thing else ""
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
