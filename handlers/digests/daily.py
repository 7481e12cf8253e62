"""The one message that a person gets by schedule on a day: what needs them, why they get it, and how to change that.

It is drawn when it goes out: what was updated, ended or passed on meanwhile is not in it.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from handlers import wording
from handlers.ask import Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Note, Part, Row, Span, bold, code, say_lines
from handlers.digests import morning, portfolio
from handlers.digests.section import Section
from handlers.wording import british, count, details_button, item_row, update_button
from storage import questions, reminders
from storage.fields import london_day
from storage.people import Person
from storage.questions import Reader
from storage.questions import Row as ItemRow
from storage.reminders import CHIEF, Entry, Standing
from storage.rules import deadlines, marking, section55
from storage.rules.lifecycle import AWAITING_ALLOCATION, IN_PROGRESS
from storage.rules.reminders import RUNGS, rung_of

MOST, FEW = 10, 5
ROOM = 48  # parts that one message takes, its small print among them


class Day(NamedTuple):
    """What drawing needs: for whom, the entries and the day they are of, the items and the reports as they stand."""

    desk: Desk
    reader: Reader
    entries: list[Entry]
    told_on: date
    items: dict[int, ItemRow]
    standing: dict[int, Standing]
    reports: dict[int, dict[str, Any]]
    most: int = MOST  # rows of each section

    def of(self, *steps: str) -> list[tuple[Entry, ItemRow]]:
        """The entries of these kinds whose items are still there, soonest due first."""
        told = [(e, self.items.get(_number(e.about))) for e in self.entries if e.step.partition(":")[0] in steps]
        there = [(entry, row) for entry, row in told if row is not None]
        return sorted(there, key=lambda pair: (pair[1].due or deadlines.FAR, pair[1].reference))


def _number(about: str) -> int:
    return int(about.partition(":")[2])


def card(desk: Desk, person: Person, told: Mapping[str, Any]) -> Card | None:
    """The message of that day to one person, as things stand now; None when nothing of it is left."""
    entries = [Entry(about, step, date.fromisoformat(day)) for about, step, day in told["entries"]]
    reader = Reader(person, london_day(desk.store.clock()), desk.limits)
    numbers = [_number(entry.about) for entry in entries if entry.about.startswith("item:")]
    clocks = [_number(entry.about) for entry in entries if entry.step.startswith("clock")]
    with desk.store.read() as tx:
        items, standing = questions.those(tx, numbers, reader), reminders.standing(tx, numbers)
        reports = {report["id"]: report for report in questions.reports_of(tx, clocks)}
    day = Day(desk, reader, entries, date.fromisoformat(told["day"]), items, standing, reports)
    sections = _sections(day)
    if not sections:
        return None
    subject = wording.cut("; ".join(section.short for section in sections), 100)
    return Card(subject, (*_body(sections), _why(day, sections)))


def _sections(day: Day) -> list[Section]:
    """What there is to tell, each with as many rows as leave room for all; the others are behind a button."""
    for most in range(MOST, 0, -1):
        shown = day._replace(most=most)
        sections = [section for make in SECTIONS if (section := make(shown))]
        if sum(len(section.parts) + 2 for section in sections) < ROOM:
            break
    return sections


def _body(sections: list[Section]) -> tuple[Part, ...]:
    """One section speaks for itself; several get their headings."""
    parts: list[Part] = []
    for section in sections:
        parts += [Heading(Span(section.title))] if len(sections) > 1 else []
        parts += [say_lines(section.lead), *section.parts]
    return tuple(parts)


def _why(day: Day, sections: list[Section]) -> Note:
    """As whom they get it, how often it comes, and how to change that."""
    titles = {section.title for section in sections}
    own = bool(titles & {"Your items", "Gone quiet"})
    roles = day.reader.person.roles if titles - {"Your items", "Gone quiet"} else frozenset[str]()
    who = ["the owner"] * own + [said for role, said in _TOLD.items() if role in roles]
    once = "At most one message a day" + (", and none for an item you have just updated." if own else ".")
    words = f"You get this as {wording.joined(who)}. {once} To change when it comes: "
    return Note(((Span(words), code(wording.typed(day.desk.slash, "reminders"))),))


_TOLD = {
    "liaison": "the liaison",
    "lead": "a strategic lead",
    "policing_body": "one of the commissioner's office",
    "dcc": "the DCC",
}


# --- the owner's own ------------------------------------------------------------------------------------------------


def _needing(day: Day) -> Section | None:
    mine = [(entry, row) for entry, row in day.of("due", "late") if _still_mine(day, entry, row, row.due)]
    if not mine:
        return None
    rows = [row for _, row in mine]
    late = sum(1 for row in rows if deadlines.overdue_days(row.facts, day.reader.today))
    soonest = min((row.due for row in rows if row.due and row.due >= day.reader.today), default=None)
    first = f"{len(rows)} of your items {'needs' if len(rows) == 1 else 'need'} you"
    short = f"{first}: {', '.join(_short(late, len(rows) - late, soonest))}"
    said = wording.joined(_said(late, len(rows) - late, soonest, day.reader.today))
    lead: Line = (bold(f"{first}."), Span(f" {said[0].upper()}{said[1:]}."))
    drawn = [_row(day, row, update_button(row)) for row in rows[: day.most]]
    return Section("Your items", short, lead, (*drawn, *_more(len(rows) - day.most, "mine")))


def _still_mine(day: Day, entry: Entry, row: ItemRow, about: date | None) -> bool:
    """Theirs, and it stands as it did."""
    return row.owner_id == day.reader.person.id and _unmoved(day, entry, row, about)


def _unmoved(day: Day, entry: Entry, row: ItemRow, about: date | None) -> bool:
    """In work, about the same day, and not updated on the day of the message or since."""
    updated = day.standing[row.id].last_update_on
    return row.status == IN_PROGRESS and about == entry.day and (updated is None or updated < day.told_on)


def _short(late: int, coming: int, soonest: date | None) -> list[str]:
    words = [f"{late} overdue"] if late else []
    if not coming or soonest is None:
        return words
    return [
        *words,
        f"{coming} due on {british(soonest)}" if coming == 1 else f"{coming} due from {british(soonest)} on",
    ]


def _said(late: int, coming: int, soonest: date | None, today: date) -> list[str]:
    words = [f"{late} {'is' if late == 1 else 'are'} overdue"] if late else []
    if not coming or soonest is None:
        return words
    when = "today" if soonest == today else wording.days_away((soonest - today).days)
    return [*words, f"1 is due {when}" if coming == 1 else f"{coming} are due, the first {when}"]


def _row(day: Day, row: ItemRow, button: Button | None, *, owner: bool = False) -> Row:
    return item_row(row, day.reader.today, day.desk.limits, button, owner=owner)


def _more(left: int, words: str) -> tuple[Part, ...]:
    return (Buttons((Button(f"{left} more", words, f"{left} more: {words}"),)),) if left > 0 else ()


def _quiet(day: Day) -> Section | None:
    due = {row.id for _, row in day.of("due", "late")}
    told = day.of("quiet")
    quiet = [row for e, row in told if row.id not in due and _still_mine(day, e, row, row.quiet_since)]
    if not quiet:
        return None
    days = min((day.reader.today - row.quiet_since).days for row in quiet)
    if len(quiet) == 1:
        first, asks = f"1 item has had no update for {days} days.", "Is it still as it was? A sentence is enough."
    else:
        first = f"{len(quiet)} items have had no update for {days} days or more."
        asks = "Are they still as they were? A sentence each is enough."
    lead: Line = (bold(first), Span(f" {asks}"))
    drawn: list[Part] = []
    for row in quiet[: min(FEW, day.most)]:
        drawn += [_row(day, row, None), Buttons((_no_change(row), update_button(row)))]
    rest = _more(len(quiet) - min(FEW, day.most), f"mine stale:{day.desk.limits.stale}d")
    return Section(
        "Gone quiet", f"{count(len(quiet), 'item')} without an update for {days} days", lead, (*drawn, *rest)
    )


def _no_change(row: ItemRow) -> Button:
    return Button("No change", f"no change {row.reference} v{row.version}", f"No change to {row.reference}")


def _nobodys(day: Day) -> Section | None:
    """What is in work and has no owner comes to the liaison."""
    if "liaison" not in day.reader.person.roles:
        return None
    told = day.of("due", "late")
    rows = [row for entry, row in told if row.owner_id is None and _unmoved(day, entry, row, row.due)]
    if not rows:
        return None
    first = f"{count(len(rows), 'item that is due has', 'items that are due have')} no owner."
    drawn = [_row(day, row, details_button(row.reference)) for row in rows[: day.most]]
    parts = (*drawn, *_more(len(rows) - day.most, "list owner:none"))
    return Section("Without an owner", f"{len(rows)} without an owner", (bold(first), Span(" Assign each.")), parts)


# --- those above, and the clocks ------------------------------------------------------------------------------------


def _escalated(day: Day) -> Section | None:
    came = [(e, row) for e, row in day.of("escalated") if row.due == e.day and _still_above(day, e, row)]
    if not came:
        return None
    rows = list({row.id: row for _, row in came}.values())
    first = f"{count(len(rows), 'overdue item has', 'overdue items have')} come to you."
    rungs = {rung_of(entry.step) for entry, _ in came}
    why = " ".join(_RUNGS[rung] for rung in ("liaison", "lead") if rung in rungs)
    drawn = [_row(day, row, details_button(row.reference), owner=True) for row in rows[: day.most]]
    parts = (*drawn, *_more(len(rows) - day.most, "overdue"))
    return Section("Escalated to you", f"{len(rows)} escalated to you", (bold(first), Span(f" {why}")), parts)


_RUNGS = {
    "liaison": f"What is {RUNGS['liaison']} days late comes to the liaison.",
    "lead": f"What is {RUNGS['lead']} days late comes to its lead.",
}


def _still_above(day: Day, entry: Entry, row: ItemRow) -> bool:
    """Whether it still waits for somebody's work, and this person is still who that rung is for."""
    person = day.reader.person
    leads = day.standing[row.id].lead_id == person.id
    theirs = leads if rung_of(entry.step) == "lead" else "liaison" in person.roles
    return theirs and row.status in (IN_PROGRESS, AWAITING_ALLOCATION)


