"""`approve REF`: the DCC approves an extension, or no action, and it is done."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from handlers.wording import british
from storage import record
from storage.record import Saved

WORDS = ("approve",)
HELP = ("approve {reference}", "a new date, or no action")


def _carry(given: Given, values: Values) -> Saved:
    return record.approve(given.desk.store, given.ask.actor, *given.seen)


def _told(given: Given, values: Values) -> str:
    row, day = given.item.row, given.item.item["target_date"]
    what = "ends with no action" if row.status == "no_action" else f"has the target date {british(day)}"
    return f"{row.reference} {what}; {acting.hears(given)}"


ACT = Act("approve", "Approve", "Approved.", _carry, _told, settles=True)
answer = partial(acting.answer, ACT)
