"""Notices to persons: drawn and addressed when they are about to go out, as late as can be."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from handlers import notices
from handlers.ask import Desk
from handlers.card import shown_in
from handlers.carrier import Drawing
from storage import away, outbox, people, reach
from storage.outbox import Notice
from storage.reminders import DAILY
from storage.store import StoreFault

log = logging.getLogger(__name__)
MOST_A_ROUND = 20
ASKED_AGAIN = timedelta(minutes=10)
GONE = {away.LEFT: "has left", away.GUEST: "is a guest now"}  # who is unknown in chat may yet join it
GIVEN_UP = timedelta(days=1)


class Notices(NamedTuple):
    """Draws what the record put into the outbox for a person, as the chat that they hear it in has it.

    `alert` hears of whom nobody in chat is.
    """

    desk: Desk
    drawings: Mapping[str, Drawing]
    alert: Callable[[str, str], None]
    member_role: str

    def address(self, now: datetime) -> int:
        """Draw and address what waits; gives how many may go out now."""
        with self.desk.store.read() as tx:
            waiting = outbox.notices(tx, now, MOST_A_ROUND)
        return sum(self._any(notice, now) for notice in waiting)

    def _any(self, notice: Notice, now: datetime) -> bool:
        """One that cannot be drawn keeps none of the others waiting: somebody is told."""
        try:
            return self._one(notice, now)
        except StoreFault:
            raise
        except Exception:
            log.exception("%s cannot be drawn", notice.key)
            return self._not_drawn(notice)

    def _not_drawn(self, notice: Notice) -> bool:
        with self.desk.store.aside() as tx:
            who = people.called(tx, notice.person)
            trouble = f"What {who} should hear could not be drawn, by a fault of Lightkeeper's."
            outbox.drop(tx, notice, trouble)
        self.alert(notice.key, trouble)
        return False

    def _one(self, notice: Notice, now: datetime) -> bool:
        store = self.desk.store
        with store.read() as tx:
            place = reach.of(tx, notice.person, self.drawings)
            person = people.by_number(tx, notice.person, self.member_role)
            gone = GONE.get(away.why(tx, notice.person), "")
        if gone or place is None:
            return self._nobody(notice, person.called, now, gone)
        drawing = self.drawings[place.platform]
        desk = self.desk if drawing.slash else self.desk._replace(slash="")
        card = notices.card(desk, person, json.loads(notice.told))
        with store.aside() as tx:
            if card is None:
                outbox.drop(tx, notice, outbox.NOTHING_LEFT)
                return False
            drawn = drawing.payload(shown_in(card, cleared=True))
            return outbox.address(tx, notice, *place, drawn)

    def _nobody(self, notice: Notice, called: str, now: datetime, gone: str) -> bool:
        """Chat may name them within the day; then, or once they have left, somebody who can act is told."""
        late = gone != "" or (notice.waited and now - notice.since > GIVEN_UP)  # the bot may have stood still
        why = f"{called} {gone}" if gone else f"Nobody in chat is {called}"
        what = "what needs them" if notice.key.startswith(f"{DAILY}:") else "a decision"
        trouble = f"{why}, who should hear of {what}."
        with self.desk.store.aside() as tx:
            if late:
                outbox.drop(tx, notice, trouble)
            else:
                outbox.wait(tx, notice, now + ASKED_AGAIN)
        if late:
            self.alert(notice.key, trouble)
        return False
