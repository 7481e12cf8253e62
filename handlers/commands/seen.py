"""`seen`: somebody has seen the DCC's digest; the next one says so."""

import re

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, say_lines
from handlers.digests import schedules
from handlers.wording import moment
from storage.record.digests import seen
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("seen",)
HELP = ("seen", "you have seen the digest; the next one says so")
_PERIOD = re.compile(r"\d{4}-W\d\d\Z", re.I)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    period = rest.strip().rstrip(".").upper()
    if period and not _PERIOD.match(period):
        return schedules.refused("seen", "Say seen alone for the latest digest, or press its button.")
    try:
        done = seen(desk.store, ask.actor, period)
    except NotAllowed as refusal:
        return schedules.refused("seen", refusal.sentence)
    except FieldFaults as faults:
        return schedules.refused("seen", str(faults))
    sentence = f"You have seen the digest, {moment(done.at)}. The next one says so."
    shown = Buttons((Button("Pending", "pending", "What waits for a decision"),))
    return Card(
        "Recorded: the digest is seen", (say_lines(wording.answer_first("Recorded.", sentence)), shown), saved=True
    )
