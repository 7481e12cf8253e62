"""A terminal in an empty folder, and one with Trentshire's register behind it."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.bot.terminal import Said, Terminal


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
    path: Path

    def __call__(self, *arguments: str) -> Said:
        return self.terminal(*arguments)


@pytest.fixture
def station(terminal: Terminal, trentshire_file: Path) -> Station:
    path = Path(shutil.copy(trentshire_file, terminal.folder / "register.db"))
    terminal.register(path)
    return Station(terminal, path)
