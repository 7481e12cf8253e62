"""The job that tells each person once a day, at their time, what needs them; only by day, on working days."""

import logging
from datetime import date, datetime
from typing import NamedTuple

from storage import reminders
from storage.reminders import Hearer
from storage.rules.deadlines import Thresholds
from storage.rules.working_days import Calendar
from storage.store import Store

log = logging.getLogger(__name__)


class Asked(NamedTuple):
    """Who was looked at already: the day, and the wall-clock times of those whose turn has come on it."""

    day: date | None
    times: frozenset[str]


class Daily:
    """Finds who is to be told; what it remembers spares looking again, and is never what makes it once."""

    def __init__(self, store: Store, calendar: Calendar, limits: Thresholds) -> None:
        self.store, self.calendar, self.limits = store, calendar, limits
        self.asked = Asked(None, frozenset())

    def tell(self, now: datetime) -> int:
        """Put the messages of those whose time has come into the outbox; gives how many there are."""
        today = self.calendar.today(now)
        if self.asked.day != today:
            reminders.escalate_to_dcc(self.store, today, now)
            self.asked = Asked(today, frozenset())
        if not self.calendar.open_at(now):
            return 0
        turn = self._turn(today, now)
        new = {hearer.time for hearer in turn} - self.asked.times
        if not new:
            return 0
        told = self._told([hearer.person for hearer in turn if hearer.time in new], today, now)
        self.asked = Asked(today, self.asked.times | new)
        return told

    def _turn(self, today: date, now: datetime) -> list[Hearer]:
        """Those whose time of today has come, and had not passed when reminders were first switched on."""
        with self.store.read() as tx:
            since, hearers = reminders.since(tx), reminders.hearers(tx, today)
        return [h for h in hearers if since < self.calendar.on(today, h.time) <= now]

    def _told(self, persons: list[int], today: date, now: datetime) -> int:
        with self.store.read() as tx:
            left = reminders.not_told(tx, persons, today)
            due = reminders.due(tx, today, self.limits, self.calendar) if left else {}
        told = sum(reminders.put(self.store, n, due[n], today, now) for n in left if n in due)
        if told:
            log.info("%d persons are told of what is due on %s", told, today)
        return told
