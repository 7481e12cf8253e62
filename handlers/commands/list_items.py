"""`list FILTERS`: any list that somebody likes."""

from handlers import listing
from handlers.ask import Ask, Desk
from handlers.card import Card

WORDS = ("list",)
HELP = ("list report:PEEL25 rag:red", "any list you like")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    return listing.asked(desk, ask, "list", rest)
