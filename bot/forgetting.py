"""What people were answered in chat is not kept for ever: once a day the old answers lose their words."""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from storage import outbox
from storage.fields import london_day
from storage.store import Store

log = logging.getLogger(__name__)


@dataclass
class Forgetting:
    """Looks once a day for answers that are old."""

    store: Store
    looked: date | None = None

    def look(self, now: datetime) -> None:
        """Safe to call from many processes, as often as they like."""
        if self.looked == london_day(now):
            return
        many = outbox.forget_answers(self.store, now)
        self.looked = london_day(now)
        if many:
            log.info("the words of %d old answers are not kept any more", many)
