"""`send back REF: reason`: a request for sign-off goes back to its owner, who hears why."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("send back",)
HELP = ("send back {reference}: reason", "not yet; say what is missing")


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} is in progress again; {acting.hears(given)}"


ACT = acting.with_reason(
    "send back",
    "Send back",
    "Sent back.",
    "Send back",
    "What is missing. The owner gets these words.",
    record.send_back,
    _told,
)
answer = partial(acting.answer, ACT)
