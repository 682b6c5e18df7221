"""Log lines of the functions: one JSON object a line, as cloud platforms and `make run` read them."""

from __future__ import annotations

import json
import logging
import sys


class Lines(logging.Formatter):
    """``{"severity", "message", "logger"}`` and the record's ``fields``; a traceback ends the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        line = {"severity": record.levelname, "message": message, "logger": record.name}
        return json.dumps(line | getattr(record, "fields", {}), ensure_ascii=False)


def configure() -> None:
    """Send what ``triggerfish`` logs to standard output, from INFO on, whatever the framework set up."""
    logger = logging.getLogger("triggerfish")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines())
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    # What no line shows is not looked up for each: https://docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
