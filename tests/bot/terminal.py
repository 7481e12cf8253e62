"""A terminal for tests: a verb is run, and its exit status and both streams come back; no traceback ever does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.cli import main
from bot.settings import Settings
from tests.databases import reading

Json = dict[str, Any]


class Said(NamedTuple):
    """What a verb came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        """The one object on stdout."""
        told: Json = json.loads(self.out)
        return told

    @property
    def faults(self) -> list[str]:
        return self.err.splitlines()


class Terminal:
    """Runs verbs in one folder, with the settings that the test gives and no others."""

    def __init__(self, folder: Path, read: Callable[[], tuple[str, str]], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._read, self._patch = folder, read, patch
        patch.chdir(folder)
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._patch.setenv(name, value)

    def register(self, url: str, now: str = "2026-11-23T09:00:00") -> None:
        self.set(DATABASE_URL=url, LIGHTKEEPER_NOW=now)

    def __call__(self, *arguments: str) -> Said:
        self._read()
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse's own way out
            status = int(ended.code or 0)
        out, err = self._read()
        assert "Traceback" not in err + out
        return Said(status, out, err)

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


def head(url: str) -> str:
    """The chain's head and the number of items, read past the program."""
    with reading(url) as other:
        told = (
            other.execute("SELECT hash FROM head").fetchone()[0],
            other.execute("SELECT count(*) FROM item").fetchone(),
        )
    return str(told)
