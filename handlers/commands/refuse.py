"""`refuse REF: reason`: an extension, or no action, is not approved."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("refuse",)
HELP = ("refuse {reference}: reason", "not approved")


def _told(given: Given, values: Values) -> str:
    return f"Nothing changes on {given.item.row.reference}; {acting.hears(given)}"


ACT = acting.with_reason(
    "refuse",
    "Refuse",
    "Refused.",
    "Refuse",
    "Why not. Whoever asked gets these words.",
    record.refuse,
    _told,
)
answer = partial(acting.answer, ACT)
