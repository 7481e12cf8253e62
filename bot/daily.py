"""The job that tells each person once a day, at their time, what needs them; only by day, on working days."""

import logging
from datetime import date, datetime
from typing import NamedTuple

from storage import reminders
from storage.reminders import Entry, Hearer
from storage.rules.deadlines import Thresholds
from storage.rules.working_days import Calendar
from storage.store import Store

log = logging.getLogger(__name__)
A_TICK = 50  # messages put at once, so that a digest that is due waits for no long list of people


class Asked(NamedTuple):
    """Who was looked at already: the day, and the wall-clock times of those whose turn has come on it."""

    day: date | None
    times: frozenset[str]


class Daily:
    """Finds who is to be told; what it remembers spares looking again, and is never what makes it once."""

    def __init__(self, store: Store, calendar: Calendar, limits: Thresholds) -> None:
        self.store, self.calendar, self.limits = store, calendar, limits
        self.asked = Asked(None, frozenset())
        self.left: list[tuple[int, list[Entry]]] = []

    def tell(self, now: datetime) -> int:
        """Put messages of those whose time has come into the outbox, some at each tick; gives how many."""
        today = self.calendar.today(now)
        if self.asked.day != today:
            reminders.escalate_to_dcc(self.store, today, now)
            self.asked, self.left = Asked(today, frozenset()), []
        if not self.calendar.open_at(now):
            return 0
        if not self.left:
            self._look(today, now)
        told = sum(self._put(today, now) for _ in range(min(A_TICK, len(self.left))))
        if told:
            log.info("%d persons are told of what is due on %s", told, today)
        return told

    def _look(self, today: date, now: datetime) -> None:
        """Find what those whose time has come since the last look are to be told."""
        turn = self._turn(today, now)
        new = {hearer.time for hearer in turn} - self.asked.times
        if not new:
            return
        with self.store.read() as tx:
            persons = reminders.not_told(tx, [hearer.person for hearer in turn if hearer.time in new], today)
            due = reminders.due(tx, today, self.limits, self.calendar, persons) if persons else {}
        self.left = list(due.items())
        self.asked = Asked(today, self.asked.times | new)

    def _turn(self, today: date, now: datetime) -> list[Hearer]:
        """Those whose time of today has come, and had not passed when reminders were first switched on."""
        with self.store.read() as tx:
            since, hearers = reminders.since(tx), reminders.hearers(tx, today)
        return [h for h in hearers if since < self.calendar.on(today, h.time) <= now]

    def _put(self, today: date, now: datetime) -> bool:
        """The next one's message; whose cannot be put comes last, and does not keep the others waiting."""
        person, entries = self.left.pop(0)
        self.left.append((person, entries))
        told = reminders.put(self.store, person, entries, today, now)
        self.left.pop()
        return told
