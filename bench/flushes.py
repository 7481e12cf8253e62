"""How often the disk is waited for: strace counts fsync and fdatasync over some updates, which this file then sends."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from bench.office import opened
from bench.timing import Line
from bench.updates import Submissions

UPDATES = 20


def lines(register: Path) -> list[Line]:
    """One line; without strace it says so, and nothing is held."""
    name = "flushes to disk for each acknowledged update"
    if not shutil.which("strace"):
        return [Line(name, "1", "–", "NOT RUN: no strace here (Debian's package strace)")]
    path = Path(shutil.copy(register, register.with_suffix(".flushes")))
    counted(path, 1)  # the first visit of the asker writes too, and so do opening and closing: hence a difference
    each = (counted(path, 5 + UPDATES) - counted(path, 5)) / UPDATES
    return [Line(name, "1", f"{each:g}", f"{each:g}", "1", each == 1)]


def counted(path: Path, updates: int) -> int:
    """Calls of fsync and fdatasync in a fresh process that sends so many updates."""
    traced = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(path.with_suffix(".strace"))]
    command = [*traced, sys.executable, "-m", "bench.flushes", str(path), str(updates)]
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
    told = path.with_suffix(".strace").read_text(encoding="utf-8")
    return sum(int(n) for n in re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*fd?a?t?a?sync$", told, re.MULTILINE))


def _write(path: Path, updates: int) -> None:
    with opened(path) as office:
        submit = Submissions(office)
        for _ in range(updates):
            submit()


if __name__ == "__main__":
    _write(Path(sys.argv[1]), int(sys.argv[2]))