def _clocks(day: Day) -> Section | None:
    """Section 55 of each report, and the force's own date before it."""
    told = [(e, day.reports[_number(e.about)]) for e in day.entries if e.step.startswith("clock") and _runs(day, e)]
    told.sort(key=lambda pair: (pair[0].day, pair[1]["code"]))
    if not told:
        return None
    rows = [_clock_row(entry, report, day.reader.today) for entry, report in told[: day.most]]
    entry, report = told[0]
    short = f"{report['code']} {_left(entry.day, day.reader.today)}"
    lead: Line = (bold(f"{count(len(told), 'date')} of section 55."), Span(" The soonest first."))
    parts = (*rows, *_more(len(told) - day.most, "reports"))
    return Section("Section 55", f"section 55: {short}", lead, parts)


def _runs(day: Day, entry: Entry) -> bool:
    """Whether the date is still waited for, and still the same."""
    report = day.reports[_number(entry.about)]
    if entry.about.startswith(CHIEF):
        return report["comments_received_on"] is None and report["chief_officer_comments_due"] == entry.day
    same = section55.last_day(report["published_on"]) == entry.day
    return same and report["comments_published_on"] is None


def _clock_row(entry: Entry, report: Mapping[str, Any], today: date) -> Row:
    what = (
        "the chief officer's comments to the commissioner"
        if entry.about.startswith(CHIEF)
        else "the comments in public"
    )
    facts: Line = (bold(_left(entry.day, today)), Span(f" for {what}"))
    if (entry.day - today).days >= 0:
        facts = (*facts, Span(f", last day {british(entry.day)}"))
    button = Button("Details", f"report {report['code']}", f"Details of {report['code']}")
    return Row(report["code"], wording.title_span(report["title"], marking.OFFICIAL), facts, button)


def _left(last: date, today: date) -> str:
    days = (last - today).days
    return (
        f"{count(-days, 'day')} late" if days < 0 else "last day today" if days == 0 else f"{count(days, 'day')} left"
    )


# --- digests for one person -----------------------------------------------------------------------------------------


def _portfolio(day: Day) -> Section | None:
    return portfolio.section(day.desk, day.reader) if _wants(day, "lead") else None


def _morning(day: Day) -> Section | None:
    """It names what is snoozed and who has paused, so that who is the liaison no longer does not get it."""
    theirs = "liaison" in day.reader.person.roles and _wants(day, "morning")
    return morning.section(day.desk, day.reader) if theirs else None


def _wants(day: Day, kind: str) -> bool:
    return any(entry.about.startswith("digest:") and entry.step == kind for entry in day.entries)


SECTIONS = (_needing, _quiet, _nobodys, _clocks, _escalated, _morning, _portfolio)
