"""Logs: one line an event on stderr, without secrets and without the text of items."""

import logging
import re
import sys

_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=hooks.slack.com/)\S+")


class _Redacting(logging.Formatter):
    """Tokens and response addresses never reach a line."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub("hidden", super().format(record))


def set_up(level: int = logging.INFO) -> None:
    """Send the program's log to stderr; libraries speak only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # Bolt remarks that the token also stands in the environment, where it is meant to stand
    handler.addFilter(lambda record: "`token` will be unused" not in record.getMessage())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for room in ("bot", "handlers", "storage"):
        logging.getLogger(room).setLevel(level)
    # Bolt tells what it did not answer with parts of it; waitress tells of every queue
    for library in ("apscheduler", "slack_bolt", "waitress"):
        logging.getLogger(library).setLevel(logging.ERROR)
