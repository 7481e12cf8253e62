"""`report CODE`: one report, its section 55 clock and steps, and how its items stand."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from handlers import recording, wording
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
    say_lines,
)
from handlers.wording import british, count
from storage import questions
from storage.questions import ReportRow, WholeReport
from storage.rules import permissions, references, section55
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
# what is typed for a step
WORDS_OF = {
    "comments_requested_on": "requested",
    "comments_received_on": "received",
    "comments_published_on": "published",
    "copied_to_inspectorate_on": "inspectorate",
    "copied_to_home_secretary_on": "home secretary",
}
GAPS_SHOWN = 8
RULE = "Police Act 1996, section 55: 56 days, publication day is day 1, no extension for bank holidays."


class Clock(NamedTuple):
    """What to say of a section 55 clock: the bold words, the rest, a few words for a row, and a mark's name."""

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
    return _card(ask, found) if found else recording.no_report(desk, wanted[:40])


def _card(ask: Ask, whole: WholeReport) -> Card:
    row = whole.row
    told = clock(row.facts, ask.today)
    lines: list[Line] = []
    if told:
        mark = (Span(told.mark, "mark"),) if told.mark else ()
        lines.append((*mark, bold(told.first), Span(told.rest)))
    parts: list[Part] = [Heading(Span(f"{row.code} {row.title}"))]
    parts += [*([say_lines(*lines)] if lines else []), say_lines(*_facts(whole, ask.today))]
    parts += _steps(whole, told)
    note = (Note(((Span(RULE),),)),) if told else ()
    return Card(_subject(row, told), (*parts, _buttons(ask, whole, told), *note))


def _facts(whole: WholeReport, today: date) -> tuple[Line, ...]:
    row, report = whole.row, whole.report
    published = ", ".join(w for w in (british(row.published_on) if row.published_on else "not dated", row.source) if w)
    facts: list[Line] = [(bold("Published: "), Span(published))]
    inspected, due = report["inspected_on"], report["chief_officer_comments_due"]
    facts += [(bold("Inspected: "), Span(british(inspected)))] if inspected else []
    facts.append((bold("Open items: "), Span(f"{row.open} of {row.items}, {whole.overdue or 'none'} overdue")))
    if due:
        shown = f"{british(due)}{_away(due, report, today)}"
        facts.append((bold("Chief officer's comments due: "), Span(shown)))
    return tuple(facts)


def _away(due: date, report: Mapping[str, Any], today: date) -> str:
    """How far the force's own earlier date is, also when it has passed; nothing once the comments are there."""
    if report["comments_received_on"]:
        return ""
    days = (due - today).days
    return f", {wording.days_away(days)}" if days >= 0 else f", {count(-days, 'day')} late"


def _steps(whole: WholeReport, told: Clock | None) -> list[Part]:
    """All five, "not yet" said aloud, where comments are owed or something is recorded; and what a letter lacks."""
    report = whole.report
    if told is None and not whole.row.facts.anything_recorded:
        return []
    steps = Bullets(tuple((_step(s, report[s]),) for s in STEPS))
    parts: list[Part] = [Text((Lines(((bold("Steps"),),)), steps))]
    if told and whole.gaps and not report["comments_published_on"]:
        parts.append(say_lines((bold("Without an action or a reason yet: "), Span(gaps_shown(whole.gaps)))))
    return parts


def gaps_shown(gaps: list[str]) -> str:
    """CUST26-R2, CUST26-R3 and 4 more."""
    left = len(gaps) - GAPS_SHOWN
    return f"{', '.join(gaps[:GAPS_SHOWN])} and {left} more" if left > 0 else wording.joined(gaps)


def _step(step: str, day: date | None) -> Line:
    return (bold(f"{STEPS[step]}: "), Span(british(day) if day else "not yet"))


def _buttons(ask: Ask, whole: WholeReport, told: Clock | None) -> Buttons:
    """**Update** only for who may record a step; the steps that are left, behind the menu."""
    row, roles = whole.row, ask.person.roles
    shows = told is not None or row.facts.anything_recorded
    steps = [step for step in STEPS if shows and permissions.may_record(step, roles)]
    update = [Button("Update", f"comments {row.code}", f"Update the steps of {row.code}", True)] if steps else []
    details = Button("Details", f"list report:{row.code}", f"Open items of {row.code}")
    every = Button("Reports", "reports", "Every report")
    left = [_step_button(row.code, step) for step in steps if not whole.report[step] and len(steps) > 1]
    keeps = [Button("Add an item", f"add {row.code}", f"Add an item to {row.code}")] if _adds(roles) else []
    keeps += [Button("Correct", f"edit {row.code}", f"Correct {row.code}")] if _adds(roles) else []
    return Buttons((*update, details, every), (*left, *keeps))


def _step_button(code_: str, step: str) -> Button:
    return Button(STEPS[step], f"comments {code_} {WORDS_OF[step]}", f"{STEPS[step]}: {code_}")


def _adds(roles: frozenset[str]) -> bool:
    return permissions.may_record("add", roles)


def _subject(row: ReportRow, told: Clock | None) -> str:
    if told and told.short:
        return f"{row.code}: section 55 {told.short}"
    return f"{row.code} {wording.cut(row.title, 60)}: {count(row.open, 'open item')}"
