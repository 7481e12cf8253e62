"""The register's file through sqlite3 alone, with the settings that the program gives it: the floor under all."""

import sqlite3
from pathlib import Path

from storage.sqlite import BUSY_MS


def connected(path: Path) -> sqlite3.Connection:
    """One connection, transactions by hand."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection
