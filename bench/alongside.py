"""Reading and writing while a digest is counted, a backup is made or a file comes in: how much longer people wait."""

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, NamedTuple

from bench import digest, registers
from bench.office import Office, opened
from bench.raw import connected
from bench.slack import command
from bench.timing import Line, shown
from bot import apart
from storage import backup, imports, record
from storage.digests import Run, Schedule
from storage.faults import StoreFault
from storage.refusals import NotAllowed
from storage.store import Store, open_store

MOST, MOST_WAIT = 2.0, 1.0
ROWS = 9_000
PAUSE = 0.05  # seconds between two writes
LONGEST = 120.0  # seconds that any work is waited for


class Waits(NamedTuple):
    """Seconds: the slowest but one of a hundred reads, and the longest wait of a write."""

    read: float
    write: float


Work = Callable[[], AbstractContextManager[Callable[[], bool]]]  # within it, whether it still goes on


def lines(path: Path, size: int, seconds: float, rows: int = ROWS) -> list[Line]:
    """Somebody writes all the time; first nothing else goes on, then each kind of work in its turn."""
    with opened(path) as office, tempfile.TemporaryDirectory(dir=path.parent) as folder:
        writer = Writer(office.bot.store, path)
        alone = _waits(office, writer, _idling(seconds))
        told = []
        for name, work in {
            "a digest is counted": _digests(office, seconds),
            "a backup is made": _elsewhere(_backs_up, path, Path(folder)),
            f"{min(rows, size):,} rows come in": _elsewhere(_brings_in, path, (size, rows)),
        }.items():
            beside = _waits(office, writer, work)
            ratio = beside.read / alone.read
            times = (shown(alone.read), shown(beside.read), f"{ratio:.2f}×")
            told.append(Line(f"`mine` while {name}, p99", *times, f"≤ {MOST:g}×", ratio <= MOST))
            longest = shown(beside.write)
            held = beside.write <= MOST_WAIT
            told.append(Line("longest wait of a write meanwhile", shown(alone.write), longest, longest, "≤ 1 s", held))
    return told


class Writer:
    """Somebody who has progress to tell twenty times a second."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.who = store, registers.liaison(store)
        raw = connected(path)
        self.items = [row[0] for row in raw.execute("SELECT reference FROM item WHERE status = 'in_progress' LIMIT 40")]
        raw.close()

    def writes(self, until: threading.Event, took: list[float]) -> None:
        number = 0
        while not until.wait(PAUSE):
            start = time.perf_counter()
            with suppress(
                StoreFault, NotAllowed
            ):  # told to try again, after as long a wait; or the file ended the item
                record.add_update(self.store, self.who, self.items[number % 40], None, "The lamps are ordered.", {})
            took.append(time.perf_counter() - start)
            number += 1


def _waits(office: Office, writer: Writer, work: Work) -> Waits:
    """Read for as long as the work goes on, while somebody writes."""
    reads: list[float] = []
    writes: list[float] = []
    over = threading.Event()
    body = command("mine")
    with work() as goes_on:
        hand = threading.Thread(target=writer.writes, args=(over, writes))
        hand.start()
        while goes_on():
            start = time.perf_counter()
            office.sends(body)
            reads.append(time.perf_counter() - start)
        over.set()
        hand.join()
    return Waits(sorted(reads)[int(len(reads) * 0.99)], max(writes, default=0.0))


# --- what goes on meanwhile -------------------------------------------------------------------------------------------


def _idling(seconds: float) -> Work:
    """Nothing."""

    @contextmanager
    def work() -> Iterator[Callable[[], bool]]:
        end = time.perf_counter() + seconds
        yield lambda: time.perf_counter() < end

    return work


def _digests(office: Office, seconds: float) -> Work:
    """One digest after the other as the bot's ticker has them written, in a process of their own."""
    over = threading.Event()
    schedule = Schedule(0, "weekly", "slack", "C0DCC", "mon", "09:00", digest.START)
    run = Run(0, 0, digest.PERIOD, digest.END, 2**31)

    def counts() -> None:
        while not over.is_set():
            assert apart.written(office.bot.digests, schedule, run, None, cleared=False)

    @contextmanager
    def work() -> Iterator[Callable[[], bool]]:
        thread, end = threading.Thread(target=counts), time.perf_counter() + seconds
        thread.start()
        yield lambda: time.perf_counter() < end
        over.set()
        thread.join()

    return work


def _elsewhere(does: Callable[..., None], path: Path, told: Any) -> Work:
    """Once in a process of its own; its start does not count."""

    @contextmanager
    def work() -> Iterator[Callable[[], bool]]:
        fresh = multiprocessing.get_context("spawn")
        begins = fresh.Event()
        process = fresh.Process(target=does, args=(path, told, begins))
        process.start()
        assert begins.wait(LONGEST)
        yield process.is_alive
        process.join()
        assert process.exitcode == 0

    return work


def _backs_up(path: Path, folder: Path, begins: Event) -> None:
    store = open_store(registers.url(path), registers.clock)
    begins.set()
    backup.make(store, folder / "copy.db")


def _brings_in(path: Path, file: tuple[int, int], begins: Event) -> None:
    """As many rows as the register has, or as the file may hold, each with something changed."""
    size, rows = file
    store = open_store(registers.url(path), lambda: digest.END)
    who, changed = registers.liaison(store), [registers.moved_on(row) for row in registers.rows(size)[:rows]]
    begins.set()
    assert imports.apply(store, who, changed, source="big.csv").applied
