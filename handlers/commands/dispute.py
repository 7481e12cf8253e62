"""`dispute REF: reason`: the force does not accept a finding."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("dispute",)
HELP = ("dispute {reference}: reason", "the force does not accept it")


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} stays open as disputed; {acting.hears(given)}"


ACT = acting.with_reason(
    "dispute",
    "Dispute",
    "Disputed.",
    "Dispute",
    "What is disputed, and why. A pending request ends.",
    record.dispute,
    _told,
)
answer = partial(acting.answer, ACT)
