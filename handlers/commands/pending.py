"""`pending`: every open request, those that this person may decide first."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Note, Row, Span, bold, say_lines
from handlers.wording import count, days_away, details_button, title_span
from storage import questions
from storage.fields import london_day
from storage.questions import Waiting

WORDS = ("pending",)
HELP = ("pending", "what waits for a decision")
SHOWN = 10


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        waiting = questions.waiting(tx, ask.reader(desk))
    if not waiting:
        line = (bold("Nothing is pending. "), Span("Requests for sign-off come here when an owner asks."))
        return Card("Nothing is pending", (say_lines(line), Buttons((Button("Mine", "mine", "What you owe"),))))
    yours = sum(one.yours for one in waiting)
    which = f"{len(waiting)} pending" + (f", the first {SHOWN} here" if len(waiting) > SHOWN else "")
    head: Line = (bold(which), Span(f": {yours} for you to decide, oldest first." if yours else ", oldest first."))
    rows = tuple(_row(one, ask) for one in waiting[:SHOWN])
    note = Note(((Span("An item brought in as pending has no request yet: it can be asked for again."),),))
    notes = (note,) if any(one.asked_at is None for one in waiting[:SHOWN]) else ()
    subject = f"{count(len(waiting), 'request')} pending, {yours} for you to decide"
    return Card(subject, (Heading(Span("Pending sign-off")), say_lines(head), *rows, *notes))


def _row(one: Waiting, ask: Ask) -> Row:
    row = one.row
    if one.asked_at is None:
        facts: Line = (Span(f"{wording.owner_of(row)} · brought in as pending · no evidence"),)
    else:
        ago = days_away((london_day(one.asked_at) - ask.today).days)
        checked = "evidence checked" if one.checked else "evidence not checked"
        facts = (Span(f"{wording.name(one.asker)} · asked {ago} · {checked}"),)
    return Row(row.reference, title_span(row.title, row.marking), facts, details_button(row.reference))
