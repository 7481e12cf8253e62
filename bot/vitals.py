"""`health`: whether a bot runs on the register and hears, and whether digests, messages and backups are in time."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

from bot import alarms, wiring
from bot.alarms import Standing, Trouble
from bot.clock import clock
from bot.doors import RunFault
from bot.health import Check
from bot.pulse import LATE_SECONDS
from bot.settings import Settings, SettingsFault
from handlers.wording import count
from storage import signs
from storage.signs import Beat
from storage.store import Store, StoreFault, check_schema


def checks(read: Callable[[], Settings]) -> list[Check]:
    """Everything that shows whether all is well, from the register alone: nothing is asked of Slack."""
    try:
        settings = read()
    except SettingsFault as fault:
        return [Check("settings", False, sentence) for sentence in fault.faults]
    try:
        store = wiring.store_of(settings, clock(settings.lightkeeper_now))
        check_schema(store)
        return list(_all(store, settings))
    except StoreFault as fault:
        return [Check("register", False, str(fault))]
    except RunFault as fault:
        return [Check("settings", False, str(fault))]


def _all(store: Store, settings: Settings) -> Iterator[Check]:
    now, days = store.clock(), wiring.calendar(settings)
    with store.read() as tx:
        beats = signs.beats(tx)
    yield Check("register", True, "The register answers.")
    yield from _bots(beats, now)
    yield from _told("digest", alarms.late_digests(store, days, now), "No digest is late.")
    yield from _told("outbox", alarms.old_messages(store, days, now), "No message waits for more than an hour.")
    if settings.backup_dir:
        old = alarms.old_backups(settings.backup_dir, days, now)
        yield from _told("backup", old, "The newest backup is less than a day old.")


def _bots(beats: list[Beat], now: datetime) -> Iterator[Check]:
    alive = [beat for beat in beats if _age(beat, now) < LATE_SECONDS]
    if not beats:
        yield Check("bot", False, "No bot runs on this register. Start it: lightkeeper run")
        return
    said = f"The last sign of life of a bot was {_ago(_age(beats[0], now))} ago."
    yield Check("bot", bool(alive), said if alive else f"{said} Start it: lightkeeper run")
    yield from _standing([Standing(**json.loads(beat.told)) for beat in alive])


def _standing(stand: list[Standing]) -> Iterator[Check]:
    """How the bots that are alive stand with the chats that they serve."""
    if not stand:
        return
    found = [trouble for one in stand for trouble in one.troubles("")]
    slack, teams = any(one.socket for one in stand), any(one.teams for one in stand)
    yield from _told("socket", [t for t in found if t.name == "socket"], _heard(stand, slack=slack, teams=teams))
    taken = "No chat refuses the bot's token." if teams else "Slack takes the token."
    yield from _told("token", [t for t in found if t.name == "token"], taken)
    if slack:  # Teams tells no time
        yield from _told("clock", [t for t in found if t.name == "clock"], "The clock agrees with Slack's.")


def _heard(stand: list[Standing], *, slack: bool, teams: bool) -> str:
    heard = "Slack is heard." if any(one.socket in alarms.HEARD for one in stand) else "The bot connects to Slack."
    return " ".join([heard] * slack + ["Teams calls over HTTP."] * teams)


def _age(beat: Beat, now: datetime) -> float:
    """Seconds since a sign of life; a bot whose clock is ahead gave it just now."""
    return max(0.0, (now - beat.at).total_seconds())


def _ago(seconds: float) -> str:
    return count(round(seconds), "second") if seconds < 2 * 60 else count(round(seconds / 60), "minute")


def _told(name: str, found: list[Trouble], good: str) -> Iterator[Check]:
    yield from (Check(name, False, trouble.sentence) for trouble in found)
    if not found:
        yield Check(name, True, good)
