"""A whole demo: the bot as a process of its own, started, moved in time, lost, and ended with it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import practice

ROOT = Path(practice.__file__).parent.parent
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextlib.contextmanager
def demo(*bot_env: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a process; ended at the end whatever happens."""
    script = Path(__file__).with_name("run_small_demo.py")
    running = subprocess.Popen(
        [sys.executable, str(script), *bot_env],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "SECRET_OF_THE_SHELL": "1"},
    )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=15)


def first_line(stream: Any, begins: str) -> str:
    for line in stream:
        if begins in line:
            return str(line).strip()
    raise AssertionError(f"never said: {begins}")


def ask(url: str, path: str, **asked: Any) -> Any:
    data = json.dumps(asked).encode() if asked else None
    request = urllib.request.Request(url + path, data=data, headers={"Content-Type": "application/json"})
    with OPENER.open(request, timeout=30) as response:
        return json.loads(response.read())


def status(url: str) -> Any:
    return ask(url, "/practice/state?person=U0OWEN")["bot"]


def until(url: str, wanted: str) -> Any:
    """Waits until the bot stands as wanted."""
    for _ in range(100):
        if status(url)["status"] == wanted:
            return status(url)
        time.sleep(0.1)
    raise AssertionError(f"the bot never was {wanted}: {status(url)}")


def test_the_bot_is_started_moved_to_monday_and_ended() -> None:
    with demo() as running:
        url = first_line(running.stdout, "READY").removeprefix("READY ")
        assert ask(url, "/practice/say", person="U0OWEN", channel="C0CUSTODY", text="/4action")["ok"]
        moved = ask(url, "/practice/clock", move="monday")
        assert [(a["name"], a["count"], a["see_as"]["name"]) for a in moved["arrived"]] == [
            ("dcc-weekly", 1, "DCC Ruth Calder")
        ]
        assert moved["clock"]["now"].startswith("2026-11-23T09:00")
        assert status(url) == {"status": "connected", "managed": True, "gave_up": False}
    assert running.returncode == 0


def test_a_bot_that_stops_is_left_stopped_until_it_is_started_again() -> None:
    with demo() as running:
        url = first_line(running.stdout, "READY").removeprefix("READY ")
        before = time.monotonic()
        said = ask(url, "/practice/say", person="U0OWEN", channel="C0CUSTODY", text="/4action crash")
        assert said["error"] == "no_response"
        assert time.monotonic() - before < 2.5
        assert not until(url, "stopped")["gave_up"]
        assert ask(url, "/practice/bot/start", please=True)["ok"]
        until(url, "connected")


def test_a_bot_that_dies_three_times_while_starting_is_left_alone_and_the_page_says_so() -> None:
    with demo("DIES_AT_START=1") as running:
        line = first_line(running.stderr, "stopped while starting")
        url = line.rsplit(" ", 1)[1]
        assert status(url) == {"status": "stopped", "managed": True, "gave_up": True}
    assert running.returncode == 1


def test_the_bot_gets_the_environment_it_is_given_and_nothing_of_the_shells() -> None:
    with demo("SHOWS_ENVIRONMENT=1") as running:
        line = first_line(running.stderr, "environment:")
        names = set(line.split(": ", 1)[1].split(","))
        slack = {"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "LIGHTKEEPER_NOW"}
        assert names - {"LC_CTYPE"} == slack | {"PATH", "SHOWS_ENVIRONMENT"}
