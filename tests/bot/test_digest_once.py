"""The weekly digest exactly once, as processes: killed at any moment, its answer lost, two at a time, late, and broken.

`SEED=7 TRIALS=100 pytest tests/bot/test_digest_once.py` runs longer; seed, counts and seconds are printed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from bot import demo, wiring
from practice.faults import Faults
from practice.stand_in import StandInThread
from tests.bot.dcc_channel import DIGEST, calls, fault, key_of, outbox_rows, posted, slack_at, text_of
from tests.conftest import Clock, as_in_the_demo
from tests.databases import Database, Fill
from tests.wire.office import DCC, STORY, settings

ROOT = Path(demo.__file__).parent.parent
# of these five lives two are killed before they have posted, one has its answer lost and one has a slow one
SEED = int(os.environ.get("SEED", "20261268"))
TRIALS, AT_ONCE = int(os.environ.get("TRIALS", "5")), 3
FIRST_STARTS = ("2026-11-23T08:59:59", "2026-11-23T09:00:00", "2026-11-23T09:00:01", "2026-11-23T09:17:00")
AGAIN = "2026-11-23T09:40:00"  # the lease of whoever died has run out
WITHIN = 40.0
RUN = ("-m", "bot", "--env-file", "", "run")


def with_its_digest_set_up(url: str) -> None:
    """The sample register with its digest set up on the Friday before."""
    as_in_the_demo(url)
    given = settings(database_url=url, dcc_channel=DCC)
    store = wiring.ready_store(given, Clock("2026-11-20 16:40"))
    wiring.set_up_digest(store, given)
    store.close()


class Force(NamedTuple):
    """One register, one pretended Slack, and as many bot processes as a test likes."""

    url: str
    slack: StandInThread
    folder: Path

    @contextmanager
    def bot(self, now: str, *program: str) -> Iterator[subprocess.Popen[bytes]]:
        """A bot process; whatever happens it has ended, and shown no traceback, when the block has."""
        where = {"SLACK_API_URL": self.slack.api_url, "LIGHTKEEPER_NOW": now}
        tokens = {"SLACK_BOT_TOKEN": self.slack.bot_token, "SLACK_APP_TOKEN": self.slack.app_token}
        env = {**demo.environment(self.url, STORY), **where, **tokens}
        log = self.folder / f"{time.monotonic_ns()}.log"
        with log.open("wb") as file:
            command = [sys.executable, *(program or RUN)]
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            try:
                yield process
            finally:
                process.kill()
                process.wait(10)
        assert "Traceback" not in log.read_text(), log.read_text()

    def digests(self) -> list[str]:
        return [key_of(message) for message in posted(self.slack)]

    def settled(self) -> bool:
        return outbox_rows(self.url).get(DIGEST, {}).get("state") == "sent"


def wait(what: Callable[[], object], why: str, process: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + WITHIN
    while not what():
        assert time.monotonic() < end, f"it never came to pass: {why}"
        assert process is None or process.poll() is None, f"the bot stopped before {why}"
        time.sleep(0.002)


@contextmanager
def force(
    database: Database, folder: Path, when: str = "2026-11-23T08:59:00", begin: Fill = with_its_digest_set_up
) -> Iterator[Force]:
    folder.mkdir(exist_ok=True)
    url = database.copy(begin, folder / "register.db")
    with slack_at(when) as slack:
        yield Force(url, slack, folder)


# --- killed ---------------------------------------------------------------------------------------------------------


class Trial(NamedTuple):
    """When the first process starts, what Slack does to it, and when it is killed."""

    number: int
    start: str
    after: str  # the API call after whose beginning it is killed; "" for a moment after its start
    delay: float
    reply_lost: bool
    slow: bool


def trials(chance: random.Random, many: int) -> list[Trial]:
    """Half are killed around the post itself, the others at any moment of their short lives."""
    found = []
    for number in range(many):
        after = ("chat.postMessage", "conversations.history", "chat.postMessage", "")[number % 4]
        start = chance.choice(FIRST_STARTS[1:] if after else FIRST_STARTS)
        delay = chance.uniform(0, 0.012) if after else chance.uniform(0.3, 1.0)
        found.append(Trial(number, start, after, delay, chance.random() < 0.4, chance.random() < 0.4))
    return found


def killed(database: Database, folder: Path, trial: Trial, *program: str) -> tuple[list[str], bool]:
    """One trial: a bot killed, another started when the lease has run out; gives what was posted."""
    with force(database, folder / f"trial-{trial.number}") as one:
        if trial.slow:
            fault(one.slack, "chat.postMessage", "slow", seconds=0.02)
        elif trial.reply_lost:
            fault(one.slack, "chat.postMessage", "reply_lost")
        with one.bot(trial.start, *program) as first:
            if trial.after:
                wait(lambda: calls(one.slack, trial.after), trial.after, first)
            time.sleep(trial.delay)  # the seeded moment itself, not a wait for anything
            first.send_signal(signal.SIGKILL)
            first.wait(10)
        before = bool(one.digests())
        one.slack.stand_in.web_api.faults = Faults()  # Slack is well again; what it did not meet is forgotten
        with one.bot(AGAIN, *program) as second:
            wait(one.settled, f"the digest after {trial}", second)
        return one.digests(), before


def test_killed_at_any_moment_the_digest_is_there_once(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began, chance = time.monotonic(), random.Random(SEED)
    plan = trials(chance, TRIALS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda trial: killed(database, tmp_path, trial), plan))
    before = sum(there for _, there in found)
    with capsys.disabled():
        lost = sum(t.reply_lost and not t.slow for t in plan)
        posts, seconds = sum(len(d) for d, _ in found), time.monotonic() - began
        kills = f"{len(plan)} kills ({before} after the post had arrived, {lost} answers lost)"
        print(f"\ndigest once: seed {SEED}, {kills}, posted {posts}, {seconds:.1f} s")
    assert [d for d, _ in found] == [[DIGEST]] * len(plan)
    assert 0 < before < len(plan), "the kills were all on one side of the post"


# --- the answer lost, two at once, early, late ----------------------------------------------------------------------


def test_a_lost_answer_and_a_restart_post_once(database: Database, tmp_path: Path) -> None:
    with force(database, tmp_path / "lost") as one:
        fault(one.slack, "chat.postMessage", "reply_lost")
        with one.bot(FIRST_STARTS[1]) as first:
            wait(lambda: one.digests(), "the post", first)
        assert not one.settled()
        with one.bot(AGAIN) as second:
            wait(one.settled, "the digest found again", second)
        assert one.digests() == [DIGEST]
        assert outbox_rows(one.url)[DIGEST]["posted_ts"] == posted(one.slack)[0]["ts"]


def test_two_processes_on_one_register_post_once(database: Database, tmp_path: Path) -> None:
    with force(database, tmp_path / "two") as one, one.bot(FIRST_STARTS[1]), one.bot(FIRST_STARTS[1]):
        wait(lambda: one.settled() and _have_ticked(one, 2), "both have looked at the outbox")
        assert one.digests() == [DIGEST]


def _have_ticked(one: Force, many: int) -> bool:
    """A tick ends with names: each process has asked for the last address of all that have none."""
    asked = [c["payload"]["email"] for c in list(one.slack.stand_in.web_api.calls.made)
             if c["method"] == "users.lookupByEmail"]  # fmt: skip
    connected = one.slack.stand_in.socket.connections
    return connected >= many and len(asked) >= 1


def test_a_first_start_on_a_wednesday_posts_nothing_of_the_week(database: Database, tmp_path: Path) -> None:
    with force(database, tmp_path / "wednesday", "2026-11-25T10:00:00", as_in_the_demo) as one:
        with one.bot("2026-11-25T10:00:00") as first:
            wait(lambda: _have_ticked(one, 1), "a whole tick", first)
            waiting = [key for key in outbox_rows(one.url) if not key.startswith("notice:")]
            assert one.digests() == [] and waiting == []  # what people were told before is theirs
        with one.bot("2026-11-30T09:00:00") as next_monday:
            wait(lambda: one.digests(), "the first digest", next_monday)
        assert one.digests() == ["digest:weekly:2026-W49"]


def test_a_late_digest_says_so_and_counts_as_at_its_time(database: Database, tmp_path: Path) -> None:
    with force(database, tmp_path / "late", "2026-11-24T11:00:00") as one:
        with one.bot("2026-11-24T11:00:00") as late:
            wait(lambda: one.digests(), "the late digest", late)
        said = text_of(posted(one.slack)[0])
        assert one.digests() == [DIGEST]
        assert "Sent late. " in said and "It was due 23 Nov 2026, 09:00, and counts as at then." in said
        assert "Counted as at 09:00 on 23 Nov 2026" in said
        assert posted(one.slack)[0]["text"].startswith("Weekly digest, 23 Nov 2026: ")


def test_a_digest_on_time_does_not_and_its_row_of_a_sensitive_item_is_closed(
    database: Database, tmp_path: Path
) -> None:
    with force(database, tmp_path / "on time") as one:
        with one.bot(FIRST_STARTS[2]) as first:
            wait(one.settled, "the digest", first)
        said = text_of(posted(one.slack)[0])
        assert "Sent late" not in said
        for title in ("Ligature points", "Gap in the camera cover"):
            assert title not in said + posted(one.slack)[0]["text"]


def test_sigterm_ends_a_bot_with_0(database: Database, tmp_path: Path) -> None:
    with force(database, tmp_path / "term") as one, one.bot(FIRST_STARTS[0]) as first:
        wait(lambda: one.slack.stand_in.socket.connections, "a connection", first)
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0


# --- broken on purpose: without these parts it does post twice ------------------------------------------------------

NO_SEARCH = """
from handlers.slack.send import Sender
Sender.every = lambda self, place, key, since, thread="": iter(())
from bot.cli import main
raise SystemExit(main(["--env-file", "", "run"]))
"""
NO_UNIQUE_KEY = """
import os
from bot import scheduler
from storage import digests
claim = digests.claim
digests.known = lambda tx, schedule, period, due: False
digests.claim = lambda store, schedule, period, due: claim(store, schedule, f"{period}.{os.getpid()}", due)
from bot.cli import main
raise SystemExit(main(["--env-file", "", "run"]))
"""


def test_without_the_search_for_an_earlier_post_it_posts_twice(database: Database, tmp_path: Path) -> None:
    lost = Trial(0, FIRST_STARTS[1], "chat.postMessage", 0.2, reply_lost=True, slow=False)
    assert killed(database, tmp_path, lost)[0] == [DIGEST]
    lost = lost._replace(number=1)
    assert killed(database, tmp_path, lost, "-c", NO_SEARCH)[0] == [DIGEST, DIGEST]


def test_without_one_key_a_period_two_processes_post_twice(database: Database, tmp_path: Path) -> None:
    broken = ("-c", NO_UNIQUE_KEY)
    with force(database, tmp_path / "broken") as one:
        with one.bot(FIRST_STARTS[1], *broken) as first, one.bot(FIRST_STARTS[1], *broken):
            wait(lambda: len(one.digests()) == 2, "two digests", first)
        assert len({key_of(m) for m in posted(one.slack)}) == 2
