"""The liaison's list each morning, as a section of their message: what nobody owns, nobody checked, nobody got."""

from sqlalchemy import Connection

from handlers import wording
from handlers.ask import Desk
from handlers.card import Bullets, Button, Buttons, Line, Part, Span, Text, bold
from handlers.digests.section import Section
from handlers.wording import british, count
from storage import keeping, outbox, people, reminders
from storage.questions import Reader

SHOWN = 5


def section(desk: Desk, tx: Connection, reader: Reader) -> Section | None:
    """What waits for who keeps the register, each with the words that list it; "nothing" is said aloud."""
    waits = keeping.waiting(tx, reader)
    told = (
        (waits.to_allocate, "awaiting allocation", "list status:awaiting_allocation"),
        (waits.gone, "whose owner has left", "list owner:gone"),
        (waits.to_check, "with evidence to check", "pending"),
    )
    there = [(f"{number:,} {what}", say) for number, what, say in told if number]
    stuck, silent, away = outbox.blocked(tx), reminders.snoozed(tx, reader.today), reminders.paused(tx, reader.today)
    words = [what for what, _ in there]
    words += [f"{count(len(stuck), 'message')} not delivered"] if stuck else []
    words += [f"{len(silent)} snoozed"] if silent else []
    words += [f"{count(len(away), 'person has', 'people have')} paused"] if away else []
    said = ", ".join(words) or "nothing to allocate, nobody gone, no evidence to check"
    lead: Line = (bold("For you as the liaison:"), Span(f" {said}."))
    entries = [*[(_stuck(one),) for one in stuck[:SHOWN]], *[(_silent(tx, one),) for one in silent[:SHOWN]]]
    entries += [
        ((Span(f"{people.called(tx, who)} hears nothing until {british(day)}."),),) for who, day in away[:SHOWN]
    ]
    parts: list[Part] = [Text((Bullets(tuple(entries)),))] if entries else []
    buttons = tuple(Button("Pending" if say == "pending" else say, say, what) for what, say in there)
    parts += [Buttons(buttons)] if buttons else []
    return Section("Your list", f"your list: {said}", lead, tuple(parts))


def _stuck(one: tuple[str, str, str]) -> Line:
    return (bold("Not delivered: "), Span(wording.cut(one[2], 140)))


def _silent(tx: Connection, one: reminders.Snoozed) -> Line:
    who = people.called(tx, one.person)
    told = Span(f" {wording.cut(one.reason, 100)}", marking=one.marking)
    return (bold(one.reference), Span(f" snoozed until {british(one.until)} by {who}:"), told)
