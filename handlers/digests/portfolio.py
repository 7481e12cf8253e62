"""A strategic lead's portfolio, as a section of their message of the day: figures, what is late, what waits."""

from datetime import timedelta

from handlers.ask import Desk
from handlers.card import Button, Buttons, Line, Part, Span, bold
from handlers.digests.section import Section
from handlers.wording import count, details_button, item_row
from storage import questions
from storage.questions import Filters, Reader

SHOWN = 5


def section(desk: Desk, reader: Reader) -> Section | None:
    """How their portfolio stands today, the latest of what is overdue first; None for who leads nothing."""
    led = Filters(leads=(reader.person.id or -1,))
    soon = led._replace(due_by=reader.today + timedelta(days=desk.limits.due_soon))
    every = (led, led._replace(overdue=True), soon, led._replace(statuses=("pending_sign_off",)))
    with desk.store.read() as tx:
        open_now, overdue, due_soon, pending = (questions.counted(tx, filters, reader) for filters in every)
        late = questions.listed(tx, led._replace(overdue=True), reader, size=SHOWN).rows
    if not open_now:
        return None
    told = [
        f"{overdue} overdue",
        f"{due_soon} due in the next {desk.limits.due_soon} days",
        f"{pending} pending sign-off",
    ]
    lead: Line = (
        bold(f"{count(open_now, 'item is', 'items are')} open in your portfolio:"),
        Span(f" {', '.join(told)}."),
    )
    rows: list[Part] = [item_row(row, reader.today, desk.limits, details_button(row.reference)) for row in late]
    buttons = Buttons(
        (
            Button(
                "Overdue", "list overdue lead:me" if overdue else "list lead:me", "What is overdue in your portfolio"
            ),
            Button("All", "list lead:me", "All open items of your portfolio"),
        )
    )
    return Section("Your portfolio", f"your portfolio: {open_now} open, {overdue} overdue", lead, (*rows, buttons))
