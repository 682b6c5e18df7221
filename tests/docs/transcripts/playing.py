"""A page as it would be if its commands were typed now."""

from collections.abc import Iterator

from tests.docs.transcripts.elsewhere import reason
from tests.docs.transcripts.pages import GOES_ON, Block, Command, blocks
from tests.docs.transcripts.place import Place
from tests.docs.transcripts.volatile import settled


class Failed(AssertionError):  # noqa: N818  what it says is the outcome
    """A command of the page does not do what the page is for."""


def typed(page: str) -> Iterator[Command]:
    """What is typed of that page, in order."""
    for block in blocks(page):
        yield from block.before
        yield from (command for command in block.commands if not reason(command.text))


def played(page: str, place: Place) -> str:
    """The page, with the output that its commands have now where it is another than the one shown."""
    found, at = "", 0
    for block in blocks(page):
        where = f"line {block.line}"
        outputs = [_typed(command, place, where) for command in (*block.before, *block.commands)]
        found += page[at : block.start] + _body(page, block, outputs[len(block.before) :])
        at = block.end
    return found + page[at:]


def _typed(command: Command, place: Place, where: str) -> tuple[str, ...] | None:
    if reason(command.text):
        return command.shown
    code, lines = place.run(command.text)
    # 1 is an answer that a transcript may show; 2 is a command that is wrong.
    if code > (0 if command.shown is None else 1) or any("Traceback" in line for line in lines):
        said = "\n".join(lines)
        raise Failed(f"{where}: {command.text}\nended with {code}:\n{said}")
    return None if command.shown is None else _shown(command, lines)


def _shown(command: Command, lines: tuple[str, ...]) -> tuple[str, ...]:
    """As much of it as the page shows; as it stands there when nothing but what is volatile differs."""
    old = command.shown or ()
    if old[-1:] == (GOES_ON,) and len(old) <= len(lines):
        lines = (*lines[: len(old) - 1], GOES_ON)
    return old if settled(command.text, old) == settled(command.text, lines) else lines


def _body(page: str, block: Block, outputs: list[tuple[str, ...] | None]) -> str:
    if all(output is None for output in outputs):
        return page[block.start : block.end]
    return block.body(outputs)
