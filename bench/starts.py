"""Cold start: the imports of `run`, and `ask` to its end, in fresh interpreters, beside the imports of the packages."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import registers
from bench.timing import Line, Times, compared, same

MOST = 1.5
PACKAGES = ("slack_bolt", "sqlmodel", "apscheduler.schedulers.background", "dotenv", "pydantic_settings")
FLOOR = "import " + ", ".join(PACKAGES)
# what bot/cli.py's `run` has imported by the time that it answers the first command
RUN = f"""
from bot import cli, logs, wiring
from bot.settings import problems_to_run
from slack_bolt import App
from slack_sdk import WebClient
import apscheduler.schedulers.background, apscheduler.triggers.interval, {PACKAGES[3]}
"""
LOADED = "\nimport json, sys; print(json.dumps([name in sys.modules for name in {packages!r}]))"


def lines(register: Path, rounds: int) -> list[Line]:
    """Both imports load every one of the packages, so that neither puts off what the other does."""
    for code in (FLOOR, RUN):
        loaded = json.loads(_python("-c", code + LOADED.format(packages=PACKAGES)))
        same("packages loaded", [True] * len(PACKAGES), loaded)
    run = _race(lambda: _python("-c", FLOOR), lambda: _python("-c", RUN), rounds)
    ask = ("-m", "bot", "ask", "overdue", "--as", registers.ASKER)
    asked = _race(lambda: _python("-c", FLOOR), lambda: _python(*ask, DATABASE_URL=registers.url(register)), rounds)
    return [
        compared("cold start, imports of `run`", run, MOST),
        compared("cold start, `ask overdue` to its end", asked, MOST),
    ]


def _race(floor: Callable[[], object], ours: Callable[[], object], rounds: int) -> Times:
    """Fresh processes by turns, the best of each; one of each before is not counted."""
    times = Times(_timed(floor), _timed(ours))
    for _ in range(rounds):
        times = Times(min(times.floor, _timed(floor)), min(times.ours, _timed(ours)))
    return times


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _python(*arguments: str, **more: str) -> str:
    environment = {"PATH": os.environ.get("PATH", ""), "LIGHTKEEPER_NOW": registers.NOW.isoformat(), **more}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=Path(__file__).parent.parent)
    return done.stdout.decode()
