"""The postman: claims due messages, hands them to a platform, and writes down what became of each."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from handlers.carrier import GIVE_UP, LATER, PARK, STOP, UNKNOWN, UNSURE, Chat, Sender, Trouble
from storage import outbox
from storage.outbox import BLOCKED, SENT, Claimed
from storage.rules.working_days import Calendar
from storage.store import Store

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
PATIENCE = 25.0  # seconds of one tick for what has to be a second apart
LATE_AFTER = timedelta(hours=1)
SKEW_SECONDS = 120
CLOCK, SET = "This machine's clock is", "nothing is sent until it is set right."
ASK_EVERY_SECONDS = 600


class _Round:
    """One round's time: it goes on by what is measured, and by what was waited."""

    def __init__(
        self, began: datetime, patience: float, ticks: Callable[[], float], pause: Callable[[float], object]
    ) -> None:
        self.began, self.patience, self.ticks, self.pause = began, patience, ticks, pause
        self.first, self.waited = ticks(), 0.0

    @property
    def spent(self) -> float:
        """Seconds."""
        return max(self.ticks() - self.first, self.waited)

    @property
    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.spent)

    @property
    def over(self) -> bool:
        return self.spent > self.patience

    def wait(self, seconds: float) -> bool:
        """Wait so long; False when there is no time for it."""
        if self.spent + seconds > self.patience:
            return False
        self.pause(seconds)
        self.waited = max(self.waited + seconds, self.ticks() - self.first)
        return True


