"""At every tick: a sign of life, a look for what is wrong, a word to the named person, a ping while all is well."""

import json
import logging
import os
import platform
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bot import scheduler
from handlers.wording import count, moment
from storage import digests, signs
from storage.rules.lateness import too_late
from storage.rules.working_days import Calendar
from storage.store import Store

log = logging.getLogger(__name__)
CALLS = "calls over HTTP"
HEARD = frozenset({"connected", CALLS})
HEARS = HEARD | {"not connected yet", ""}  # "": that door is not open at all
DEAF_AFTER_SECONDS = 60.0
PING_EVERY_SECONDS, PING_WITHIN_SECONDS = 60.0, 5.0
BACKUP_AGE, FIRST_BACKUP = timedelta(hours=26), timedelta(minutes=10)


class Trouble(NamedTuple):
    """Something that somebody has to mend: its kind, which one it is, and a sentence for the person who is told."""

    name: str
    about: str
    sentence: str

    @property
    def key(self) -> str:
        """The same for the same trouble, whoever finds it and whenever."""
        return f"alarm:{self.name}:{self.about}"


def late_digests(store: Store, calendar: Calendar, now: datetime) -> list[Trouble]:
    """Digests that should have been sent more than an hour ago: claimed and not sent, or not even claimed."""
    with store.read() as tx:
        due = signs.unsent_runs(tx)
        for schedule in digests.schedules(tx):
            period = scheduler.latest(schedule, calendar, now)
            if period and period.due > schedule.since and not digests.known(tx, schedule, period.name, period.due):
                due.append(signs.Overdue(f"{schedule.name}:{period.name}", period.due))
    return [_late_digest(one) for one in due if too_late(calendar, one.due, now)]


def _late_digest(one: signs.Overdue) -> Trouble:
    name, _, period = one.name.rpartition(":")
    return Trouble("digest", one.name, f"The digest {name} of {period} was due {moment(one.due)} and is not sent yet.")


def old_messages(store: Store, calendar: Calendar, now: datetime) -> list[Trouble]:
    """Messages that could have gone for more than an hour; one trouble a day, however many there are."""
    with store.read() as tx:
        keys = signs.old_messages(tx, calendar, now)
    if not keys:
        return []
    wait = "waits" if len(keys) == 1 else "wait"
    said = f"{count(len(keys), 'message')} {wait} to be sent for more than an hour, the oldest {keys[0]}."
    return [Trouble("outbox", str(calendar.today(now)), said)]


def old_backups(folder: Path | None, calendar: Calendar, now: datetime) -> list[Trouble]:
    """The newest file of BACKUP_DIR is more than a day old, or there is none."""
    if folder is None:
        return []
    try:
        made = [found.stat().st_mtime for found in folder.iterdir() if found.is_file() and found.name[0] != "."]
    except OSError:
        made = []
    newest = max(made, default=None)
    if newest is not None and now.timestamp() - newest < BACKUP_AGE.total_seconds():
        return []
    said = "BACKUP_DIR holds no backup" if newest is None else "The newest backup in BACKUP_DIR is more than a day old"
    return [Trouble("backup", str(calendar.today(now)), f"{said}. Run: lightkeeper backup FILE")]


def in_register(store: Store, calendar: Calendar, backups: Path | None, now: datetime) -> list[Trouble]:
    """What anybody who reads the register can see to be wrong."""
    late, old = late_digests(store, calendar, now), old_messages(store, calendar, now)
    return [*late, *old, *old_backups(backups, calendar, now)]


class Standing(NamedTuple):
    """How a bot stands, as its sign of life tells others; `socket` is to Slack, "" where it does not serve Slack."""

    socket: str
    deaf: bool
    stopped: str
    version: str
    skewed: str = ""
    teams: str = ""

    def troubles(self, today: str) -> list[Trouble]:
        """What is wrong with the bot itself."""
        found = []
        if self.stopped:
            found.append(Trouble("token", today, self.stopped))
        if self.skewed:
            found.append(Trouble("clock", today, self.skewed))
        if self.deaf:
            found.append(Trouble("socket", today, f"The bot hears nothing from Slack. {self.socket}"))
        return found


