"""`list FILTERS`: any list that somebody likes."""

from handlers import filters, listing
from handlers.ask import Ask, Desk
from handlers.card import Card

WORDS = ("list",)
HELP = ("list report:PEEL25 rag:red", "any list you like")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    try:
        wanted = filters.read(rest, ask, desk)
    except filters.WrongFilter as fault:
        return listing.wrong(fault)
    return listing.card(desk, ask, "list", wanted)
