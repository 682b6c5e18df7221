"""Log lines of the functions: one JSON object a line, as cloud platforms and `make run` read them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import orjson

from triggerfish.webhooks.credentials import spared

# A pipe takes so much in one piece (PIPE_BUF), whoever else writes to it.
_whole_bytes = 4096


class Lines(logging.Formatter):
    """``{"severity", "message", "logger"}`` and the record's ``fields``; a traceback ends the message.

    No message has what looks like a credential, as a URL's user: expressions and errors are quoted there.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        message = spared(record.getMessage())
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        line = {"severity": record.levelname, "message": message, "logger": record.name}
        line |= getattr(record, "fields", {})
        try:
            return orjson.dumps(line).decode()
        except TypeError:
            # Half a surrogate pair, which JSON in UTF-8 cannot hold.
            return json.dumps(line)


# What a record of Python's logging has besides, which no line of ours shows.
_NOWHERE: dict[str, Any] = {
    **dict.fromkeys(("args", "exc_info", "exc_text", "stack_info", "funcName", "taskName")),
    **dict.fromkeys(("thread", "threadName", "process", "processName")),
    **dict.fromkeys(("pathname", "filename", "module"), ""),
    "lineno": 0,
    "msecs": 0.0,
    "relativeCreated": 0.0,
}


class PlainRecord(logging.LogRecord):
    """A record of what was done, not of where in the code that is: each delivery has one, and pays for it.

    ``at`` is in seconds since 1970.
    """

    def __init__(
        self, logger: logging.Logger, level: int, message: str, fields: Mapping[str, Any], at: float
    ) -> None:
        self.__dict__.update(
            _NOWHERE,
            name=logger.name,
            levelno=level,
            levelname=logging.getLevelName(level),
            msg=message,
            fields=fields,
            created=at,
        )


class StandardOutput(logging.Handler):
    """Writes whole lines to the process's standard output, at once: never half of one.

    What one round of the event loop says is written at its end. A write wakes the reader, who may get the
    processor for it, so lines of many deliveries go together.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[bytes] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, now or soon; a reader that has gone away is no reason to fail a delivery."""
        try:
            line = self.format(record).encode() + b"\n"
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                _write([line])
                return
            if not self._lines:
                loop.call_soon(self.flush)
            self._lines.append(line)
        except (OSError, ValueError):
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits; also at the end of the process."""
        lines, self._lines = self._lines, []
        with contextlib.suppress(OSError, ValueError):
            _write(lines)


def _write(lines: list[bytes]) -> None:
    """Each write is short enough that nobody else's comes in between."""
    together: list[bytes] = []
    size = 0
    for line in lines:
        if size + len(line) > _whole_bytes and together:
            _put(b"".join(together))
            together, size = [], 0
        together.append(line)
        size += len(line)
    if together:
        _put(b"".join(together))


def _put(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def configure() -> None:
    """Send what ``triggerfish`` logs to standard output, from INFO on, whatever the framework set up."""
    logger = logging.getLogger("triggerfish")
    handler = StandardOutput()
    handler.setFormatter(Lines())
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # What no line shows is not looked up for each: https://docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  as that page says: nobody reads which line of code wrote it
