"""Two bot processes on one register share the work: nothing lost, nothing twice, when either is killed."""

import signal
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bot.clock import instant
from storage import history, outbox, register
from storage.rules.deadlines import Thresholds
from storage.store import Store, open_store
from tests.bot.dcc_channel import DIGEST, key_of, outbox_rows, posted
from tests.bot.test_digest_once import AGAIN, FIRST_STARTS, Force, force, wait
from tests.databases import Database
from tests.wire.office import CUSTODY

LETTERS = [f"letter:{n}" for n in range(8)]


class Work:
    """What people say meanwhile, each thing once, and whether the bot acknowledged it."""

    def __init__(self, one: Force) -> None:
        self.one, self.acknowledged = one, dict[str, bool]()

    def say(self, killing: subprocess.Popen[bytes] | None = None) -> None:
        """One update; with `killing`, that process is killed while it is under way."""
        words = f"Step {len(self.acknowledged) + 1} is done."
        slack = self.one.slack
        with ThreadPoolExecutor(1) as pool:
            saying = slack.stand_in.acts.say("U0OWEN", CUSTODY, f"/4action update CUST26-R2: {words}")
            told = pool.submit(slack.wait_for, saying)
            if killing:
                killing.send_signal(signal.SIGKILL)
                killing.wait(10)
            self.acknowledged[words] = bool(told.result(20)["acked"])

    def say_some(self, killing: subprocess.Popen[bytes]) -> None:
        for number in range(6):
            self.say(killing if number == 3 else None)


def notes(store: Store) -> Counter[str]:
    """How often each update stands in the record."""
    events = register.whole(store, Thresholds(), store.clock())["events"]
    return Counter(e["values"]["note"][1] for e in events if e["body"]["act"] == "update" and "note" in e["values"])


def both_answer(one: Force) -> bool:
    return one.slack.stand_in.socket.connections == 2


def keys(one: Force) -> list[str]:
    return sorted(key_of(m) for m in posted(one.slack) if "metadata" in m)


def test_two_bots_share_the_work_and_nothing_is_lost_or_doubled_when_either_is_killed(
    database: Database, tmp_path: Path
) -> None:
    with force(database, tmp_path / "two") as one, ExitStack() as bots:
        work, store = Work(one), open_store(one.url, lambda: instant(AGAIN))
        first, second = (bots.enter_context(one.bot(FIRST_STARTS[1])) for _ in range(2))
        wait(lambda: both_answer(one), "both bots")
        wait(one.settled, "the digest")
        work.say_some(first)
        _put(store, LETTERS[:4])
        third = bots.enter_context(one.bot(AGAIN))
        wait(lambda: both_answer(one), "the one in the first's place", third)
        work.say_some(second)
        _put(store, LETTERS[4:])
        fourth = bots.enter_context(one.bot(AGAIN))
        wait(lambda: both_answer(one), "the one in the second's place", fourth)
        work.say()
        wait(lambda: _all_sent(one), "every letter")
        _nothing_lost_or_doubled(work, store)
        assert keys(one) == sorted([DIGEST, *LETTERS])
        store.close()


def _put(store: Store, letters: list[str]) -> None:
    """Messages on their way, which whoever starts next finds at once."""
    with store.aside() as tx:
        for key in letters:
            assert outbox.put(tx, key, "slack", "C0DCC", f'{{"text": "{key}"}}', store.clock())


def _all_sent(one: Force) -> bool:
    rows: dict[str, Any] = outbox_rows(one.url)
    return all(rows[key]["state"] == "sent" for key in LETTERS)


def _nothing_lost_or_doubled(work: Work, store: Store) -> None:
    kept = notes(store)
    assert sum(work.acknowledged.values()) >= len(work.acknowledged) - 2  # each kill may have cost one
    for words, acknowledged in work.acknowledged.items():
        assert kept[words] == 1 if acknowledged else kept[words] <= 1, words
    assert history.verify(store)[0] == []
