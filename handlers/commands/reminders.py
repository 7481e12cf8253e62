"""`reminders`: what somebody hears of by schedule, at which time, and a pause."""

import re
from datetime import date, timedelta

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Span, bold, code, say_lines
from handlers.dates import DoubtfulDate, read_date
from handlers.wording import british, joined
from storage import reminders
from storage.rules.reminders import AGAIN, BEFORE, PAUSE_MOST, RUNGS
from storage.rules.working_days import OPENS, SHUTS

WORDS = ("reminders", "reminder")
HELP = ("reminders", "when you hear of what needs you")
_AT = re.compile(r"at\s+(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?\Z", re.IGNORECASE)
_PAUSE = re.compile(r"pause(?:\s+until)?\s+(?P<day>.+)\Z", re.IGNORECASE)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said = rest.strip().rstrip(".")
    if not said:
        return _card(desk, ask)
    at, pause = _AT.match(said), _PAUSE.match(said)
    if at:
        return _at(desk, ask, at)
    if pause:
        return _pause(desk, ask, pause["day"])
    if said.lower() in {"on", "again", "resume"}:
        return _kept(desk, ask, "You hear again of what needs you.", paused_until=None)
    return _not_kept("That is not known here. Use at 14:00, pause until 3 Dec 2026, or on.")


def _card(desk: Desk, ask: Ask) -> Card:
    with desk.store.read() as tx:
        choice = reminders.choice(tx, ask.person.id, ask.today)
    first = f"Once a day, at {choice.time}, on working days."
    paused = f" Paused until {british(choice.paused_until)}." if choice.paused_until else ""
    lead: Line = (bold(first), Span(f"{paused} Nothing comes when nothing needs you."))
    days = joined([str(n) for n in BEFORE])
    lines: list[Line] = [
        (bold("Your items: "), Span(f"{days} days before they are due, on the day, then every {AGAIN} days.")),
        (bold("Gone quiet: "), Span(f"a question after {desk.limits.stale} days without an update.")),
    ]
    lines += [(bold(f"{title}: "), Span(told)) for role, title, told in _OF_ROLES if role in ask.person.roles]
    parts = (Heading(Span("Your reminders")), say_lines(lead), say_lines(*lines), _buttons(ask, choice))
    how: Line = (Span("For one item alone: "), code("snooze REF in 5 working days: why"))
    return Card(f"Your reminders: {first}", (*parts, say_lines(how)))


_OF_ROLES = (
    ("liaison", "As the liaison", f"what is {RUNGS['liaison']} days late, and section 55."),
    ("lead", "As a lead", f"what is {RUNGS['lead']} days late in your portfolio."),
    ("policing_body", "Section 55", "28, 14, 7, 3 and 1 days before the last day, then each working day."),
)


def _buttons(ask: Ask, choice: reminders.Choice) -> Buttons:
    week = british(ask.today + timedelta(days=7))
    other = "14:00" if choice.time != "14:00" else reminders.USUAL_TIME
    pause = (
        Button("On again", "reminders on", "Hear again of what needs you")
        if choice.paused_until
        else Button("Pause for a week", f"reminders pause until {week}", f"Pause until {week}")
    )
    return Buttons((Button(f"At {other}", f"reminders at {other}", f"Hear at {other}"), pause))


def _at(desk: Desk, ask: Ask, said: re.Match[str]) -> Card:
    hours, minutes = int(said[1]), int(said[2] or 0)
    if said[3]:
        hours = hours % 12 + (12 if said[3].lower() == "pm" else 0)
    if not OPENS.hour <= hours < SHUTS.hour or minutes > 59:
        return _not_kept(f"Messages come by day. Choose a time from {OPENS:%H:%M} to {SHUTS.hour - 1}:59.")
    time = f"{hours:02d}:{minutes:02d}"
    return _kept(desk, ask, f"You hear of what needs you at {time}, from the next working day on.", remind_at=time)


def _pause(desk: Desk, ask: Ask, typed: str) -> Card:
    try:
        day = read_date(typed, ask.today, working_day=desk.calendar.working_day)
    except DoubtfulDate as fault:
        return _not_kept(fault.sentence)
    if day <= ask.today:
        return _not_kept(f"{british(day)} is not ahead. Choose a day after today, {british(ask.today)}.")
    if (day - ask.today).days > PAUSE_MOST:
        last = british(date.fromordinal(ask.today.toordinal() + PAUSE_MOST))
        return _not_kept(f"{british(day)} is over {PAUSE_MOST} days ahead. Choose {last} or earlier.")
    back = "What comes up meanwhile comes then; your items still go to the liaison when they are late."
    return _kept(desk, ask, f"No reminders before {british(day)}. {back}", paused_until=day)


def _kept(desk: Desk, ask: Ask, sentence: str, **values: object) -> Card:
    if ask.person.id is None:
        return _not_kept("You are new here and nothing is yours yet, so nothing comes.")
    reminders.choose(desk.store, ask.person.id, **values)
    shown = Buttons((Button("Reminders", "reminders", "What you hear of, and when"),))
    return Card("Saved: your reminders", (say_lines(wording.answer_first("Saved.", sentence)), shown))


def _not_kept(sentence: str) -> Card:
    shown = Buttons((Button("Reminders", "reminders", "What you hear of, and when"),))
    return Card("Not saved: your reminders", (say_lines(wording.answer_first("Not saved.", sentence)), shown), ok=False)
