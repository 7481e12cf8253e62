"""Campaign C2: digests under kill -9 and faults of Slack's, two bots at a time, and what must stand in the channels.

Each channel has a digest of its own. Week by week both bots tick until every digest of the week is sent; meanwhile they
are killed with SIGKILL at given points or at any moment, or held still while their time runs out and the other bot
takes over; one call in five of Slack's fails. At the end every digest of every week is looked for in its channel.
"""

import contextlib
import copy
import json
import os
import random
import select
import signal
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import holidays
from sqlalchemy import insert
from sqlalchemy import select as query

from practice.faults import APPLIED, Fault, Faults
from practice.stand_in import StandInThread
from storage.fields import LONDON
from storage.store import Store
from storage.tables import DIGEST, OUTGOING
from tests.campaigns.nursery import Child, Nursery, nursery
from tests.campaigns.result import Result
from tests.campaigns.ticking import API_URL, FileClock
from tests.conftest import peopled
from tests.storage.registers import row, take
from tests.wire.office import WORKSPACE

BEFORE, FIRST = datetime(2027, 1, 8, 12, tzinfo=LONDON), date(2027, 1, 11)
PAST_LEASE = (61.0, 90.0)
POST, SEARCH = "chat.postMessage", "conversations.history"
# what goes wrong with a call, each as likely as the others
TROUBLES = (
    lambda: Fault("ratelimited", retry_after=5),
    lambda: Fault("server_error", status=500),
    lambda: Fault("server_error", status=503),
    lambda: Fault("reply_lost"),
    lambda: Fault("reply_lost"),
    lambda: Fault("slow", seconds=0.03),
    lambda: Fault("cut"),
    lambda: Fault("malformed"),
)


class Blow(NamedTuple):
    """What is to happen to a bot: where, and what."""

    point: str
    then: str  # die; kill: from outside, a moment after; hold: past its lease; pause: not so long; now: at any moment


# around the post more often than elsewhere
KILLS = (
    *(Blow("post", "kill"),) * 4,
    *(Blow("posted", "die"),) * 3,
    *(Blow("", "now"),) * 3,
    *(Blow(point, "die") for point in ("noted", "mark", "find", "claimed", "written", "taken", "settled", "post")),
)
HOLDS = tuple(Blow(point, then) for point in ("post", "noted", "mark") for then in ("hold", "pause"))


