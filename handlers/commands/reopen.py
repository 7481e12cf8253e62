"""`reopen REF: reason`: an item that had ended is open again."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("reopen",)
HELP = ("reopen {reference}: reason", "it is open again")


def _told(given: Given, values: Values) -> str:
    return f"{given.item.row.reference} counts as open again; {acting.hears(given)}"


ACT = acting.with_reason(
    "reopen",
    "Reopen",
    "Reopened.",
    "Reopen",
    "Why it is open again. Its owner gets these words.",
    record.reopen,
    _told,
)
answer = partial(acting.answer, ACT)
