"""The process that campaign C2 kills: one bot, whose every tick is asked for, and which can be struck at a given point.

It reads `{"point", "then"}` lines, ticks, and answers each with `{"told": "done"}`. At the point that it was given, the
first time that it comes there, it says so and then dies (SIGKILL), holds until it is told to go on, or goes on.
Its clock is a file that the campaign moves. The broken variants are the product with one part taken out: see BROKEN.
"""

import json
import mmap
import os
import signal
import struct
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from bot import delivery, wiring
from handlers.slack.send import Sender
from practice.stand_in import StandIn
from storage import digests, outbox
from storage.tables import OUTGOING
from tests.campaigns.nursery import Birth, fork_for_each
from tests.wire.office import settings

API_URL = "LIGHTKEEPER_CAMPAIGN_SLACK"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# the points at which a worker can be struck, in the order of a digest's life -> (whose part, its name, after it?)
POINTS: dict[str, tuple[Any, str, bool]] = {
    "claimed": (digests, "claim", True),
    "written": (digests, "write_down", True),
    "taken": (outbox, "claim", True),
    "find": (Sender, "find", False),
    "mark": (Sender, "mark", False),
    "noted": (outbox, "note", True),
    "post": (Sender, "post", False),
    "posted": (Sender, "post", True),
    "settled": (outbox, "settle", True),
}


class FileClock:
    """A clock that one process moves and others read."""

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        if start is not None:
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self.held = mmap.mmap(file.fileno(), 8)
        if start is not None:
            self.set(start)

    def __call__(self) -> datetime:
        return EPOCH + timedelta(microseconds=struct.unpack_from("q", self.held)[0])

    def set(self, now: datetime) -> None:
        struct.pack_into("q", self.held, 0, (now - EPOCH) // timedelta(microseconds=1))

    def later(self, seconds: float) -> None:
        self.set(self() + timedelta(seconds=seconds))


class Worker:
    """One bot process, until its input ends or it is killed."""

    def __init__(self, birth: Birth) -> None:
        self.clock = FileClock(Path(birth.status))
        self.point, self.then, self.key = "", "", ""
        given = settings(
            slack_bot_token=StandIn.bot_token,
            slack_api_url=os.environ[API_URL],
            database_url=birth.url,
            lightkeeper_now=self.clock(),
        )
        BROKEN[birth.broken]()
        self._watch()
        self.bot, _ = wiring.build(given, self.clock, pause=lambda _seconds: None)  # a wait is the campaign's
        stands_still = birth.broken in TIMELESS
        self.bot.postman.ticks = (lambda: 0.0) if stands_still else (lambda: self.clock().timestamp())

    def _watch(self) -> None:
        for point, (owner, name, after) in POINTS.items():
            setattr(owner, name, self._watched(point, getattr(owner, name), after))

    def _watched(self, point: str, part: Callable[..., Any], after: bool) -> Callable[..., Any]:
        def watched(*told: Any, **more: Any) -> Any:
            if not after:
                self._come_to(point)
            done = part(*told, **more)
            if isinstance(done, outbox.Claimed):
                self.key = done.key
            if after and done:
                self._come_to(point)
            return done

        return watched

    def _come_to(self, point: str) -> None:
        if point != self.point:
            return
        then, self.point = self.then, ""
        self._tell(told="at", point=point, key=self.key)
        if then == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if then == "hold":
            sys.stdin.readline()

    def serve(self) -> None:
        for line in iter(sys.stdin.readline, ""):
            asked = json.loads(line)
            self.point, self.then = asked["point"], asked["then"]
            try:
                self.bot.tick()
                self._tell(told="done", trouble="")
            except Exception as fault:
                self._tell(told="done", trouble=f"{type(fault).__name__}: {fault}")

    def _tell(self, **told: str) -> None:
        os.write(1, json.dumps(told).encode() + b"\n")  # at once, and whole: it is shorter than a pipe's buffer


# --- the product with one part taken out ------------------------------------------------------------------------------


def _instead(owner: Any, name: str, other: Any) -> None:
    """Put something in the place of a part of the product, which has to be there."""
    assert name in vars(owner), name
    setattr(owner, name, other)


def _nothing() -> None:
    pass


def _no_claim_of_a_period() -> None:
    """Each process claims every period for itself."""
    claim = digests.claim
    _instead(digests, "known", lambda tx, schedule, period, *more: False)
    _instead(digests, "claim", lambda store, plan, period, *due: claim(store, plan, f"{period}.{os.getpid()}", *due))


def _no_claim_of_a_message() -> None:
    """Whoever has taken a message has no time of their own for it."""
    claim = outbox.claim
    _instead(
        outbox, "claim", lambda store, now, _lease, *chats, **more: claim(store, now, timedelta(0), *chats, **more)
    )


def _no_fence() -> None:
    """Whoever comes late writes down what became of it all the same."""
    from sqlalchemy import update

    def without(store: Any, message: outbox.Claimed, **values: object) -> bool:
        with store.aside() as tx:
            mine = update(OUTGOING).where(OUTGOING.c.id == message.id)
            return bool(tx.execute(mine.values(**values)).rowcount)

    _instead(outbox, "_set", without)


def _no_search() -> None:
    _instead(Sender, "every", lambda *told, **more: iter(()))


def _no_way_back() -> None:
    _instead(delivery.Postman, "_withdraw", lambda *told: False)
    _instead(delivery.Postman, "_look_again", lambda *told: None)


BROKEN: dict[str, Callable[[], None]] = {
    "": _nothing,
    "each process claims a period for itself": _no_claim_of_a_period,
    "a message on its way is anybody's": _no_claim_of_a_message,
    "who comes late is not held off": _no_fence,
    "nobody looks how long it took": _nothing,
    "an earlier post is not looked for": _no_search,
    "a second post is not taken back": _no_way_back,
}
TIMELESS = ("who comes late is not held off", "nobody looks how long it took")


# what the product loads where it uses it, loaded once for all bots
LOADED_LATE = (
    "apscheduler.triggers.cron",
    "govuk_bank_holidays.bank_holidays",
    "psycopg",
    "slack_bolt",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)

if __name__ == "__main__":
    for module in LOADED_LATE:
        import_module(module)
    fork_for_each(lambda birth: Worker(birth).serve())
