"""`no action REF: reason`: ask that nothing be done; the DCC decides, and the letter will give the reason."""

from functools import partial

from handlers import acting
from handlers.acting import Given, Values
from storage import record

WORDS = ("no action",)
HELP = ("no action {reference}: reason", "ask to do nothing about it")


def _told(given: Given, values: Values) -> str:
    return f"{acting.dcc(given)} decides; {given.item.row.reference} stays open until then."


ACT = acting.with_reason(
    "no action",
    "Ask for no action",
    "Asked.",
    "Ask",
    "In the words that the public letter can print.",
    record.ask_no_action,
    _told,
)
answer = partial(acting.answer, ACT)
