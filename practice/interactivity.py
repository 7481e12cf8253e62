"""What Slack lends an app for a short while: triggers that open forms, and addresses to answer to."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from practice.clock import Clock
from practice.limits import RESPONSE_MINUTES, RESPONSE_USES, TRIGGER_SECONDS
from practice.shapes import SlackError

RESPONSE_LASTS = timedelta(minutes=RESPONSE_MINUTES)


@dataclass
class Trigger:
    """Leave to open one form for one person, within three seconds of the real clock."""

    id: str
    person: str
    from_view: str | None
    issued: float
    used: bool = False
    view_id: str | None = None


class Triggers:
    """Issues triggers and takes each back once."""

    def __init__(self) -> None:
        self._issued: dict[str, Trigger] = {}
        self.expire_next = 0  # so many of the next triggers are too old when they arrive

    def issue(self, person: str, from_view: str | None = None) -> Trigger:
        """A new trigger for what this person has just done."""
        ident = f"{time.time_ns()}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        issued = time.monotonic()
        if self.expire_next > 0:
            self.expire_next -= 1
            issued -= TRIGGER_SECONDS + 1
        self._issued[ident] = Trigger(ident, person, from_view, issued)
        return self._issued[ident]

    def exchange(self, ident: str) -> Trigger:
        """Uses a trigger up, or says why it cannot be used."""
        trigger = self._issued.get(ident)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger


@dataclass
class ResponseUrl:
    """An address that takes five answers in thirty minutes, for one person in one channel."""

    secret: str
    person: str
    channel: str
    issued: datetime
    typed: str | None = None
    original: str | None = None
    uses: int = 0


class ResponseUrls:
    """Issues answer addresses, by the practice clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, person: str, channel: str, typed: str | None = None, original: str | None = None) -> ResponseUrl:
        """A new address; `original` is the message that was pressed, which an answer may replace."""
        secret = secrets.token_urlsafe(18)
        self._issued[secret] = ResponseUrl(secret, person, channel, self._clock.now(), typed, original)
        return self._issued[secret]

    def use(self, secret: str) -> ResponseUrl:
        """Counts one use, or says why there is none left."""
        found = self._issued.get(secret)
        if found is None:
            raise SlackError("invalid_url")
        if self._clock.now() - found.issued > RESPONSE_LASTS:
            raise SlackError("expired_url")
        if found.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        found.uses += 1
        return found
