"""A terminal in an empty folder, and one with Trentshire's register behind it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bot.terminal import Said, Terminal
from tests.conftest import as_brought_in
from tests.databases import Database


@pytest.fixture
def terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """An empty folder, no settings, no register."""

    def read() -> tuple[str, str]:
        told = capfd.readouterr()
        return told.out, told.err

    folder = tmp_path / "home"
    folder.mkdir()
    return Terminal(folder, read, monkeypatch)


class Station(NamedTuple):
    """Trentshire's register at a terminal, on Monday 23 November 2026, 09:00."""

    terminal: Terminal
    url: str

    def __call__(self, *arguments: str) -> Said:
        return self.terminal(*arguments)


@pytest.fixture
def station(terminal: Terminal, database: Database) -> Station:
    url = database.copy(as_brought_in, terminal.folder / "register.db")
    terminal.register(url)
    return Station(terminal, url)
