"""Log lines of the functions: one JSON object a line, as cloud platforms and `make run` read them."""

from __future__ import annotations

import json
import logging
import sys

import orjson

from triggerfish.webhooks.credentials import spared


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


class StandardOutput(logging.Handler):
    """Each line is one write to the process's standard output: at once, and never half of it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it; a reader that has gone away is no reason to fail a delivery."""
        try:
            sys.stdout.buffer.write(self.format(record).encode() + b"\n")
            sys.stdout.buffer.flush()
        except (OSError, ValueError):
            self.handleError(record)


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
