"""The verb `digest`: the weekly digest on the screen, as JSON, or sent once for its period."""

import argparse
import json
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from bot import as_at, doors, scheduler, wiring
from bot.cli import Refused
from bot.clock import Clock
from bot.scheduler import Digests, Period
from bot.settings import Settings, problems_to_run
from handlers.digests import weekly
from handlers.text import draw
from storage import beside, digests, figures, history, outbox, restoring
from storage.beside import Beside
from storage.digests import Kept, Schedule
from storage.figures import Figures
from storage.store import Store

if TYPE_CHECKING:
    from handlers.teams.sdk import Line

NEEDED = {"slack": "SLACK_BOT_TOKEN", "teams": "TEAMS_"}  # the settings that sending needs begin so


def verb(options: argparse.Namespace, settings: Settings, clock: Clock, store: Store) -> int:
    if options.send:
        return _send(settings, clock, store)
    work, now = wiring.digest_work(store, settings), _now(options, clock)
    if options.as_at and (kept := _kept(work, now)):
        return _again(kept, as_json=options.json)
    period, counted, more = _counted(work, now, settings)
    if options.json:
        print(json.dumps(figures.as_json(counted, period), ensure_ascii=False, indent=2))
    else:
        print(draw.said(weekly.card(counted, settings.limits, settings.slash_command, more)))
    return 0


def _now(options: argparse.Namespace, clock: Clock) -> datetime:
    """The end of the day asked for, else now."""
    return as_at.end_of(options.as_at, clock()) if options.as_at else clock()


def _kept(work: Digests, now: datetime) -> Kept | None:
    """The run last due by then, if it was written down; one that was missed is counted anew."""
    with work.store.read() as tx:
        schedule = digests.weekly(tx)
        last = scheduler.latest(schedule, work.calendar, now) if schedule else None
        found = digests.kept(tx, schedule.id, now) if schedule else None
    return found if found and last and found.run.period == last.name else None


def _again(kept: Kept, *, as_json: bool) -> int:
    """What was sent, in the words and the figures that were kept of it."""
    if not (kept.figures if as_json else kept.payload):
        raise Refused(f"The digest {kept.run.period} was sent, and its words have been erased since.")
    if as_json:
        print(json.dumps(json.loads(kept.figures), ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(draw.words_of(payload) for payload in (kept.payload, *kept.parts) if payload))
    return 0


def _counted(work: Digests, now: datetime, settings: Settings) -> tuple[str, Figures, Beside]:
    """The run last due by then, else the next as if it were due now: its period, and what it tells."""
    with work.store.read() as tx:
        kept = digests.weekly(tx)
        schedule = kept or Schedule(0, "weekly", "", "", settings.digest_day, settings.digest_time, now)
        last = scheduler.latest(schedule, work.calendar, now)
        if last is None or last.due <= schedule.since:
            coming = scheduler.upcoming(schedule, work.calendar, now)
            last = Period(coming.name if coming else "", now)
        upto = history.last_event_at(tx, last.due)
        window = digests.window(tx, schedule.id or None, last.due, upto)
        counted = figures.count(tx, window, work.limits)
        return last.name, counted, beside.of_digest(tx, schedule.id, "", counted, window, work.limits)


def _send(settings: Settings, clock: Clock, store: Store) -> int:
    """Send the digest of the period last due, else of the one that comes next as if it were due now."""
    wiring.set_up_digest(store, settings)
    with store.read() as tx:
        schedule = digests.weekly(tx)
    if schedule is None:
        raise Refused("DCC_CHANNEL is missing: the ID of the channel that the digest goes to.")
    faults = [fault for fault in problems_to_run(settings) if fault.startswith(NEEDED[schedule.platform])]
    if faults or schedule.platform not in wiring.drawings(settings):
        unset = f"The digest goes to {schedule.platform.capitalize()}, and nothing of it is in the settings."
        raise Refused(faults[0] if faults else unset)
    line = doors.teams_line(settings)
    with ExitStack() as open_things:
        if line:
            line.start()
            open_things.callback(line.close)
        return _sent(settings, clock, store, schedule, line)


def _sent(settings: Settings, clock: Clock, store: Store, schedule: Schedule, line: "Line | None") -> int:
    work, now = wiring.digest_work(store, settings, line), clock()
    key = scheduler.key_of(schedule, _claimed(work, schedule, now))
    with store.aside() as tx:
        digests.send_again(tx, schedule.platform, schedule.place, key, now)
    scheduler.run_due(work, now)
    wiring.postman(store, settings, clock, line=line).deliver(clock())
    return _outcome(store, key)


def _claimed(work: Digests, schedule: Schedule, now: datetime) -> str:
    last = scheduler.latest(schedule, work.calendar, now)
    if last is None or not _was_there(work.store, schedule, last):
        coming = scheduler.upcoming(schedule, work.calendar, now)
        assert coming is not None  # a weekly digest comes within two weeks
        last = Period(coming.name, now)
    digests.claim(work.store, schedule, last.name, last.due)
    return last.name


def _was_there(store: Store, schedule: Schedule, period: Period) -> bool:
    """Whether the digest was there when that period was due; after a restore too, which has it begin anew."""
    with store.read() as tx:
        known = digests.claimed(tx, schedule, period.name) or restoring.restored_at(tx, schedule.since)
    return known or period.due > schedule.since


def _outcome(store: Store, key: str) -> int:
    told = outbox.state_of(store, key)
    if told.state == outbox.SENT:
        print(f"The digest {key.rpartition(':')[2]} is in the channel.")
        return 0
    raise Refused(f"The digest is kept and not sent yet. {told.trouble or 'It is tried again while the bot runs.'}")
