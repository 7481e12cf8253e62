"""`overdue`: every open item whose due date has passed."""

from handlers import listing
from handlers.ask import Ask, Desk
from handlers.card import Card

WORDS = ("overdue",)
HELP = ("overdue", "what is late")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    return listing.asked(desk, ask, "overdue", f"overdue {rest}")
