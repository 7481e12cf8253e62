"""Campaign C1: commands under kill -9, and what must hold of the register afterwards.

Workers are killed with SIGKILL at seeded moments; a new one gets, under the same keys, whatever the dead one had not
acknowledged. Now and then a second writer works beside the first, and a third process holds the lock. At the end
every command is looked for in the register.
"""

import contextlib
import json
import mmap
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select as query

from storage import history
from storage.fields import ITEM_FIELDS, plain
from storage.store import Store
from storage.tables import HISTORY, ITEM, REQUEST, REQUEST_KEY, UPDATE
from tests.campaigns.result import Result
from tests.campaigns.worker import Birth
from tests.conftest import CAST, PRACTICE, peopled
from tests.databases import Busy, somebody_writes
from tests.storage.registers import row, take

ITEMS = 150
OUTSTANDING = 8
FREE, SENSITIVE = 0, 10  # every tenth item is sensitive
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Command(NamedTuple):
    """Something that somebody says once; `expected` is what has to come of it."""

    key: str
    who: str
    words: str
    form: dict[str, str] | None
    reference: str
    expected: str  # `saved`, `refused` (and on record), `unknown` or `stale`


@dataclass
class Lane:
    """A place in which one worker after the other works off what it is given."""

    number: int
    folder: Path
    queue: deque[tuple[int, Command]] = field(default_factory=deque)
    sent: dict[int, Command] = field(default_factory=dict)
    rest: bytes = b""
    pid: int = 0
    reads: int = -1
    writes: int = -1

    @property
    def status(self) -> Path:
        return self.folder / f"inside{self.number}"


