"""`mine`: what the person owes, soonest first; the answer to nothing at all too."""

from datetime import timedelta

from handlers import filters, listing
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Note, Part, Span, bold, code, say_lines
from handlers.digests import morning
from handlers.wording import typed
from storage import questions
from storage.questions import Filters, Reader

WORDS = ("mine", "what do i owe", "what do i owe?")
HELP = ("mine", "what you owe, soonest first")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    try:
        wanted = filters.read(f"mine {rest}", ask, desk)
    except filters.WrongFilter as fault:
        return listing.wrong(fault)
    if wanted.words or wanted.overdue:
        return listing.card(desk, ask, "mine", wanted)
    owned = Filters(owners=(ask.person.id or -1,))
    open_now, overdue, soon = _counts(desk, ask.reader(desk), owned)
    keeps = _for_the_liaison(desk, ask)
    if not open_now:
        return _nothing(ask, keeps)
    with desk.store.read() as tx:
        page = questions.listed(tx, owned, ask.reader(desk), page=wanted.page)
    line = listing.figures_line(open_now, overdue, soon, desk.limits.due_soon)
    sentence = "".join(span.text for span in line)
    rows = [listing.row(row, ask, desk, wanted) for row in page.rows]
    paging = listing.paging("mine", wanted, page)
    help_ = Buttons((Button("Help", "help", "Help"),))
    example = typed(desk.slash, page.rows[0].reference)
    note = Note(((Span("Type a reference for its card, e.g. "), code(example), Span(". Only you can see this.")),))
    subject = f"You have {sentence.rstrip('.').replace(' open:', ' open items:', 1)}"
    return Card(subject, (Heading(Span("Your items")), say_lines(line), *rows, *paging, *keeps, help_, note))


def _counts(desk: Desk, reader: Reader, owned: Filters) -> tuple[int, int, int]:
    soon = owned._replace(due_by=reader.today + timedelta(days=desk.limits.due_soon))
    with desk.store.read() as tx:
        every = (owned, owned._replace(overdue=True), soon)
        open_now, overdue, due_soon = (questions.counted(tx, f, reader) for f in every)
    return open_now, overdue, due_soon


def _for_the_liaison(desk: Desk, ask: Ask) -> tuple[Part, ...]:
    """What waits for whoever keeps the register, and the words that list it."""
    if "liaison" not in ask.person.roles:
        return ()
    told = morning.section(desk, ask.reader(desk))
    return (say_lines(told.lead), *told.parts)


def _nothing(ask: Ask, keeps: tuple[Part, ...]) -> Card:
    line = (bold("You own no open items. "), Span("New ones come to you here when the liaison allocates them."))
    buttons = [Button("Overdue", "overdue", "All overdue items")]
    if ask.person.roles & {"dcc", "liaison"}:
        buttons += [
            Button("Pending", "pending", "What waits for a decision"),
            Button("Digest", "digest", "The week so far"),
        ]
    buttons += [Button("Reports", "reports", "Every report"), Button("Help", "help", "Help")]
    return Card("You own no open items", (say_lines(line), *keeps, Buttons(tuple(buttons))))
