"""Campaign C3: five years of digests by a clock that is moved, and an oracle that counts the weeks by hand.

Four tickers in threads of their own look at the same instant, over one register. The clock goes on by minutes, by days,
to the very second that something is due, or sleeps for weeks; now and then it is put back, and a ticker starts again.
What must have been sent by then is worked out without the product: from another table of bank holidays.
"""

import json
import random
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import insert, select

from bot import wiring
from bot.scheduler import Digests, run_due
from bot.settings import Settings
from storage import outbox
from storage.store import Store, open_store
from storage.tables import DIGEST, DIGEST_RUN, OUTGOING
from tests.campaigns.result import Result
from tests.conftest import Clock

LONDON = ZoneInfo("Europe/London")
TICKERS = 4
LEASE = timedelta(seconds=60)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLANS = {"weekly": "mon", "fridays": "fri"}
HOUR = timedelta(hours=1)
FAULTS = ("missing", "unexpected", "at another time", "on a day off", "not at nine", "sent twice", "gaps", "errors")


class Week(NamedTuple):
    """A digest's week by the oracle: what it is called, and when it is due."""

    period: str
    due: datetime


def weeks_by_hand(day: str, first: date, last: date) -> list[Week]:
    """Every week between two days, in the order in which they are due."""
    off = holidays.country_holidays("GB", subdiv="ENG", years=range(first.year, last.year + 2))
    found, nominal = [], first
    while nominal <= last:
        if DAYS[nominal.weekday()] == day:
            year, week, _ = nominal.isocalendar()
            moved = nominal
            while moved in off or (moved != nominal and moved.weekday() > 4):
                moved += timedelta(days=1)
            found.append(Week(f"{year}-W{week:02d}", datetime(moved.year, moved.month, moved.day, 9, tzinfo=LONDON)))
        nominal += timedelta(days=1)
    return found


class Oracle:
    """What must have been sent, given the instants at which somebody looked."""

    def __init__(self, name: str, weeks: list[Week], since: datetime) -> None:
        self.name, self.since, self.weeks = name, since, weeks
        self.dues = [week.due.astimezone(UTC) for week in weeks]
        self.sent: list[Week] = []

    def look(self, now: datetime) -> None:
        """The last one due by now, unless it was due before there was a digest, or it or a later one was sent."""
        last = bisect_right(self.dues, now) - 1
        newest = self.sent[-1].due if self.sent else self.since
        if last >= 0 and self.dues[last] > newest:
            self.sent.append(self.weeks[last])

    def after(self, now: datetime) -> datetime:
        """When the next one is due."""
        return self.dues[min(bisect_right(self.dues, now), len(self.dues) - 1)]


@dataclass
class Ticker:
    """One process's eyes: its own connections, and what it sent."""

    url: str
    clock: Clock
    settings: Settings
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work: Digests | None = None

    def start(self) -> None:
        """As a bot does when it starts, or starts again."""
        self.stop()
        store = open_store(self.url, self.clock)
        wiring.set_up_digest(store, self.settings)
        self.work = wiring.digest_work(store, self.settings)

    def stop(self) -> None:
        if self.work:
            self.work.store.close()

    def tick(self) -> None:
        """Everything due is claimed and written; whoever comes first to a message sends it."""
        assert self.work
        store, now = self.work.store, self.clock()
        run_due(self.work, now)
        while message := outbox.claim(store, now, LEASE):
            self.sent.append(message.key)
            outbox.settle(store, message, outbox.SENT, posted_ts=message.key, at=now)


