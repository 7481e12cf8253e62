"""Logs: one JSON object a line on stderr, without secrets and without the text of items."""

import logging
import re
import sys
import traceback
from typing import Any

_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=hooks.slack.com/)[^\s\"\\]+")
QUIET = ("apscheduler", "slack_bolt", "waitress")
FIELDS = {"asctime": "at", "levelname": "level", "name": "logger"}


def _formatter() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    class Redacting(JsonFormatter):
        """Tokens and response addresses never reach a line, whatever they stand in."""

        def format(self, record: logging.LogRecord) -> str:
            return _SECRET.sub("hidden", super().format(record))

        def formatException(self, ei: Any) -> str:
            """Where it was, and what kind: what a fault says of itself may repeat what somebody wrote."""
            return "".join([*traceback.format_tb(ei[2]), str(ei[0].__name__)])

    lines = "%(asctime)s %(levelname)s %(name)s %(message)s"
    return Redacting(lines, rename_fields=FIELDS, json_ensure_ascii=False, datefmt="%Y-%m-%dT%H:%M:%S%z")


def _speaks(record: logging.LogRecord) -> bool:
    """Bolt tells what it did not answer with parts of it, waitress of every queue: they speak from ERROR on.

    Not by their loggers' levels: Bolt gives each of its loggers the root's.
    """
    return record.levelno >= logging.ERROR or record.name.partition(".")[0] not in QUIET


def set_up(level: int = logging.INFO) -> None:
    """Send the program's log to stderr; libraries speak only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    handler.addFilter(_speaks)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ("bot", "handlers", "storage"):
        logging.getLogger(room).setLevel(level)
