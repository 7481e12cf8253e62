"""`due 14d`: what is due in the next days."""

from handlers import listing
from handlers.ask import Ask, Desk
from handlers.card import Card

WORDS = ("due",)
HELP = ("due 14d", "what is next")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    days, _, more = (rest or f"{desk.limits.due_soon}d").partition(" ")
    return listing.asked(desk, ask, "list", f"due:{days.rstrip('.,;!')} {more}")
