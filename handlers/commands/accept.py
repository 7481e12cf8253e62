"""`accept REF: reason`: a dispute is over, and the work goes on."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("accept",)
HELP = ("accept {reference}: reason", "a dispute is over")


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} is open and no longer disputed; {acting.hears(given)}"


ACT = acting.with_reason(
    "accept",
    "Accept",
    "Accepted.",
    "Accept",
    "What was agreed.",
    record.accept,
    _told,
)
answer = partial(acting.answer, ACT)