class Campaign:
    """One run: where the clock goes, and who starts again, hangs on the seed."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings, seed: int, first: date, last: date, plans: dict[str, str]
    ) -> None:
        self.sleeps = last - first > timedelta(days=60)
        self.store, self.clock, self.seed, self.first, self.last = store, clock, seed, first, last
        self.dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.tickers = [Ticker(store.url, clock, settings) for _ in range(TICKERS)]
        self.troubles: list[str] = []
        begin = datetime(first.year, first.month, first.day, 7, tzinfo=LONDON)
        self.begin, self.latest = begin.astimezone(UTC), begin.astimezone(UTC)
        clock.now = self.begin
        self.oracles = [
            Oracle(name, weeks_by_hand(day, first - timedelta(days=40), last + timedelta(days=20)), self.begin)
            for name, day in plans.items()
        ]

    def run(self) -> Result:
        began = time.perf_counter()
        if len(self.oracles) > 1:
            self._fridays()
        for ticker in self.tickers:
            ticker.start()
        end = datetime(self.last.year, self.last.month, self.last.day, 23, tzinfo=LONDON)
        with ThreadPoolExecutor(TICKERS) as pool:
            while self.clock.now < end:
                self._look(pool)
                self._restart()
                self._move()
        for ticker in self.tickers:
            ticker.stop()
        faults = self._verdict()
        of = f"C3, seed {self.seed}: {self.first} to {self.last}"
        return Result(of, self.counts, faults, time.perf_counter() - began)

    def _fridays(self) -> None:
        fixed = {"kind": "board", "platform": "slack", "place": "C0CYBER", "filter": "", "time": "09:00"}
        with self.store.write() as tx:
            tx.execute(insert(DIGEST), [{**fixed, "name": "fridays", "day": PLANS["fridays"], "since": self.begin}])

    # --- the run ----------------------------------------------------------------------------------------------------

    def _look(self, pool: ThreadPoolExecutor) -> None:
        """One ticker, or several at the same instant."""
        eyes = self.dice.sample(self.tickers, self.dice.choice((1, 1, 1, 1, 1, 2, TICKERS)))
        gate = threading.Barrier(len(eyes))

        def tick(ticker: Ticker) -> None:
            gate.wait()
            ticker.tick()

        for ticked in [pool.submit(tick, ticker) for ticker in eyes]:
            fault = ticked.exception()
            if fault:
                self.troubles.append(f"{type(fault).__name__}: {fault}")
        self.counts["looks"] += 1
        for oracle in self.oracles:
            oracle.look(self.clock.now)

    def _restart(self) -> None:
        if self.dice.random() < 0.05:
            self.counts["restarts"] += 1
            self.dice.choice(self.tickers).start()

    def _move(self) -> None:
        """The clock goes on, or back; put back, it goes on from there."""
        kind, to = self.dice.choices(*zip(*self._moves(), strict=True))[0]
        self.counts[kind] += 1
        if kind == "put back":
            self.clock.now -= to
        else:
            self.clock.now = max(self.clock.now + timedelta(seconds=1), self.clock.now + to)
        self.latest = max(self.latest, self.clock.now)

    def _moves(self) -> Iterator[tuple[tuple[str, timedelta], float]]:
        now = self.clock.now
        due = min(oracle.after(now) for oracle in self.oracles) - now
        yield ("to the second", due), 8
        yield ("a moment early", due - timedelta(microseconds=1)), 4
        yield ("minutes", timedelta(minutes=self.dice.uniform(1, 90))), 1
        yield ("hours", timedelta(hours=self.dice.uniform(1, 40))), 2
        yield ("put back", timedelta(hours=self.dice.uniform(0.1, 2))), 1
        if not self.sleeps:
            return
        yield ("asleep for days", timedelta(days=self.dice.uniform(2, 9))), 2
        yield ("asleep for weeks", timedelta(days=self.dice.uniform(10, 40))), 0.4

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _verdict(self) -> dict[str, int]:
        faults = dict.fromkeys(FAULTS, 0)
        faults["errors"] = len(self.troubles)
        sent = Counter(key for ticker in self.tickers for key in ticker.sent)
        faults["sent twice"] = sum(number > 1 for number in sent.values())
        for oracle in self.oracles:
            self._compare(oracle, self._runs(oracle.name), faults)
        with self.store.read() as tx:
            states = Counter(tx.execute(select(OUTGOING.c.state)).scalars())
        faults["missing"] += states.total() - states[outbox.SENT]
        return faults

    def _runs(self, name: str) -> list[tuple[str, datetime, str]]:
        with self.store.read() as tx:
            rows = tx.execute(
                select(DIGEST_RUN.c.period, DIGEST_RUN.c.due, DIGEST_RUN.c.figures)
                .join(DIGEST, DIGEST.c.id == DIGEST_RUN.c.digest_id)
                .where(DIGEST.c.name == name)
                .order_by(DIGEST_RUN.c.due)
            )
            return [(row.period, row.due, row.figures) for row in rows]

    def _compare(self, oracle: Oracle, runs: list[tuple[str, datetime, str]], faults: dict[str, int]) -> None:
        expected = {week.period: week.due for week in oracle.sent}
        self.counts[f"of {oracle.name}"] = len(runs)
        off = holidays.country_holidays("GB", subdiv="ENG", years=range(self.first.year, self.last.year + 1))
        faults["missing"] += len(set(expected) - {period for period, _, _ in runs})
        for period, due, _ in runs:
            local = due.astimezone(LONDON)
            faults["unexpected"] += period not in expected
            faults["at another time"] += expected.get(period, due) != due
            faults["not at nine"] += (local.hour, local.minute, local.second) != (9, 0, 0)
            faults["on a day off"] += local.date() in off or local.weekday() > 4
        faults["gaps"] += _gaps([json.loads(figures) for _, _, figures in runs if figures])


def _gaps(told: list[dict[str, str]]) -> int:
    """Each digest counts from where the one before ended, however many weeks lie between."""
    return sum(a["to"] != b["from"] for a, b in pairwise(told))
