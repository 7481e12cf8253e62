"""What every chat's door does alike: an answer whatever the register does, and what follows an acknowledgement."""

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import ClassVar

from handlers import commands, wording
from handlers.ask import Ask, Desk
from handlers.card import Card, say_lines
from storage import people
from storage.fields import london_day
from storage.people import Handle
from storage.store import StoreFault

log = logging.getLogger(__name__)
_VIEW = re.compile(r"\s*\bpage:\d+|: text( \d+)?\Z")


class Doorway:
    """A door to the register: `deliver` sends what the outbox holds, `after` works once somebody has been answered."""

    desk: Desk
    deliver: Callable[[], None]
    after: ThreadPoolExecutor
    spoken: dict[Handle, date]
    borne: ClassVar[tuple[type[Exception], ...]] = (StoreFault, OSError)  # faults that may come after an answer

    def answer(self, ask: Ask) -> Card:
        """The answer, or the truth about a register that does not answer."""
        try:
            return self.told(commands.answer(self.desk, ask))
        except StoreFault as fault:
            return unanswered(fault)

    def told(self, card: Card) -> Card:
        """What was saved may be news to somebody: the outbox holds it, and it goes out soon."""
        if card.saved:
            self.deliver()
        return card

    def spoke(self, who: Handle) -> None:
        """Keep that somebody spoke in this chat today: written once a day, and after they have been answered."""
        store = self.desk.store
        today = london_day(store.clock())
        if self.spoken.get(who) == today:
            return

        def keep() -> None:
            people.heard(store, who, today)
            self.spoken[who] = today

        self.later(keep)

    def later(self, work: Callable[[], object]) -> None:
        """Do something after the acknowledgement; a fault in it is logged and changes nothing that was saved."""

        def guarded() -> None:
            try:
                work()
            except self.borne as fault:
                log.warning("after the acknowledgement: %s", type(fault).__name__)

        self.after.submit(guarded)


def unanswered(fault: StoreFault) -> Card:
    """The truth about a register that does not answer."""
    log.warning("the register did not answer: %s", fault)
    said = say_lines(wording.answer_first(fault.opening, str(fault)))
    return Card(fault.opening.rstrip("."), (said,), ok=False)


def origin_words(words: str) -> str:
    """What was said to get an answer, for drawing it anew; "" for what changed something."""
    return (" ".join(words.split()) or "mine") if commands.reads(words) else ""


def same_list(words: str, origin: str) -> bool:
    """Whether a press asks for another page, or another view, of the very answer that it stands in."""

    def base(said: str) -> str:
        return _VIEW.sub("", said).removeprefix("show ").strip()

    return bool(origin) and base(words) == base(origin)