class Campaign:
    """One run: everything that is said, and every moment of a kill, hangs on the seed."""

    def __init__(self, store: Store, folder: Path, *, seed: int, commands: int, kills: int, broken: str = "") -> None:
        self.store, self.folder, self.seed, self.broken = store, folder, seed, broken
        self.dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.answers: dict[str, list[tuple[bool, str]]] = defaultdict(list)
        self.commands: dict[str, Command] = {}
        self.moved: set[str] = set()  # items that were surely changed since they were registered
        self.total, self.kills = commands, kills
        self.number = 0
        self.owners = self._register()
        self.lanes = [Lane(n, folder) for n in (0, 1)]
        for lane in self.lanes:
            lane.status.write_bytes(b"\0")

    def _register(self) -> dict[str, str]:
        """Items with an owner each; the last of them is Owen's own work for sign-off."""
        owners = {f"X{n}": self.dice.choice(("owen", "dana", "jo")) for n in range(1, ITEMS + 1)}
        rows = [
            row(
                reference,
                action_owner=CAST[owner][0],
                strategic_lead=CAST["marcus"][0],
                marking="OFFICIAL-SENSITIVE" if self._is_sensitive(reference) else "OFFICIAL",
            )
            for reference, owner in owners.items()
        ]
        take(peopled(self.store), *rows)
        self.to_complete = [f"X{n}" for n in range(1, ITEMS + 1)]
        self.dice.shuffle(self.to_complete)
        return owners

    @staticmethod
    def _is_sensitive(reference: str) -> bool:
        return int(reference[1:]) % SENSITIVE == FREE

    # --- what is said -----------------------------------------------------------------------------------------------

    def _new(self) -> Command:
        key = f"K{len(self.commands):06}"
        kind = self.dice.random()
        if kind < 0.05:
            command = self._forged(key)
        elif kind < 0.07 and self.moved:
            reference = self.dice.choice(sorted(self.moved))
            words = f"update {reference} v1: Step {key}."
            command = Command(key, self._worker_on(reference), words, None, reference, "stale")
        elif kind < 0.10 and self.to_complete:
            reference = self.to_complete.pop()
            words = f"complete {reference}: Step {key}. https://evidence.example/{key}"
            command = Command(key, self._worker_on(reference), words, None, reference, "saved")
        else:
            command = self._update(key)
        self.commands[key] = command
        self.counts[f"{command.expected} expected"] += 1
        return command

    def _update(self, key: str) -> Command:
        reference = f"X{self.dice.randrange(1, ITEMS + 1)}"
        who = self._worker_on(reference)
        if self.dice.random() < 0.2:
            form = {"note": f"Step {key}.", "off_track": self.dice.choice(["", f"Late since {key}."]), "forecast": ""}
            return Command(key, who, f"update {reference}", form, reference, "saved")
        return Command(key, who, f"update {reference}: Step {key}.", None, reference, "saved")

    def _worker_on(self, reference: str) -> str:
        return self.dice.choice((self.owners[reference], self.owners[reference], "marcus", "lia"))

    def _forged(self, key: str) -> Command:
        """Somebody who may not, or what is not there."""
        open_to_all = [r for r in self.owners if not self._is_sensitive(r)]
        sensitive = [r for r in self.owners if self._is_sensitive(r)]
        who, reference, expected = self.dice.choice(
            (
                ("ana", self.dice.choice(open_to_all), "refused"),
                ("ruth", self.dice.choice(open_to_all), "refused"),
                ("tess", self.dice.choice(sensitive), "unknown"),
                ("ana", self.dice.choice(sensitive), "unknown"),
                ("sam", self.dice.choice(open_to_all), "unknown"),
                ("lia", "X99999", "unknown"),
            )
        )
        verb = self.dice.choice(("update", "complete"))
        link = f" https://evidence.example/{key}" if verb == "complete" else ""
        return Command(key, who, f"{verb} {reference}: Step {key}.{link}", None, reference, expected)

    # --- the run ----------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        began = time.perf_counter()
        with self._nursery():
            moments = self._moments()
            while self.number < self.total or any(lane.sent or lane.queue for lane in self.lanes):
                self._fill()
                self._hear(0.5)
                if moments and self.counts["acknowledged"] >= moments[0]:
                    moments.popleft()
                    self._kill()
                elif self.dice.random() < 0.005:
                    self._hold_the_lock()
            for lane in self.lanes:
                os.close(lane.writes)
                self._drain(lane)
        return Result(f"C1, seed {self.seed}", self.counts, self._verdict(), time.perf_counter() - began)

    def _moments(self) -> deque[int]:
        """After how many acknowledgements each kill comes: spread over the run, each by the dice."""
        span = self.total * 0.95 / self.kills
        return deque(int(span * n + self.dice.uniform(0.1, 0.9) * span) for n in range(self.kills))

    @contextlib.contextmanager
    def _nursery(self) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.campaigns.worker"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=PRACTICE.parent, stdin=pipe, stdout=pipe, text=True) as self.births:
            for lane in self.lanes:
                self._bear(lane)
            try:
                yield
            finally:
                for lane in self.lanes:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(lane.pid, signal.SIGKILL)
                assert self.births.stdin
                self.births.stdin.close()

    def _bear(self, lane: Lane) -> None:
        """A new worker for this lane, over two new pipes."""
        self.counts["workers"] += 1
        ends = [self.folder / f"{way}{self.counts['workers']}" for way in ("in", "out")]
        for end in ends:
            os.mkfifo(end)
        birth = Birth(str(ends[0]), str(ends[1]), self.store.url, str(lane.status), self.broken)
        assert self.births.stdin
        assert self.births.stdout
        self.births.stdin.write(json.dumps(birth._asdict()) + "\n")
        self.births.stdin.flush()
        lane.pid = int(self.births.stdout.readline())
        lane.writes = os.open(ends[0], os.O_WRONLY)
        lane.reads = os.open(ends[1], os.O_RDONLY)
        lane.rest = b""

    def _fill(self) -> None:
        """Keep both lanes busy; the second one in every other hundred commands only."""
        for lane in self.lanes:
            works = lane.number == 0 or self.number % 200 >= 100
            while len(lane.sent) < OUTSTANDING:
                if not lane.queue:
                    if not works or self.number >= self.total:
                        break
                    self._say(lane)
                n, command = lane.queue.popleft()
                lane.sent[n] = command
                self._send(lane, n, command)

    def _say(self, lane: Lane) -> None:
        """The next thing: new, or with one chance in ten what was said a little before, by the same key."""
        self.number += 1
        if self.commands and self.dice.random() < 0.10:
            recent = list(self.commands)[-40:]
            command = self.commands[self.dice.choice(recent)]
            self.counts["repeated"] += 1
        else:
            command = self._new()
        lane.queue.append((self.number, command))

    def _send(self, lane: Lane, n: int, command: Command) -> None:
        now = START + timedelta(seconds=n)
        told = {"n": n, "key": command.key, "who": CAST[command.who][0], "words": command.words, "form": command.form}
        self.counts["sent"] += 1
        with contextlib.suppress(BrokenPipeError):  # it died by itself: what was sent is sent again
            os.write(lane.writes, (json.dumps({**told, "now": now.isoformat()}) + "\n").encode())

    def _hear(self, seconds: float) -> None:
        ready, _, _ = select.select([lane.reads for lane in self.lanes], [], [], seconds)
        for lane in self.lanes:
            if lane.reads in ready and not self._take(lane, os.read(lane.reads, 65536)):
                self.counts["died by itself"] += 1
                assert self.counts["died by itself"] < 100, "no worker lives long enough to do anything"
                self._again(lane)

    def _take(self, lane: Lane, data: bytes) -> bool:
        """Acknowledgements as they come; False at the end of the pipe, when the worker is no more."""
        *lines, lane.rest = (lane.rest + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            command = lane.sent.pop(told["n"])
            if told["trouble"]:
                self.counts[told["trouble"]] += 1
            if told["trouble"] == "busy":
                lane.queue.append((told["n"], command))
                continue
            self.counts["acknowledged"] += 1
            self.answers[command.key].append((told["saved"], told["line"]))
            if told["saved"]:
                self.moved.add(command.reference)
        return bool(data)

    def _kill(self) -> None:
        """SIGKILL: at any moment, or a moment after the worker began a transaction."""
        lane = self.lanes[self.dice.random() < 0.2 and bool(self.lanes[1].sent)]
        with lane.status.open("rb") as file, mmap.mmap(file.fileno(), 1, prot=mmap.PROT_READ) as inside:
            if self.dice.random() < 0.6:
                _spin(0.2, lambda: inside[0] == 1)
            _spin(self.dice.uniform(0, 0.0015))
            os.kill(lane.pid, signal.SIGKILL)
            self._drain(lane)
            self.counts["kills"] += 1
            self.counts["kills between BEGIN and acknowledgement"] += inside[0]
        self._again(lane)

    def _drain(self, lane: Lane) -> None:
        """Hear the last words, up to the end of the pipe: then the worker is dead."""
        while self._take(lane, os.read(lane.reads, 65536)):
            pass

    def _again(self, lane: Lane) -> None:
        """A new worker, which gets first what the dead one had not acknowledged."""
        os.close(lane.reads)
        with contextlib.suppress(OSError):
            os.close(lane.writes)
        lane.status.write_bytes(b"\0")
        lane.queue.extendleft(reversed(lane.sent.items()))
        self.counts["sent again"] += len(lane.sent)
        lane.sent.clear()
        self._bear(lane)

    def _hold_the_lock(self) -> None:
        """Somebody else writes for a moment, and changes nothing."""
        with contextlib.suppress(Busy), somebody_writes(self.store.url, waiting=False):
            self.counts["locks held"] += 1
            _spin(self.dice.uniform(0.005, 0.03))

    # --- what must hold ---------------------------------------------------------------------------------------------

    def _verdict(self) -> dict[str, int]:
        faults = dict.fromkeys(FAULTS, 0)
        faults["died by itself"] = self.counts.pop("died by itself", 0)
        faults["errors"] = self.counts.pop("error", 0)
        self._look_for_commands(faults)
        self._look_at_items(faults)
        faults["chain breaks"] = len(history.verify(self.store)[0])
        return faults

    def _look_for_commands(self, faults: dict[str, int]) -> None:
        traces = self._traces()
        for key, command in self.commands.items():
            here, told = traces.get(key, Trace()), self.answers[key]
            firsts = {line for saved, line in told if saved}
            if command.expected == "saved":
                faults["lost"] += here.changes == 0 or here.said == 0
                faults["answers not kept"] += not here.kept
                faults["twice"] += here.changes > 1 or here.said > 1
                faults["answered wrongly"] += not told or not all(saved for saved, _ in told) or len(firsts) != 1
            else:
                faults["unauthorised" if command.expected != "stale" else "stale applied"] += here.changes + here.said
                faults["answered wrongly"] += not told or any(saved for saved, _ in told)
                faults["refusals off the record"] += here.refusals != (command.expected == "refused")

    def _traces(self) -> dict[str, "Trace"]:
        """What the register holds of each request key, in every table where it could stand."""
        traces: dict[str, Trace] = defaultdict(Trace)
        with self.store.read() as tx:
            for body in tx.execute(query(HISTORY.c.body)).scalars():
                told = json.loads(body)
                name = "refusals" if told["act"] == "refused" else "changes"
                trace = traces[asked(told["request"])]
                setattr(trace, name, getattr(trace, name) + 1)
            for table in (UPDATE, REQUEST):
                for words in tx.execute(query(table.c.words)).scalars():
                    traces[words.removeprefix("Step ").rstrip(".")].said += 1
            for key in tx.execute(query(REQUEST_KEY.c.key)).scalars():
                traces[asked(key)].kept = True
        return traces

    def _look_at_items(self, faults: dict[str, int]) -> None:
        """Each item is the fold of its history, and has as many versions as it was changed."""
        with self.store.read() as tx:
            folded, _ = history.folded(history.minutes(tx), "item_id")
            items = [dict(r) for r in tx.execute(query(ITEM)).mappings()]
        saved = Counter(c.reference for c in self.commands.values() if any(s for s, _ in self.answers[c.key]))
        for item in items:
            told = folded.get(item["id"], {})
            faults["other than folded"] += any(plain(item[f]) != told.get(f) for f in (*ITEM_FIELDS, "version"))
            faults["versions"] += item["version"] != 1 + saved[item["reference"]]


def asked(key: str) -> str:
    """A request key without the person whose request it was."""
    return key.rpartition(":")[0]


@dataclass
class Trace:
    """How often a command stands in the register."""

    changes: int = 0
    refusals: int = 0
    said: int = 0
    kept: bool = False


FAULTS = (
    "lost",
    "twice",
    "unauthorised",
    "stale applied",
    "answered wrongly",
    "answers not kept",
    "refusals off the record",
    "other than folded",
    "versions",
    "chain breaks",
    "died by itself",
    "errors",
)


def _spin(seconds: float, until: object = None) -> None:
    """Wait by the clock alone, to the microsecond, or until something is so."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if callable(until) and until():
            return