class Storm(Faults):
    """Slack on a bad day: so many calls fail, by the dice."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self.dice, self.share = random.Random(seed), share
        self.met: Counter[str] = Counter()

    def next_for(self, method: str) -> Fault | None:
        if method not in (POST, SEARCH, "chat.delete") or self.dice.random() >= self.share:
            return None
        fault = self.dice.choice(TROUBLES)()
        self.met["reply lost" if fault.fault in APPLIED else fault.fault.replace("_", " ")] += 1
        return fault


@dataclass
class Lane:
    """A place in which one bot after the other works."""

    child: Child
    rest: bytes = b""
    state: str = "idle"  # idle, busy, held
    blow: Blow | None = None
    at: str = ""  # the point that it has come to
    key: str = ""
    kill_at: float = 0.0


class Plan(NamedTuple):
    """How much of everything."""

    channels: int
    weeks: int
    kills: int = 0
    holds: int = 0
    faults: float = 0.0  # the share of Slack's calls that fail
    blows: tuple[Blow, ...] = ()  # these only, and each again and again
    rounds: int = 80  # of one week: more, and something is never sent


FAULTS = (
    "missing",
    "twice",
    "unexpected",
    "outbox disagrees",
    "posted again without need",
    "died by itself",
    "errors",
    "never sent",
)


@dataclass
class Campaign:
    """One run: every moment hangs on the seed, as far as the machine's own pace allows."""

    store: Store
    folder: Path
    seed: int
    plan: Plan
    broken: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    faults: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAULTS, 0))
    excused: set[str] = field(default_factory=set)  # held in the one gap that no program can close
    lanes: list[Lane] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.clock = FileClock(self.folder / "clock", BEFORE)
        self.names = [f"board-{n}" for n in range(self.plan.channels)]
        self.mondays = _mondays(self.plan.weeks)
        self.blows = self._blows()
        self._register()

    def _blows(self) -> deque[Blow]:
        """Every blow of the run, shuffled; the kills spread evenly over their points."""
        of = self.plan.blows
        kills = [(of or KILLS)[n % len(of or KILLS)] for n in range(self.plan.kills)]
        holds = [(of or HOLDS)[n % len(of or HOLDS)] for n in range(self.plan.holds)]
        return deque(self.dice.sample(kills + holds, len(kills + holds)))

    def _register(self) -> None:
        """A dozen items that nobody owns, and a digest for each channel."""
        unowned = {"action_owner": "", "status": "awaiting_allocation"}  # so that no person is written to
        take(peopled(self.store), *[row(f"X{n}", target_date=f"2027-0{1 + n % 4}-15", **unowned) for n in range(12)])
        fixed = {"kind": "board", "platform": "slack", "day": "mon", "time": "09:00", "filter": "", "since": BEFORE}
        with self.store.write() as tx:
            tx.execute(insert(DIGEST), [{**fixed, "name": name, "place": place(name)} for name in self.names])

    def run(self) -> Result:
        began = time.perf_counter()
        with StandInThread(_workspace(self.names), now=BEFORE) as self.slack:
            self.api = self.slack.stand_in.web_api
            self.api.faults = self.storm = Storm(self.seed, self.plan.faults)
            with nursery("tests.campaigns.ticking", self.folder, {API_URL: self.slack.api_url}) as self.nursery:
                self.lanes = [Lane(self._born(self.nursery)) for _ in range(2)]
                for number, monday in enumerate(self.mondays):
                    self._week(monday, len(self.mondays) - number)
                self._a_lease_later()
            self._verdict()
        self.counts += Counter({f"faults: {name}": n for name, n in sorted(self.storm.met.items())})
        of = f"C2, seed {self.seed}: {self.plan.channels * self.plan.weeks:,} channel-weeks"
        return Result(of, self.counts, self.faults, time.perf_counter() - began)

    def _born(self, births: Nursery) -> Child:
        self.counts["bots"] += 1
        return births.bear(self.store.url, self.folder / "clock", self.broken)

    # --- the run ----------------------------------------------------------------------------------------------------

    def _week(self, monday: date, weeks_left: int) -> None:
        """From nine o'clock until every digest of the week is sent; its share of the blows falls meanwhile."""
        self.clock.set(datetime.combine(monday, datetime.min.time(), LONDON).replace(hour=9))
        self.slack.stand_in.clock.move(self.clock())
        self.clock.later(self.dice.uniform(0, 600))
        blows = deque(self.blows.popleft() for _ in range(-(-len(self.blows) // weeks_left)))
        for _ in range(self.plan.rounds):
            self._round(blows)
            if self._all_sent(_period(monday)):
                break
        else:
            self.faults["never sent"] += 1
        self.blows.extend(blows)  # what found no moment in this week may find one in another

    def _a_lease_later(self) -> None:
        """Whoever was stopped in the middle of a post has posted by now, and what is one too many is found."""
        for _ in range(self.plan.rounds):
            self.clock.later(max(PAST_LEASE))
            self._round(deque())
            with self.store.read() as tx:
                if not tx.execute(query(OUTGOING.c.id).where(OUTGOING.c.lease_until.is_not(None))).first():
                    return

    def _round(self, blows: deque[Blow]) -> None:
        """Both bots tick at once; something may happen to each of them, but nothing to one while the other is held."""
        self.clock.later(self.dice.uniform(3, 30))
        lanes = self.dice.sample(self.lanes, 2)
        meant = self._two_of(blows)
        for lane, blow in zip(lanes, meant, strict=True):
            self._tick(lane, blow)
        self._until_quiet()
        if lanes[0].state == "held":
            self._hold(lanes[0], lanes[1])
        for lane, blow in zip(lanes, meant, strict=True):
            if blow and lane.blow is blow:  # it never came to that point
                blows.append(blow)

    @staticmethod
    def _two_of(blows: deque[Blow]) -> tuple[Blow | None, Blow | None]:
        one = blows.popleft() if blows else None
        if not blows or (one and one.then in ("hold", "pause")) or blows[0].then in ("hold", "pause"):
            return one, None
        return one, blows.popleft()

    def _tick(self, lane: Lane, blow: Blow | None) -> None:
        lane.state, lane.blow, lane.at, lane.kill_at = "busy", blow, "", 0.0
        then = {"die": "die", "hold": "hold", "pause": "hold"}.get(blow.then if blow else "", "")
        if blow and blow.then == "now":
            lane.kill_at = time.perf_counter() + self.dice.uniform(0, 0.15)
        self._say(lane, {"point": blow.point if blow else "", "then": then})

    def _say(self, lane: Lane, told: dict[str, str]) -> None:
        with contextlib.suppress(BrokenPipeError):  # it died by itself, which is heard at once
            os.write(lane.child.writes, (json.dumps(told) + "\n").encode())

    def _hold(self, held: Lane, other: Lane) -> None:
        """One stands still, as a machine does that sleeps, while the other goes on and the clock with it."""
        assert held.blow
        long = held.blow.then == "hold"
        if long and held.at == "post":
            self.excused.add(held.key)
        for _ in range(3):
            self.clock.later(self.dice.uniform(*PAST_LEASE) if long else self.dice.uniform(3, 8))
            self._tick(other, None)
            self._until_quiet()
        self.counts["held past its lease" if long else "held for a moment"] += 1
        held.blow, held.state = None, "busy"
        self._say(held, {})
        self._until_quiet()

    def _until_quiet(self) -> None:
        while any(lane.state == "busy" for lane in self.lanes):
            soonest = min((lane.kill_at for lane in self.lanes if lane.kill_at), default=0.0)
            wait = max(0.0, soonest - time.perf_counter()) if soonest else 30.0
            ready, _, _ = select.select([lane.child.reads for lane in self.lanes], [], [], wait)
            assert ready or soonest, "a bot says nothing for half a minute"
            for lane in self.lanes:
                if lane.child.reads in ready and not self._hear(lane):
                    self._died(lane)
                elif lane.kill_at and time.perf_counter() >= lane.kill_at:
                    self._kill(lane)

    def _hear(self, lane: Lane) -> bool:
        """What a bot says; False at the end of its pipe, when it is no more."""
        data = os.read(lane.child.reads, 65536)
        *lines, lane.rest = (lane.rest + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if told["told"] == "at":
                self._at(lane, told)
            else:
                lane.state, lane.kill_at = "idle", 0.0
                self.faults["errors"] += bool(told["trouble"])
                assert self.faults["errors"] < 20, told["trouble"]
        return bool(data)

    def _at(self, lane: Lane, told: dict[str, str]) -> None:
        assert lane.blow
        lane.at, lane.key = told["point"], told["key"]
        if lane.blow.then == "kill":
            lane.kill_at = time.perf_counter() + self.dice.uniform(0, 0.008)
        elif lane.blow.then in ("hold", "pause"):
            lane.state = "held"

    def _kill(self, lane: Lane) -> None:
        """SIGKILL from outside; its last words are heard to the end of the pipe."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(lane.child.pid, signal.SIGKILL)
        while self._hear(lane):
            pass
        if lane.at == "post" and lane.state == "busy":
            self.counts["while a post was on its way"] += 1
        self._again(lane)

    def _died(self, lane: Lane) -> None:
        if lane.blow is None or lane.blow.then != "die" or not lane.at:
            self.faults["died by itself"] += 1
            assert self.faults["died by itself"] < 20, "no bot lives long enough to do anything"
        elif lane.at == "posted":
            self.counts["after a post, before it was written down"] += 1
        self._again(lane)

    def _again(self, lane: Lane) -> None:
        """A new bot in the place of the dead one."""
        self.counts["kills"] += 1
        os.close(lane.child.reads)
        os.close(lane.child.writes)
        lane.child, lane.rest, lane.state, lane.blow, lane.kill_at = self._born(self.nursery), b"", "idle", None, 0.0

    def _all_sent(self, period: str) -> bool:
        with self.store.read() as tx:
            states = {r.key: r.state for r in tx.execute(query(OUTGOING.c.key, OUTGOING.c.state))}
        mine = [key for key in states if _period_of(key) == period]
        return len(mine) >= len(self.names) and set(states.values()) == {"sent"}

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _verdict(self) -> None:
        expected = {f"digest:{name}:{_period(monday)}": place(name) for name in self.names for monday in self.mondays}
        stands = _standing(self.slack)
        self.counts["digests in their channels"] = sum(stands[place_, key] for key, place_ in expected.items())
        with self.store.read() as tx:
            rows = {r.key: r for r in tx.execute(query(OUTGOING))}
        for key, place_ in expected.items():
            self.faults["missing"] += stands[place_, key] == 0
        self.faults["twice"] = sum(number > 1 for number in stands.values())
        self.faults["unexpected"] = sum(not _is_expected(key, expected) for _, key in stands)
        agree = {(row.place, row.key) for row in rows.values() if row.state == "sent"}
        self.faults["outbox disagrees"] = len(agree ^ set(stands)) + self._other_stamps(rows)
        posts = self._posts()
        self.counts["posts"] = posts.total()
        self.faults["posted again without need"] = len({k for k, n in posts.items() if n > 1} - self.excused)

    def _other_stamps(self, rows: dict[str, Any]) -> int:
        there = {k.message["ts"] for k in self.slack.stand_in.workspace.kept if k.message.get("metadata")}
        return len({row.posted_ts for row in rows.values()} ^ there)

    def _posts(self) -> Counter[str]:
        """How often each message was posted, whether or not it was taken back."""
        done = [c for c in self.api.calls.made if c["method"] == POST and c.get("answer") and c["answer"]["ok"]]
        return Counter(key_in(call["answer"]["message"]) for call in done)


def place(name: str) -> str:
    return f"C0{name.upper().replace('-', '')}"


def key_in(message: dict[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["key"])


def _standing(slack: StandInThread) -> Counter[tuple[str, str]]:
    """What stands in the channels at the end: how often each key in each place."""
    kept = slack.stand_in.workspace.kept
    return Counter((k.channel, key_in(k.message)) for k in kept if k.message.get("metadata"))


def _is_expected(key: str, expected: dict[str, str]) -> bool:
    """A digest, or a part of it in its thread."""
    return ":".join(key.split(":")[:3]) in expected


def _period_of(key: str) -> str:
    parts = key.split(":")
    return parts[2] if len(parts) == 3 else ""


def _period(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _mondays(weeks: int) -> list[date]:
    """Mondays from the first one on that are working days."""
    off = holidays.country_holidays("GB", subdiv="ENG", years=range(2027, 2035))
    every = (FIRST + timedelta(weeks=n) for n in range(2 * weeks + 5))
    return [monday for monday in every if monday not in off][:weeks]


def _workspace(names: list[str]) -> dict[str, Any]:
    given = copy.deepcopy(WORKSPACE)
    pattern = next(c for c in given["channels"] if c["id"] == "C0DCC")
    given["channels"] += [{**pattern, "id": place(name), "name": name} for name in names]
    return {**given, "messages": []}
