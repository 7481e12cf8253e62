"""`find WORDS`: items in whose reference, title or text every word occurs, ended ones too; a reference first."""

from handlers import filters, listing
from handlers.ask import Ask, Desk, plain
from handlers.card import Card, Line, Span, bold, code, say_lines
from handlers.filters import LONGEST, MOST, Wanted
from storage.rules.references import folded

WORDS = ("find", "search")
HELP = ("find custody", "items with that word")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    text, page = _page(plain(rest))
    words = tuple(text.replace('"', " ").split())
    words = tuple(word for word in words if folded(word).strip("\x00 "))
    if len(words) > MOST or any(len(word) > LONGEST for word in words):
        told: Line = (bold("Nothing looked for. "), Span(f"At most {MOST} words of {LONGEST} characters fit."))
        return Card("Nothing looked for", (say_lines(told),), ok=False)
    if not words:
        line: Line = (bold("Nothing looked for. "), Span("Say a word or two of it, e.g. "), code("find custody"))
        return Card("Nothing looked for", (say_lines(line),), ok=False)
    wanted = Wanted(page=page, words=list(words))
    wanted.narrow(words=words, everything=True, order="found")
    return listing.card(desk, ask, "find", wanted)


def _page(text: str) -> tuple[str, int]:
    """The words, and the page that **More** and **Back** ask for."""
    head, _, last = text.rpartition(" ")
    found = filters.page_of(last)
    return (head, found) if found else (text, 1)
