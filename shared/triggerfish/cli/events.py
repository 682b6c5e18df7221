"""Events as commands take them: a payload in a file, and headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from triggerfish.cli.files import content
from triggerfish.errors import AnswerError, SpecError
from triggerfish.events import environment as environments
from triggerfish.events import occurrences
from triggerfish.events.environment import Event
from triggerfish.events.given import Given, given
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import digest

Headers = Annotated[list[str] | None, typer.Option("--header", "-H", help="A header, as 'Name: value'.")]
FactsFile = Annotated[
    Path | None,
    typer.Option(
        "--facts",
        help="A file with what the Git host would answer: permission, files, pull_request (YAML or JSON).",
        show_default=False,
    ),
]
Discriminator = Annotated[str, typer.Option("--discriminator", "-d")]


def events_of(
    payload: Path, headers: list[tuple[str, str]], discriminator: str, namespace: str
) -> Iterator[Event]:
    """The events in a file: one, or each of a batch of CloudEvents."""
    body = content(payload, "--payload")
    try:
        found = occurrences.read({name.lower(): value for name, value in headers}, body)
    except AnswerError as error:
        raise SpecError("--payload", error.message) from None
    for occurrence in found:
        attributes = {name: [value] for name, value in occurrence.attributes.items()}
        yield Event(
            namespace,
            discriminator,
            occurrence.payload,
            environments.metadata(headers) | attributes,
            Creator(),
            digest(occurrence.identity),
            repeatable=True,
            received=Clock().now(),
            occurred=occurrence.occurred,
        )


def given_of(facts: Path | None) -> Given:
    """What the host would answer, by that file; ``SpecError`` when it is none."""
    return Given() if facts is None else given(content(facts, "--facts"), "--facts")


def header_of(text: str) -> tuple[str, str]:
    """A header as commands take it, ``Name: value``."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise SpecError("--header", f"{text!r} does not have the form NAME: VALUE")
    return name.strip(), value.strip()