class Postman:
    """Delivers what the outbox holds for the chats; `alert` is told, in a sentence, of what cannot be delivered."""

    def __init__(
        self,
        store: Store,
        chats: Iterable[Chat],
        alert: Callable[[str, str], None],
        *,
        watch_skew: bool = True,
        lease: timedelta = LEASE,
        ticks: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
        calendar: Calendar | None = None,
    ) -> None:
        self.store, self.chats, self.alert = store, {chat.name: chat for chat in chats}, alert
        self.watch_skew, self.lease, self.ticks = watch_skew, lease, ticks
        self.pause, self.calendar = pause, calendar
        self.refused: dict[str, str] = {}  # the chats whose token is no longer good, and what to do
        self.skewed, self.ask_at = "", 0.0

    @property
    def stopped(self) -> str:
        """What to do about the tokens that are no longer good; "" while all are."""
        return " ".join(self.refused.values())

    @property
    def _open(self) -> list[str]:
        return [name for name in self.chats if name not in self.refused]

    def deliver(self, now: datetime, patience: float = PATIENCE) -> int:
        """Send what is due; gives how many were sent. A token that is no longer good stops all to its chat.

        Messages to one place go a second apart: this waits for their turn, `patience` seconds in all, and leaves the
        rest to the next round.
        """
        sent, round_ = 0, _Round(now, patience, self.ticks, self.pause)
        while self._open and self.clock_agrees() and not round_.over:
            at = round_.now
            message = outbox.claim(self.store, at, self.lease, self._open, by_day=self._by_day(at))
            if message is not None:
                sent += self._one(message, at)
            elif not self._turn_comes(round_, at):
                break
        self._look_again(round_.now)
        return sent

    def _look_again(self, now: datetime) -> None:
        """What a second attempt sent may stand there twice, where the first was stopped while it posted, then killed.

        A lease later whoever was stopped has posted or never will; what is one too many is taken back.
        """
        with self.store.read() as tx:
            waiting = outbox.doubtful(tx, now, self._open)
        for message in waiting:
            sender = self._sender(message.platform)
            try:
                found = list(sender.every(message.place, message.key, message.noted_ts, message.thread_ts))
                for ts in found if message.posted_ts in found else ():
                    if ts != message.posted_ts:
                        sender.delete(message.place, ts)
            except Trouble as trouble:
                log.warning("%s could not be looked for again: %s", message.key, trouble.kind)
                continue
            outbox.doubt(self.store, message.id, None)

    def _sender(self, platform: str) -> Sender:
        return self.chats[platform].sender

    def _by_day(self, at: datetime) -> bool:
        return self.calendar is None or self.calendar.open_at(at)

    def _turn_comes(self, round_: "_Round", at: datetime) -> bool:
        """Wait until the next place is free again; False when nothing waits for that, or not so short a time."""
        free = outbox.free_at(self.store, at, self._open, by_day=self._by_day(at))
        return free is not None and round_.wait((free - at).total_seconds())

    def clock_agrees(self) -> bool:
        """Whether this machine's clock and the chats' are within 2 minutes; while not, nothing is claimed or sent.

        They are asked now and then, and each time while they differ.
        """
        if not self.watch_skew:
            return True
        if self._far_off() or self.ticks() >= self.ask_at:
            self._ask_the_time()
        off = self._far_off()
        self.skewed = f"{CLOCK} {abs(off.skew_seconds):.0f} seconds from {off.service}'s; {SET}" if off else ""
        if off:
            log.error("%s", self.skewed)
        return not off

    def _far_off(self) -> Sender | None:
        senders = (chat.sender for chat in self.chats.values())
        return next((sender for sender in senders if abs(sender.skew_seconds) > SKEW_SECONDS), None)

    def _ask_the_time(self) -> None:
        self.ask_at = self.ticks() + ASK_EVERY_SECONDS
        for chat in self.chats.values():
            with contextlib.suppress(Trouble):
                chat.sender.ask_the_time()

    def _one(self, message: Claimed, now: datetime) -> bool:
        began = self.ticks()
        try:
            ts = self._posted_before(message) or self._post(self._worded(message, now), began)
        except Trouble as trouble:
            self._write_down(message, trouble, now)
            return False
        if not ts:
            return False
        return self._sent(message, ts, now)

    def _worded(self, message: Claimed, now: datetime) -> Claimed:
        """One that goes out long after it was due says so; its words are kept first, so that a retry posts the same."""
        if message.noted_ts or message.due_at is None or now - message.due_at <= LATE_AFTER:
            return message
        payload = self.chats[message.platform].drawing.said_late(message.payload, message.due_at)
        if payload != message.payload:
            outbox.reword(self.store, message, payload)
        return message._replace(payload=payload)

    def _posted_before(self, message: Claimed) -> str:
        """An earlier attempt may have posted it: look for it by its key before posting again.

        While the chat does not let us look, nobody knows: it is looked for again when the lease runs out. Where nobody
        but a person can look, it waits for one.
        """
        if not message.noted_ts:
            return ""
        try:
            sender = self._sender(message.platform)
            return sender.find(message.place, message.key, message.noted_ts, message.thread_ts)
        except Trouble as trouble:
            if trouble.kind == UNSURE:
                raise
            if trouble.kind == STOP:
                self._stop(message.platform, trouble)
            elif trouble.kind in (PARK, GIVE_UP):
                self.alert(message.key, trouble.sentence)  # told once; somebody has to let us look
            raise Trouble(UNKNOWN, trouble.sentence) from trouble

    def _post(self, message: Claimed, began: float) -> str:
        """Note where the channel stands, then post; "" when the claim may have been taken over meanwhile.

        Where it stands is the first thing that the chat tells, and its clock with it.
        """
        sender = self._sender(message.platform)
        if not message.noted_ts:
            noted = outbox.note(self.store, message, sender.mark(message.place))
            if not noted:
                return ""
        if not self.clock_agrees() or self.ticks() - began > self.lease.total_seconds() / 2:
            return ""
        return sender.post(message.place, message.payload, message.key, message.thread_ts)

    def _sent(self, message: Claimed, ts: str, now: datetime) -> bool:
        again = now + self.lease if message.attempt > 1 else None
        if outbox.settle(self.store, message, SENT, posted_ts=ts, at=now, again=again):
            log.info("sent %s", message.key)
            return True
        return self._withdraw(message, ts, now)

    def _withdraw(self, message: Claimed, ts: str, now: datetime) -> bool:
        """A newer attempt took over while this one posted: it finds this post, or this one takes it back.

        That may fail as well: it is looked at once more.
        """
        if outbox.state_of(self.store, message.key).posted_ts != ts:
            outbox.doubt(self.store, message.id, now + self.lease)
            try:
                self._sender(message.platform).delete(message.place, ts)
            except Trouble as trouble:
                log.error("%s stands twice in %s and could not be taken back. %s", message.key, message.place, trouble)
        return False

    def _write_down(self, message: Claimed, trouble: Trouble, now: datetime) -> None:
        log.warning("%s: %s", message.key, trouble.sentence)
        if trouble.kind == LATER:
            outbox.try_later(self.store, message, now + timedelta(seconds=trouble.seconds), trouble.sentence)
        elif trouble.kind == STOP:
            outbox.try_later(self.store, message, now + self.lease, trouble.sentence)
            self._stop(message.platform, trouble)
        elif trouble.kind in (PARK, GIVE_UP, UNSURE):
            outbox.settle(self.store, message, BLOCKED, trouble=trouble.sentence)
            self.alert(message.key, trouble.sentence)
        else:
            # unknown: it stays as it is until the lease runs out, and is then looked for; where a newer attempt has
            # sent it meanwhile, whether this one did too
            outbox.doubt(self.store, message.id, now + self.lease)

    def _stop(self, platform: str, trouble: Trouble) -> None:
        self.refused[platform] = trouble.sentence
        service = self._sender(platform).service
        log.error("nothing more is sent: the %s token is no longer good; the messages are kept", service)


def undelivered(sentence: str) -> str:
    """What is said to the person who is told of what cannot be delivered."""
    return f"A message of Lightkeeper's could not be delivered. {sentence} It is kept; lightkeeper doctor says more."


def amiss(sentence: str) -> str:
    """What is said to the person who is told of what is wrong."""
    return f"Something is wrong with Lightkeeper. {sentence} lightkeeper health says more."
