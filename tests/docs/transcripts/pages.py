"""The blocks of commands in a page, and the page with other output in them.

A block whose commands begin with ``$ `` is a transcript: what follows a command is its output, and a last
line ``...`` says that it goes on. Any other block shows commands alone. What must be done before a block, and
is nothing for readers, stands above it in a comment ``<!-- before``, ``-->``.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INSTALL = tuple(sorted((ROOT / "docs" / "install").glob("*.md")))
PAGES = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *INSTALL,
    *sorted((ROOT / "docs" / "hosts").glob("*.md")),
    *sorted(ROOT.glob("infra/*/README.md")),
)
# Pods and Deployments are not the embedded cluster's: these are typed at a real API server, by their test.
KUBERNETES = (
    ROOT / "infra" / "kubernetes" / "README.md",
    *(ROOT / "docs" / name for name in ("operations.md", "uninstall.md", "upgrade.md")),
    *(page for page in INSTALL if page.name != "knative.md"),
)
GOES_ON = "..."

_FENCE = re.compile(
    r"(?:^<!-- before\n(?P<before>.*?)^-->\n\n?)?^```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_SHELLS = ("console", "sh", "bash", "shell")
_HERE_DOCUMENT = re.compile(r"<<-?\s*'?(\w+)'?")


@dataclass(frozen=True)
class Command:
    """One command as it can be typed, and the output that is shown; None: the page shows none."""

    text: str
    shown: tuple[str, ...] | None


@dataclass(frozen=True)
class Block:
    """One block: the line of its fence, where its body is in the page, and what comes before it."""

    line: int
    start: int
    end: int
    before: tuple[Command, ...]
    commands: tuple[Command, ...]

    def body(self, outputs: Sequence[tuple[str, ...] | None]) -> str:
        """The block with these outputs; a block that shows none stays as it is."""
        lines = []
        for command, output in zip(self.commands, outputs, strict=True):
            first, *rest = command.text.splitlines()
            lines += [f"$ {first}", *rest, *(output or ())]
        return "".join(f"{line}\n" for line in lines)


def fences(text: str) -> Iterator[tuple[int, str]]:
    """The line and the language of each fence."""
    for found in _FENCE.finditer(text):
        yield text.count("\n", 0, found.start("language")) + 1, found["language"]


def blocks(text: str) -> Iterator[Block]:
    """The blocks of commands of a page, in order."""
    for found in _FENCE.finditer(text):
        if found["language"] in _SHELLS:
            yield Block(
                text.count("\n", 0, found.start("language")) + 1,
                found.start("body"),
                found.end("body"),
                tuple(_alone(found["before"] or "")),
                tuple(_transcript(found["body"]) if _is_transcript(found["body"]) else _alone(found["body"])),
            )


def _is_transcript(body: str) -> bool:
    return body.startswith("$ ")


def _alone(body: str) -> Iterator[Command]:
    lines = iter(body.splitlines())
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield Command(_whole(line, lines), None)


def _transcript(body: str) -> Iterator[Command]:
    text, shown = "", []
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            if text:
                yield Command(text, tuple(shown))
            text, shown = _whole(line.removeprefix("$ "), lines), []
        else:
            shown.append(line)
    yield Command(text, tuple(shown))


def _whole(line: str, rest: Iterator[str]) -> str:
    """A command to its end: what a shell would go on reading."""
    while not _complete(line):
        line = f"{line}\n{next(rest)}"
    return line


def _complete(text: str) -> bool:
    if text.endswith(("\\", "|")):
        return False
    document = _HERE_DOCUMENT.search(text)
    if document:
        return text.endswith(f"\n{document[1]}")
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True
