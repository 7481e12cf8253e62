"""A list of items as a Card: its heading in words, the page of rows, and the way to the next."""

from handlers import filters, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Note, Part, Span, bold, code, say_lines
from handlers.filters import Wanted, WrongFilter
from handlers.wording import british, count, details_button, item_row, update_button
from storage import questions
from storage.questions import PAGE, Page, Row

ORDER = {
    "due": "soonest due first",
    "reference": "in order of reference",
    "updated": "latest update first",
    "found": "what is open first",
}


def asked(desk: Desk, ask: Ask, command: str, words: str) -> Card:
    """The list that words ask for, or which filter among them is wrong."""
    try:
        wanted = filters.read(words, ask, desk)
    except WrongFilter as fault:
        return wrong(fault)
    return card(desk, ask, command, wanted)


def card(desk: Desk, ask: Ask, command: str, wanted: Wanted) -> Card:
    """The list that `command` and its filters ask for; `mine` offers **Update**, others **Details**."""
    with desk.store.read() as tx:
        page = questions.listed(tx, wanted.filters, ask.reader(desk), page=wanted.page)
    heading = title(wanted)
    if not page.total:
        return _nothing(desk, heading, wanted)
    rows = [row(one, ask, desk, wanted) for one in page.rows]
    last = page.first + len(page.rows) - 1
    which = f"{page.first} to {last} of {page.total:,}" if page.total > PAGE else f"{page.total:,}"
    line: Line = (bold(which), Span(f", {_order(wanted)}."))
    parts: list[Part] = [Heading(Span(heading)), say_lines(line), *rows, *paging(command, wanted, page)]
    return Card(f"{heading}: {which}", (*parts, _asked(desk, command, wanted)))


def row(item: Row, ask: Ask, desk: Desk, wanted: Wanted) -> Part:
    mine = wanted.mine and item.status != "pending_sign_off"
    button = update_button(item) if mine else details_button(item.reference)
    return item_row(item, ask.today, desk.limits, button, owner=not wanted.mine)


def title(wanted: Wanted) -> str:
    """The filters in words, as a heading: "Your overdue areas for improvement"."""
    filters = wanted.filters
    words = ["your"] if wanted.mine else []
    words += ["overdue"] if wanted.overdue else []
    words += [wording.joined([wording.COLOUR[c].lower() for c in dict.fromkeys(filters.colours)], "or")]
    if not any(words) and not filters.statuses and not filters.everything:
        words = ["open"]
    words += [wording.joined(list(dict.fromkeys(filters.scopes)), "or")]
    words.append(wording.joined([wording.KINDS[k] for k in dict.fromkeys(filters.kinds)]) or "items")
    text = " ".join([w for w in words if w] + _beyond(wanted))
    return text[0].upper() + text[1:]


def _beyond(wanted: Wanted) -> list[str]:
    filters, chosen = wanted.filters, wanted.chosen
    words = [wording.joined([wording.STATUS[s].lower() for s in dict.fromkeys(filters.statuses)], "or")]
    words += [f"of {wording.joined(list(filters.reports))}"] if filters.reports else []
    words += [f"due by {british(filters.due_by)}"] if filters.due_by else []
    words += [f"due before {british(filters.due_before)}"] if filters.due_before else []
    words += [f"without an update for {filters.stale_days} days"] if filters.stale_days is not None else []
    words += [f"with “{' '.join(filters.words)}”"] if filters.words else []
    if chosen.get("owner:") and not wanted.mine:
        words.append(f"owned by {wording.joined([_owner(v) for v in chosen['owner:']], 'or')}")
    words += [f"led by {wording.joined([_owner(v) for v in chosen['lead:']], 'or')}"] if "lead:" in chosen else []
    words += [f"under {wording.joined([b.name for b in filters.boards], 'or')}"] if filters.boards else []
    words += [f"for {wording.joined([o.name for o in filters.objectives], 'or')}"] if filters.objectives else []
    return [wording.cut(" ".join(words), 100)] if any(words) else []


def _owner(value: str) -> str:
    return {"me": "you", "none": "nobody", "gone": "somebody who has left"}.get(value.lower(), value.lstrip("@"))


def _order(wanted: Wanted) -> str:
    return ORDER[wanted.filters.order]


def paging(command: str, wanted: Wanted, page: Page) -> list[Part]:
    number = (page.first - 1) // PAGE + 1
    buttons = []
    if number > 1:
        back = f"Back to rows {page.first - PAGE} to {page.first - 1}"
        buttons.append(Button("Back", said(command, wanted, number - 1), back))
    if page.first + PAGE <= page.total:
        upto = min(page.first + 2 * PAGE - 1, page.total)
        more = f"More: rows {page.first + PAGE} to {upto} of {page.total:,}"
        buttons.append(Button("More", said(command, wanted, number + 1), more))
    return [Buttons(tuple(buttons))] if buttons else []


def said(command: str, wanted: Wanted, page: int = 1) -> str:
    """The words that ask for this list again."""
    words = [command, *wanted.words]
    words += ["overdue"] if wanted.overdue and command != "overdue" else []
    words += ["mine"] if wanted.mine and command != "mine" else []
    return " ".join([*words, *([f"page:{page}"] if page > 1 else [])])


def _asked(desk: Desk, command: str, wanted: Wanted) -> Note:
    narrow = [w for w in ("rag:red", "owner:me", "due:14d") if w not in wanted.words][: 2 if wanted.mine else 3]
    if command == "find":
        found: Line = (Span("You asked: "), code(said(command, wanted)), Span(". With filters: "))
        return Note(((*found, code(f"list {' '.join(wanted.words)} rag:red"), Span(".")),))
    narrower: Line = (Span("You asked: "), code(said(command, wanted)), Span(". Narrow it with "))
    for number, word in enumerate(narrow):
        between = " or " if number == len(narrow) - 1 and number else ", " if number else ""
        narrower = (*narrower, Span(between), code(word))
    return Note(((*narrower, Span(".")),))


def _nothing(desk: Desk, heading: str, wanted: Wanted) -> Card:
    what = heading[0].lower() + heading[1:]
    what = what.removeprefix("your ")
    line: Line = (bold("None. "), Span(f"You own no {what}." if wanted.mine else f"There are no {what}."))
    buttons = (Button("All open items", "list", "All open items"), Button("Help", "help filters", "Help on filters"))
    return Card(f"No {what}", (say_lines(line), Buttons(buttons)))


def wrong(fault: WrongFilter) -> Card:
    """A filter that is not understood is named, never ignored."""
    line: Line = (bold("Nothing listed. "), *_with_code(fault.sentence))
    buttons = (Button(fault.instead, fault.instead, fault.instead), Button("Help", "help filters", "Help on filters"))
    subject = f"Nothing listed: {fault.sentence.split('. ')[0].replace('`', '').rstrip('.')}"
    return Card(subject, (say_lines(line), Buttons(buttons)), ok=False)


def _with_code(sentence: str) -> Line:
    """Words between backquotes as code."""
    return tuple(code(p) if n % 2 else Span(p) for n, p in enumerate(sentence.split("`")) if p)


def figures_line(open_now: int, overdue: int, soon: int, days: int) -> Line:
    """6 open: 2 overdue, 1 due in the next 14 days."""
    late = count(overdue, "overdue", "overdue") if overdue else "none overdue"
    return (bold(f"{open_now:,} open"), Span(f": {late}, {soon:,} due in the next {days} days."))
