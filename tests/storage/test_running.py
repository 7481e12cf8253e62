"""Whether a bot runs on a register is known at once and exactly, also when it was killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage import running
from storage.running import BotRuns, Taken, bot_runs, without_bots
from storage.store import Store

# a process that holds the sign until its input ends
HOLDS = """
import sys
from datetime import UTC, datetime
from storage import running
from storage.store import open_store
store = open_store(sys.argv[1], lambda: datetime.now(UTC))
with running.running(store):
    print("runs", flush=True)
    sys.stdin.read()
"""
STOP_IT = "Stop the bot."


@contextmanager
def a_bot(store: Store) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that runs on the register."""
    command = [sys.executable, "-c", HOLDS, store.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"runs\n"
        yield process
        process.kill()


def test_nobody_runs_where_nobody_has_started(register: Store) -> None:
    assert not bot_runs(register)


def test_two_bots_share_the_sign_and_the_last_that_is_killed_takes_it_away(register: Store) -> None:
    with a_bot(register) as first, a_bot(register) as second:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert bot_runs(register)
        second.send_signal(signal.SIGKILL)
        second.wait()
        assert not bot_runs(register)


def test_who_wants_no_bot_is_refused_in_their_own_sentence_while_one_runs(register: Store) -> None:
    with a_bot(register), pytest.raises(BotRuns, match=STOP_IT), without_bots(register, STOP_IT):
        pytest.fail("a bot runs")


def test_no_bot_begins_while_somebody_wants_none(register: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PATIENCE_SECONDS", 0.0)
    with (
        without_bots(register, STOP_IT),
        pytest.raises(Taken, match="Start the bot when that has ended"),
        running.running(register),
    ):
        pytest.fail("it began")
    with running.running(register):
        assert bot_runs(register)


def test_a_sign_that_was_lost_is_taken_again(register: Store) -> None:
    with running.running(register) as sign:
        sign.drop()
        assert not bot_runs(register)
        running.keep(sign)
        assert bot_runs(register)
