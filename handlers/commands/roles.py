"""`roles`: who holds what here, since when and why."""

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
from handlers.wording import british
from storage import roles
from storage.fields import london_day
from storage.roles import Held
from storage.rules.permissions import READS_EVERYTHING

WORDS = ("roles", "who is who")
HELP = ("roles", "who is the liaison, who decides")
SHOWN = 15
CALLED = {
    "liaison": "Liaison",
    "dcc": "DCC, who signs off and approves",
    "lead": "Strategic leads",
    "policing_body": "The commissioner's office",
    "audit_committee": "Audit panel",
    "officer": "Officers",
}
WHY = {"settings": "by the settings", "sample": "in the sample register"}


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        every = roles.held(tx)
    sees_all = bool(ask.person.roles & READS_EVERYTHING)
    shown = [role for role in CALLED if sees_all or role in READS_EVERYTHING]
    pieces: list[Lines | Bullets] = []
    for role in shown:
        pieces += _role(role, [one for one in every if one.role == role], sees_all=sees_all)
    parts: tuple[Part, ...] = (Heading(Span("Roles")), Text(tuple(pieces)), *_few(every, sees_all=sees_all))
    who = Buttons((Button("Who am I", "who am I", "As whom you are known here"),))
    return Card("Roles: who holds what", (*parts, who, *((Note((_OTHERS,)),) if sees_all else ())))


_OTHERS: Line = (Span("Whoever is not listed has the role that the settings give to members."),)


def _role(role: str, held: list[Held], *, sees_all: bool) -> list[Lines | Bullets]:
    """The role, how many hold it, and who."""
    head = Lines(((bold(f"{CALLED[role]}: "), Span("nobody" if not held else str(len(held)))),))
    left = len(held) - SHOWN
    entries = [((Span(_entry(one) if sees_all else one.called),),) for one in held[:SHOWN]]
    entries += [((Span(f"and {left} more"),),)] if left > 0 else []
    return [head, Bullets(tuple(entries))] if entries else [head]


def _entry(one: Held) -> str:
    """DCC Ruth Calder, since 2 Oct 2026, by the settings."""
    why = WHY.get(one.why, f"{one.why} by {one.by}" if one.by else one.why)
    away = f", {wording.AWAY_BESIDE[one.away]}" if one.away else ""
    return f"{one.called}{away}, since {british(london_day(one.since))}{f', {why}' if why else ''}"


def _few(every: list[Held], *, sees_all: bool) -> tuple[Text, ...]:
    """Nobody signs off their own, so it takes two who can."""
    able = roles.can_decide(every)
    if len(able) > 1 or not sees_all:
        return ()
    who = f"Only {able[0]} can sign off" if able else "Nobody can sign off"
    line: Line = (bold(f"{who}. "), Span("Nobody signs off their own, so it takes two of the DCC's role: "))
    return (say_lines((*line, code("lightkeeper enrol PERSON dcc"), Span(" at the terminal."))),)
