"""How often Slack lets an app call each method, and how long it tells it to wait; off unless it is switched on.

https://docs.slack.dev/apis/web-api/rate-limits; each method's tier is on the method's own page. Slack promises no exact
number for bursts: those here are on the mean side.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
TIERS = {
    "apps.connections.open": 1,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "files.completeUploadExternal": 4,
    "files.delete": 3,
    "files.getUploadURLExternal": 4,
    "files.info": 4,
    "users.info": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}


class Allowance(NamedTuple):
    """So many calls at once, and so many more in each second after."""

    burst: float
    per_second: float


A_CHANNEL = Allowance(5, 1)  # chat.postMessage: one a second in a channel, short bursts allowed
ALL_CHANNELS = Allowance(100, 5)  # "several hundred messages a minute" over a workspace
SPECIAL = {"auth.test": Allowance(100, 10), "api.test": Allowance(100, 10)}


class Rates:
    """Counts calls by method, and posts by channel, on a clock of its own."""

    def __init__(self, on: bool = False, ticks: Callable[[], float] = time.monotonic) -> None:
        self.on = on
        self._ticks = ticks
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, method: str, channel: str) -> int:
        """Seconds for which the app is to wait before it may make this call; 0 when it may make it now."""
        if not self.on:
            return 0
        waits = [self._waits(name, allowance) for name, allowance in _allowances(method, channel)]
        if not any(waits):
            for name, allowance in _allowances(method, channel):
                self._left[name] = (self._now_left(name, allowance) - 1, self._ticks())
        return max(waits, default=0)

    def _waits(self, name: str, allowance: Allowance) -> int:
        missing = 1 - self._now_left(name, allowance)
        return math.ceil(missing / allowance.per_second) if missing > 0 else 0

    def _now_left(self, name: str, allowance: Allowance) -> float:
        left, since = self._left.get(name, (allowance.burst, self._ticks()))
        return min(allowance.burst, left + (self._ticks() - since) * allowance.per_second)


def _allowances(method: str, channel: str) -> Iterator[tuple[str, Allowance]]:
    if method == "chat.postMessage":
        yield f"{method} {channel}", A_CHANNEL
        yield method, ALL_CHANNELS
    elif method in SPECIAL:
        yield method, SPECIAL[method]
    elif method in TIERS:
        minute = PER_MINUTE[TIERS[method]]
        yield method, Allowance(max(minute, 5), minute / 60)
