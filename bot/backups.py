"""The verbs `backup` and `restore`: what they say, and what a person has to look after then."""

import argparse
import getpass
from datetime import datetime
from pathlib import Path

from bot import scheduler, wiring
from bot.cli import WrongUsage
from bot.clock import Clock
from bot.settings import Settings
from handlers.wording import count
from storage import backup, restoring
from storage.history import Head
from storage.restoring import By, Restored
from storage.rules.working_days import Calendar
from storage.store import Store


def back_up(options: argparse.Namespace, settings: Settings, clock: Clock, store: Store) -> int:
    """To the file given, else into BACKUP_DIR under the day's name; there, the oldest make room."""
    if options.file:
        path = Path(options.file)
        head = backup.make(store, path)
    elif settings.backup_dir:
        now = clock()
        path, head = backup.into(store, settings.backup_dir, wiring.calendar(settings).today(now))
        backup.rotate(settings.backup_dir, now)
    else:
        raise WrongUsage("lightkeeper backup: say to which file, or set BACKUP_DIR. Try: lightkeeper backup --help")
    print(f"The backup {path} is whole: {_ends(head)}.")
    return 0


def put_back(options: argparse.Namespace, settings: Settings, clock: Clock, store: Store) -> int:
    """Restore, and say all that a person has to look after now."""
    by = By(options.as_, getpass.getuser())
    done = restoring.restore(store, Path(options.file), by, force=options.force)
    for sentence in [*_restored(done), *_held(done), *_due(done, wiring.calendar(settings), clock())]:
        print(sentence)
    return 0


def _ends(head: Head) -> str:
    return f"{count(head.seq, 'event')}, head {head.shown}"


def _restored(done: Restored) -> list[str]:
    told = [f"The register is as the backup has it: {_ends(done.backup)}. Event {done.head.seq:,} says so."]
    if done.aside:
        ended = f"with {_ends(done.given_up)}" if done.given_up else "which could not be read"
        told.append(f"The register that was there, {ended}, is kept: {done.aside}")
    return told


def _held(done: Restored) -> list[str]:
    if not done.held:
        return []
    told = f"{count(len(done.held), 'message')} unsent in the backup may have been posted since, and will not be now:"
    return [told, *(f"  {key} to {place}" for key, place in done.held)]


def _due(done: Restored, calendar: Calendar, now: datetime) -> list[str]:
    """The digests that the register has forgotten, or never knew, since the backup."""
    told = []
    for schedule in done.schedules:
        last = scheduler.latest(schedule, calendar, now)
        if last and last.due > schedule.since and (schedule.id, last.name) not in done.runs:
            told.append(f"The digest {schedule.name} of {last.name} was due since the backup, and is not sent again.")
    return told
