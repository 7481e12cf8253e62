"""`overdue`: every open item whose due date has passed."""

from handlers import filters, listing
from handlers.ask import Ask, Desk
from handlers.card import Card

WORDS = ("overdue",)
HELP = ("overdue", "what is late")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    try:
        wanted = filters.read(f"overdue {rest}", ask, desk)
    except filters.WrongFilter as fault:
        return listing.wrong(fault)
    return listing.card(desk, ask, "overdue", wanted)
