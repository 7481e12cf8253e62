"""`withdraw REF`: take back what was asked for and is not decided yet."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from storage import record
from storage.record import Saved

WORDS = ("withdraw",)
HELP = ("withdraw {reference}", "take a request back")


def _carry(given: Given, values: Values) -> Saved:
    return record.withdraw(given.desk.store, given.ask.actor, *given.seen, given.said.words)


def _told(given: Given, values: Values) -> str:
    return f"Nothing about {given.item.row.reference} waits for a decision now."


ACT = Act("withdraw", "Withdraw", "Withdrawn.", _carry, _told)
answer = partial(acting.answer, ACT)
