"""Whether the running bot is alive: the register answers, the ticker ticks, Slack is heard; `/healthz` says so."""

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
        self.slack: Callable[[], str] = lambda: "not connected yet"
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
        answers, late = self._register_answers(), self.ticks() - self._ticked
        ok = answers and late < LATE_SECONDS
        told = {"ok": ok, "register": answers, "ticker": late < LATE_SECONDS, "ticked_seconds_ago": round(late)}
        return ok, json.dumps({**told, "slack": self.slack(), "answered": self._heard})

    def _register_answers(self) -> bool:
        try:
            with self.store.read() as tx:
                history.head(tx)
        except StoreFault:
            return False
        return True
