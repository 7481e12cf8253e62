"""Moving the practice clock: the bot ends, the time changes, the bot starts, what arrives is counted."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import datetime

from practice.bot_process import BotProcess
from practice.clock import ClockGoesForwards, in_london, instant_of, target
from practice.pages import Pages
from practice.shapes import Json
from practice.socket_mode import SocketMode
from practice.workspace import Channel, Workspace

CONNECTED_WITHIN = 20.0
WATCHED_FOR = 6.0
QUIET_FOR = 1.5
MOVES = ("hour", "working_day", "monday")


class ClockMoves:
    """Moves the clock, one move at a time, and tells each page what its person may know of it."""

    def __init__(self, workspace: Workspace, socket: SocketMode, pages: Pages, bot: BotProcess | None) -> None:
        self._workspace = workspace
        self._socket = socket
        self._pages = pages
        self._bot = bot
        self._lock = asyncio.Lock()
        self.moving_to: datetime | None = None
        self.made: list[Json] = []

    def as_seen(self) -> Json:
        """The clock as the page shows it."""
        return {
            "now": self._workspace.clock.now().isoformat(timespec="milliseconds"),
            "moving_to": self.moving_to.isoformat(timespec="seconds") if self.moving_to else None,
            "moves": self.made,
            "targets": self._targets(),
        }

    def _targets(self) -> Json:
        now, holidays = self._workspace.clock.now(), self._workspace.holidays
        return {name: target(name, now, holidays).isoformat(timespec="minutes") for name in MOVES}

    def _tell(self) -> None:
        self._pages.tell({"kind": "clock", "clock": self.as_seen()})

    async def move(self, to: datetime) -> list[Json]:
        """Moves the clock to a later instant and returns what the bot then wrote, by channel."""
        to = in_london(to)
        async with self._lock:
            before = self._workspace.clock.now()
            if to <= before:
                raise ClockGoesForwards("The clock moves forwards only.")
            await self._restart_at(to)
        self.made.append({"from": before.isoformat(timespec="seconds"), "to": to.isoformat(timespec="seconds")})
        self.moving_to = None
        self._tell()
        arrived = await self._watch_from(to)
        self._tell_arrivals(to, arrived)
        return [self._arrival(channel, count, None) for channel, count in arrived]

    async def _restart_at(self, to: datetime) -> None:
        self.moving_to = to
        self._tell()
        if self._bot is not None:
            await self._bot.stop()
            await self._socket.close()
        self._workspace.clock.move(to)
        if self._bot is not None:
            self._bot.start()
            await self._until_connected(self._bot)

    async def _until_connected(self, bot: BotProcess) -> None:
        give_up_at = time.monotonic() + CONNECTED_WITHIN
        while bot.running and not self._socket.answered.is_set() and time.monotonic() < give_up_at:
            await asyncio.sleep(0.05)

    async def _watch_from(self, since: datetime) -> list[tuple[Channel, int]]:
        end = time.monotonic() + (WATCHED_FOR if self._bot is not None and self._bot.running else 0)
        found, quiet_since = self._written_since(since), time.monotonic()
        while time.monotonic() < end and self.moving_to is None:
            await asyncio.sleep(0.1)
            now_found = self._written_since(since)
            if now_found != found:
                found, quiet_since = now_found, time.monotonic()
            if found and time.monotonic() - quiet_since > QUIET_FOR:
                break
        return found

    def _written_since(self, since: datetime) -> list[tuple[Channel, int]]:
        bot = self._workspace.app["bot_id"]
        kept = [k for k in self._workspace.kept if k.message.get("bot_id") == bot and k.only_for is None]
        counts = Counter(k.channel for k in kept if instant_of(k.ts) >= since)
        return [(self._workspace.channels[ident], count) for ident, count in counts.items()]

    def _tell_arrivals(self, now: datetime, arrived: list[tuple[Channel, int]]) -> None:
        for person in self._workspace.people:
            seen = [self._arrival(channel, count, person) for channel, count in arrived]
            self._pages.tell({"kind": "moved", "now": now.isoformat(timespec="seconds"), "arrived": seen}, [person])

    def _arrival(self, channel: Channel, count: int, person: str | None) -> Json:
        """Where something came, never what; and who could be asked to look."""
        people = self._workspace.people
        able = [people[m] for m in channel.members if people[m].switcher]
        return {
            "channel": channel.id,
            "name": people[channel.direct_with].name if channel.direct_with else channel.name,
            "direct": channel.direct_with is not None,
            "count": count,
            "in": person in channel.members,
            "see_as": {"id": able[0].id, "name": able[0].name} if able else None,
        }
