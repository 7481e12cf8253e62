"""`reports`: every report, newest first, with its open items and its section 55 clock."""

from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Part, Row, Span, bold, say_lines
from handlers.commands import report
from handlers.filters import page_of
from handlers.wording import british, count, title_span
from storage import questions
from storage.questions import PAGE, ReportRow
from storage.rules import marking

WORDS = ("reports",)
HELP = ("reports", "every report")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        every = questions.reports(tx, ask.reader(desk))
    if not every:
        line = (bold("None. "), Span("No report is registered yet; the liaison brings them in."))
        return Card("No reports", (say_lines(line),))
    pages = -(-len(every) // PAGE)
    page = max(1, min(page_of(rest.strip()) or 1, pages))
    shown = every[(page - 1) * PAGE : page * PAGE]
    first = (page - 1) * PAGE + 1
    which = f"{first} to {first + len(shown) - 1} of {len(every)}" if pages > 1 else str(len(every))
    rows: list[Part] = [_row(one, ask) for one in shown]
    line = (bold(which), Span(", newest first."))
    parts = (Heading(Span("Reports")), say_lines(line), *rows, *_paging(page, pages))
    return Card(f"Reports: {which}", parts)


def _row(one: ReportRow, ask: Ask) -> Row:
    published = f"published {british(one.published_on)}" if one.published_on else "not dated"
    facts: Line = (Span(f"{published} · {count(one.open, 'open item')} of {one.items}{_clock(one, ask)}"),)
    button = Button("Details", f"report {one.code}", f"Details of {one.code}")
    return Row(one.code, title_span(one.title, marking.OFFICIAL), facts, button)


def _clock(one: ReportRow, ask: Ask) -> str:
    told = report.clock(one.facts, ask.today)
    return f" · section 55 {told.short}" if told and told.short else ""


def _paging(page: int, pages: int) -> list[Part]:
    buttons = [Button("Back", f"reports page:{page - 1}", "Back")] if page > 1 else []
    buttons += [Button("More", f"reports page:{page + 1}", "More reports")] if page < pages else []
    return [Buttons(tuple(buttons))] if buttons else []
