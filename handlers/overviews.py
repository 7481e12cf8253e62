"""What stands under each board, or serves each objective: a row a name, with the list behind it."""

from typing import NamedTuple

from handlers import filters, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Part, Row, Span, bold, say_lines
from handlers.filters import page_of
from handlers.wording import count
from storage import questions
from storage.questions import PAGE, Group


class Overview(NamedTuple):
    """What is grouped by: the column, the words that ask for it, and how things are said."""

    column: str
    said: str
    heading: str
    none: str
    under_none: str


def answer(overview: Overview, desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        every = questions.groups(tx, overview.column, ask.reader(desk))
    named = [group for group in every if group.name]
    if not named:
        return Card(f"No {overview.said}", (say_lines((bold("None. "), Span(overview.none))),))
    pages = -(-len(named) // PAGE)
    page = max(1, min(page_of(rest.strip()) or 1, pages))
    shown = named[(page - 1) * PAGE : page * PAGE]
    first = (page - 1) * PAGE
    which = f"{first + 1} to {first + len(shown)} of {len(named)}" if pages > 1 else f"{len(named)}"
    rows: list[Part] = [_row(overview, group) for group in shown]
    rest_of_it = _under_none(overview, every[-1]) if page == pages else ()
    parts = (Heading(Span(overview.heading)), say_lines((bold(which), Span(", by name."))), *rows, *rest_of_it)
    return Card(f"{overview.heading}: {which}", (*parts, *_paging(overview, page, pages)))


def _row(overview: Overview, group: Group) -> Row:
    late = count(group.overdue, "overdue", "overdue") if group.overdue else "none overdue"
    facts: Line = (Span(f"{group.open:,} open of {group.items:,} · {late}"),)
    words = f"list {overview.column}:{filters.quoted(group.name)}"
    return Row(wording.cut(group.name, 60), Span(""), facts, Button("Details", words, f"Open items: {group.name}"))


def _under_none(overview: Overview, last: Group) -> tuple[Part, ...]:
    if last.name or not last.open:
        return ()
    return (say_lines((Span(f"{count(last.open, 'open item')} {overview.under_none}."),)),)


def _paging(overview: Overview, page: int, pages: int) -> tuple[Part, ...]:
    back = [Button("Back", f"{overview.said} page:{page - 1}", "Back")] if page > 1 else []
    more = [Button("More", f"{overview.said} page:{page + 1}", f"More {overview.said}")] if page < pages else []
    return (Buttons((*back, *more)),) if back or more else ()
