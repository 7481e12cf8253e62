"""`report CODE`: one report, its section 55 clock and steps, and how its items stand."""

from datetime import date
from typing import NamedTuple

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Heading,
    Line,
    Lines,
    Note,
    Part,
    Span,
    Text,
    bold,
    code,
    say_lines,
)
from handlers.wording import british, count
from storage import questions
from storage.questions import Filters, ReportRow
from storage.rules import references, section55
from storage.rules.section55 import ReportFacts

WORDS = ("report",)
HELP = ("report CUST26", "one with its section 55 clock")
STEPS = {
    "comments_requested_on": "Comments requested",
    "comments_received_on": "Received",
    "comments_published_on": "Comments published",
    "copied_to_inspectorate_on": "Copied to the inspectorate",
    "copied_to_home_secretary_on": "Copied to the Home Secretary",
}
RULE = "Police Act 1996, section 55: 56 days, publication day is day 1, no extension for bank holidays."


class Clock(NamedTuple):
    """What to say of a section 55 clock: the bold words, the rest, a few words for a row, and an emoji's name."""

    first: str
    rest: str
    short: str
    mark: str


def clock(facts: ReportFacts, today: date) -> Clock | None:
    """How the clock of a report stands; None where no comments are owed."""
    if not section55.owed(facts) or facts.published_on is None:
        return None
    last = section55.last_day(facts.published_on)
    if facts.comments_published_on:
        rest = f" {british(facts.comments_published_on)}. Last day was {british(last)}."
        return Clock("Comments published", rest, "", "")
    if section55.not_recorded(facts):
        rest = f" The last day was {british(last)}; nobody has said what was done."
        return Clock("Not recorded.", rest, "not recorded", "")
    left = section55.days_left(facts.published_on, today)
    days, day = count(abs(left), "day"), f"{last:%A} {british(last)}"
    if left < 0:
        rest = f" Last day was {day}. No publication of comments is recorded."
        return Clock(f"{days} late.", rest, f"{days} late", "warning")
    return Clock(f"{days} left", f" to publish the comments. Last day: {day}.", f"{days} left", "hourglass")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    wanted = references.tidied(rest)
    with desk.store.read() as tx:
        found = questions.report(tx, wanted, ask.reader(desk))
        narrowed = Filters(reports=(references.key(wanted),), overdue=True)
        overdue = questions.counted(tx, narrowed, ask.reader(desk)) if found else 0
    if found is None:
        return _no_report(wanted[:40])
    return _card(desk, ask, *found, overdue)


def _no_report(code_asked: str) -> Card:
    if code_asked:
        why: Line = (Span("There is no report "), code(code_asked), Span("."))
    else:
        why = (Span("Say which report, by its code."),)
    buttons = Buttons((Button("Reports", "reports", "Every report"),))
    subject = "".join(span.text for span in why).rstrip(".")
    return Card(subject, (say_lines((bold("Nothing shown. "), *why)), buttons), ok=False)


def _card(desk: Desk, ask: Ask, row: ReportRow, steps: dict[str, date | None], overdue: int) -> Card:
    told = clock(row.facts, ask.today)
    lines: list[Line] = []
    if told:
        mark = (Span(told.mark, "mark"),) if told.mark else ()
        lines.append((*mark, bold(told.first), Span(told.rest)))
    published = ", ".join(w for w in (british(row.published_on) if row.published_on else "not dated", row.source) if w)
    facts: tuple[Line, ...] = ((bold("Published: "), Span(published)),)
    facts += ((bold("Open items: "), Span(f"{row.open} of {row.items}, {overdue or 'none'} overdue")),)
    due = steps.get("chief_officer_comments_due")
    facts += ((bold("Chief officer's comments due: "), Span(british(due))),) if due else ()
    parts: list[Part] = [Heading(Span(f"{row.code} {row.title}"))]
    parts += [*([say_lines(*lines)] if lines else []), say_lines(*facts)]
    if told:
        parts.append(Text((Lines(((bold("Steps"),),)), Bullets(tuple((_step(s, steps[s]),) for s in STEPS)))))
    details = Button("Details", f"list report:{row.code}", f"Open items of {row.code}")
    note = (Note(((Span(RULE),),)),) if told else ()
    subject = _subject(row, told)
    return Card(subject, (*parts, Buttons((details, Button("Reports", "reports", "Every report"))), *note))


def _step(step: str, day: date | None) -> Line:
    return (bold(f"{STEPS[step]}: "), Span(british(day) if day else "not yet"))


def _subject(row: ReportRow, told: Clock | None) -> str:
    if told and told.short:
        return f"{row.code}: section 55 {told.short}"
    return f"{row.code} {wording.cut(row.title, 60)}: {count(row.open, 'open item')}"
