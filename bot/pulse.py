"""Whether the running bot is alive: the register answers, the ticker ticks, the chats are heard; `/healthz` says so."""

import json
import threading
import time
from collections.abc import Callable

from storage import history
from storage.store import Store, StoreFault

LATE_SECONDS = 300  # a tick that waits for a Slack which does not answer takes a while


class Pulse:
    """What shows that one bot is alive; it holds nothing of the register and no secret."""

    def __init__(self, store: Store, ticks: Callable[[], float] = time.monotonic) -> None:
        self.store, self.ticks = store, ticks
        # how each chat reaches the bot, "" where its door is not open at all
        self.slack: Callable[[], str] = lambda: "not connected yet"
        self.teams: Callable[[], str] = lambda: ""
        self.troubles: Callable[[], list[str]] = list  # what the last tick found wrong, by name
        self._ticked, self._heard, self._lock = ticks(), 0, threading.Lock()

    def ticked(self) -> None:
        """The ticker came round."""
        self._ticked = self.ticks()

    def heard(self) -> None:
        """A listener began to answer somebody."""
        with self._lock:
            self._heard += 1

    def told(self) -> tuple[bool, str]:
        """Whether all is well, and one JSON object that says how it stands."""
        answers, late, troubles = self._register_answers(), self.late_seconds, self.troubles()
        ok = answers and late < LATE_SECONDS and not troubles
        told = {"ok": ok, "register": answers, "ticker": late < LATE_SECONDS, "ticked_seconds_ago": round(late)}
        return ok, json.dumps({**told, **self.chats(), "answered": self._heard, "troubles": troubles})

    def chats(self) -> dict[str, str]:
        """The chats whose doors are open, and how each reaches the bot."""
        return {name: said for name, how in (("slack", self.slack), ("teams", self.teams)) if (said := how())}

    @property
    def late_seconds(self) -> float:
        """How long ago the ticker came round."""
        return self.ticks() - self._ticked

    @property
    def answered(self) -> int:
        """How often somebody was answered since this bot began."""
        return self._heard

    def _register_answers(self) -> bool:
        try:
            with self.store.read() as tx:
                history.head(tx)
        except StoreFault:
            return False
        return True
