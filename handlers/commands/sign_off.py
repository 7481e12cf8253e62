"""`sign off REF`: the DCC signs off what an owner has shown to be done."""

from functools import partial

from handlers import acting
from handlers.acting import Act, Given, Values
from storage import record
from storage.record import Saved

WORDS = ("sign off",)
HELP = ("sign off {reference}", "it is complete")


def _carry(given: Given, values: Values) -> Saved:
    return record.sign_off(given.desk.store, given.ask.actor, *given.seen)


def _told(given: Given, values: Values) -> str:
    said = f"{given.item.row.reference} is complete; {acting.hears(given)}"
    return f"{said} Only the inspectorate closes it."


ACT = Act("sign off", "Sign off", "Signed off.", _carry, _told, settles=True)
answer = partial(acting.answer, ACT)