class Alarms:
    """Told of by `tell(key, sentence)`, once each; `socket`, `stopped` and `skewed` say how this bot stands."""

    def __init__(
        self,
        store: Store,
        calendar: Calendar,
        tell: Callable[[str, str], None],
        socket: Callable[[], str],
        stopped: Callable[[], str],
        *,
        skewed: Callable[[], str] = lambda: "",
        teams: Callable[[], str] = lambda: "",
        backups: Path | None = None,
        well: Callable[[], None] = lambda: None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.calendar, self.tell, self.backups, self.well = store, calendar, tell, backups, well
        self.socket, self.stopped, self.skewed, self.ticks = socket, stopped, skewed, ticks
        self.teams = teams
        self.name, self.started_at = f"{platform.node()}-{os.getpid()}-{os.urandom(3).hex()}", store.clock()
        self.known: frozenset[str] = frozenset()
        self.found: tuple[Trouble, ...] = ()
        self._deaf_since: float | None = None

    def look(self, now: datetime) -> None:
        """Give a sign of life, find what is wrong, and say what is new of it."""
        heard = (self.socket(), self._is_deaf(), self.stopped(), program_version(), self.skewed(), self.teams())
        standing = Standing(*heard)
        signs.beat(self.store, signs.Beat(self.name, self.started_at, now, json.dumps(standing._asdict())))
        mine = standing.troubles(str(self.calendar.today(now)))
        self.found = (*mine, *in_register(self.store, self.calendar, self._backups(now), now))
        for trouble in self.found:
            if trouble.key not in self.known:
                self._say(trouble)
        self.known = frozenset(trouble.key for trouble in self.found)
        if not self.found:
            self.well()

    def _backups(self, now: datetime) -> Path | None:
        """A folder that is empty when the bot starts gets its first backup before anybody is told."""
        begins = now - self.started_at < FIRST_BACKUP
        return None if begins and self.backups and self.backups.is_dir() else self.backups

    def _say(self, trouble: Trouble) -> None:
        log.error("%s", trouble.sentence, extra={"trouble": trouble.name})
        if trouble.name not in {"token", "clock"}:  # nothing can be sent then: the log and `health` say it
            self.tell(trouble.key, trouble.sentence)

    def _is_deaf(self) -> bool:
        """Whether nothing has been heard for a minute: a line that is coming back is no trouble yet."""
        if self.socket() in HEARS:
            self._deaf_since = None
            return False
        if self._deaf_since is None:
            self._deaf_since = self.ticks()
        return self.ticks() - self._deaf_since >= DEAF_AFTER_SECONDS

    def leave(self) -> None:
        """The bot ends as it should."""
        signs.leave(self.store, self.name)


def program_version() -> str:
    try:
        return version("lightkeeper")
    except PackageNotFoundError:
        return "unknown"


class Heartbeat:
    """Pings an address at most once a minute, in a thread of its own; whoever listens misses it when it stays away."""

    def __init__(self, address: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self.address, self.ticks = address, ticks
        self._next = ticks()
        self._thread: threading.Thread | None = None

    def ping(self) -> None:
        """Begin a ping when it is time for one; gives back at once."""
        busy = self._thread is not None and self._thread.is_alive()
        if not self.address or busy or self.ticks() < self._next:
            return
        self._next = self.ticks() + PING_EVERY_SECONDS
        self._thread = threading.Thread(target=self._ask, name="heartbeat", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        """The address is a secret of the watcher's, so that no line repeats it."""
        try:
            with _opener(self.address).open(self.address, timeout=PING_WITHIN_SECONDS):
                pass
        except (OSError, ValueError) as fault:
            log.warning("HEARTBEAT_URL did not answer: %s", type(fault).__name__)


def _opener(address: str) -> urllib.request.OpenerDirector:
    """A proxy stands between us and others, never between us and this machine."""
    here = urlsplit(address).hostname in {"127.0.0.1", "localhost"}
    return urllib.request.build_opener(*((urllib.request.ProxyHandler({}),) if here else ()))
