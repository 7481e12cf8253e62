"""Logs: one JSON object a line on stderr, without secrets and without the text of items."""

import logging
import re
import sys
import traceback
from typing import Any, TextIO

_SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=hooks.slack.com/)[^\s\"\\]+|\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?"  # the last: any JWT
)
QUIET = ("apscheduler", "slack_bolt", "waitress")
# Microsoft's SDK and what it stands on repeat bodies and tokens in what they say of their faults: the door says it
SILENT = ("microsoft_teams", "msal", "httpx", "httpcore", "asyncio")
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
    room = record.name.partition(".")[0]
    return room not in SILENT and (record.levelno >= logging.ERROR or room not in QUIET)


def writing(stream: TextIO) -> logging.Handler:
    """A handler that writes to a stream what may be written."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter())
    handler.addFilter(_speaks)
    return handler


def set_up(level: int = logging.INFO) -> None:
    """Send the program's log to stderr; libraries speak only from WARNING on."""
    root = logging.getLogger()
    root.handlers[:] = [writing(sys.stderr)]
    root.setLevel(logging.WARNING)
    for room in ("bot", "handlers", "storage"):
        logging.getLogger(room).setLevel(level)
