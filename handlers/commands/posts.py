"""`posts`: every post, who holds it since when, who held it before, and how much is open under it."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Bullets, Button, Buttons, Card, Heading, Line, Note, Part, Span, Text, bold, code, say_lines
from handlers.wording import british, count
from storage import posts, questions
from storage.posts import Standing, Tenure
from storage.rules import permissions

WORDS = ("posts",)
HELP = ("posts", "who holds which post")
EARLIER = 5
SHOWN = 30


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        every = posts.listed(tx, questions.hidden(tx, ask.reader(desk)))
    keeps = permissions.may_keep("post", ask.person.roles)
    if not every:
        return _none(keeps)
    head: Line = (bold(count(len(every), "post")), Span(". What is owned by a post passes on with it."))
    entries = tuple(_entry(one) for one in every[:SHOWN])
    left = len(every) - SHOWN
    text = Text((Bullets(entries),))
    more: list[Part] = [say_lines((Span(f"And {left} more."),))] if left > 0 else []
    notes = (Note((_how(),)),) if keeps else ()
    return Card(count(len(every), "post"), (Heading(Span("Posts")), say_lines(head), text, *more, *notes))


def _none(keeps: bool) -> Card:
    how = _how() if keeps else (Span("The liaison makes them."),)
    mine = Buttons((Button("Mine", "mine", "What you owe"),))
    return Card("There are no posts yet", (say_lines((bold("There are no posts yet. "), *how)), mine))


def _how() -> Line:
    example = code("post Head of Economic and Cyber Crime: @user")
    return (Span("To make a post or to pass it on: "), example, Span("."))


def _entry(one: Standing) -> tuple[Line, ...]:
    held = f"{_called(one.holder)}, since {british(one.holder.since)} · {count(one.items, 'open item')}"
    before = "; ".join(_spell(tenure) for tenure in one.earlier[:EARLIER])
    left = len(one.earlier) - EARLIER
    told = f". Before: {before}{f'; and {left} more' if left > 0 else ''}" if before else ""
    return ((bold(one.name),), (Span(f"{held}{told}"),))


def _called(tenure: Tenure) -> str:
    return f"{tenure.called}, {wording.AWAY_BESIDE[tenure.away]}" if tenure.away else tenure.called


def _spell(tenure: Tenure) -> str:
    assert tenure.until is not None  # it is over
    return f"{tenure.called}, {british(tenure.since)} to {british(tenure.until)}"
