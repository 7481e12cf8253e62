"""The backup of each night: made by the verb in a child process of low priority, for one bot of all, once."""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import IO, NamedTuple

from bot.settings import Settings
from handlers.wording import british
from storage import backup
from storage.rules.working_days import Calendar
from storage.store import Store

log = logging.getLogger(__name__)
AT = "03:00"  # never between 01:00 and 02:00, an hour that a clock change skips or repeats
LEASE, AGAIN_AFTER = timedelta(hours=3), timedelta(hours=1)
LOW_PRIORITY = 19


class Child(NamedTuple):
    """The process that makes a backup, and what it says of its faults."""

    process: "subprocess.Popen[bytes]"
    said: IO[bytes]


class Nightly:
    """Begins the backup of each night, for one bot of all, and looks how it ended; `alarm` tells the named person."""

    def __init__(self, store: Store, settings: Settings, calendar: Calendar, alarm: Callable[[str, str], None]) -> None:
        self.store, self.settings, self.calendar, self.alarm = store, settings, calendar, alarm
        self.child: Child | None = None

    def look(self, now: datetime) -> None:
        """Begin the one that is due, or see to the one that has ended; never wait for it."""
        if self.child:
            if self.child.process.poll() is not None:
                self._ended(self.child, now)
            return
        if self.settings.backup_dir and backup.take_turn(self.store, now, now + LEASE):
            self.child = _begin(self.settings, now)

    def _next(self, now: datetime) -> datetime:
        today = self.calendar.on(self.calendar.today(now), AT)
        return today if today > now else self.calendar.on(self.calendar.today(now) + timedelta(days=1), AT)

    def _ended(self, child: Child, now: datetime) -> None:
        self.child = None
        child.said.seek(0)
        why = child.said.read().decode("utf-8", "replace").strip().splitlines()
        child.said.close()
        if child.process.returncode == 0:
            log.info("the backup of the night is made")
            backup.next_turn(self.store, self._next(now))
            return
        backup.next_turn(self.store, now + AGAIN_AFTER)
        day = self.calendar.today(now)
        log.error("the backup of the night failed")
        self.alarm(
            f"alarm:backup failed:{day}", f"The backup of {british(day)} failed. {why[-1] if why else 'It was ended.'}"
        )


def _begin(settings: Settings, now: datetime) -> Child:
    """The verb in a process of its own, which lets everybody else go first."""
    command = [sys.executable, "-m", "bot", "--env-file", "", "backup"]
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
    flags = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
    process = subprocess.Popen(
        command,
        env=os.environ | _told(settings, now),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        creationflags=flags,
    )
    _last(process.pid)
    return Child(process, said)


def _last(process: int) -> None:
    """After everybody else, as far as the system knows how; one that has ended already needs none of it."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, process, LOW_PRIORITY)
        os.sched_setscheduler(process, os.SCHED_BATCH, os.sched_param(0))


def _told(settings: Settings, now: datetime) -> dict[str, str]:
    """What the verb needs of the settings, wherever this bot has them from."""
    told = {"DATABASE_URL": settings.database_url, "BACKUP_DIR": str(settings.backup_dir)}
    told |= {"TIMEZONE": settings.timezone, "AUDIT_KEY": settings.audit_key.get_secret_value()}
    return told | ({"LIGHTKEEPER_NOW": now.isoformat()} if settings.lightkeeper_now else {})
