"""`digest list`: every digest, where and when it comes, each with a button that removes it."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Card, Confirm, Heading, Line, Note, Row, Span, bold, code, say_lines
from handlers.digests import schedules
from handlers.wording import count
from storage import digests, people
from storage.digests import WEEKLY, Schedule
from storage.refusals import HOLDERS, either
from storage.rules.permissions import OF_THE_REGISTER, may_keep

WORDS = ("digest list", "digests")
HELP = ("digest list", "every digest, where and when it comes")
SHOWN = 40


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    if not may_keep("digest here", ask.person.roles):
        return _not_yours(desk)
    with desk.store.read() as tx:
        every = digests.every(tx)
    keeps = may_keep("digest add", ask.person.roles)
    rows = tuple(_row(desk, kept, keeps=keeps) for kept in every[:SHOWN])
    said = count(len(every), "digest") if every else "No digest is on"
    lead: Line = (bold(f"{said}."), Span("" if any(d.kind == WEEKLY for d in every) else f" {_NOWHERE}"))
    more = (say_lines((Span(f"And {len(every) - SHOWN} more."),)),) if len(every) > SHOWN else ()
    return Card(said, (Heading(Span("Digests")), say_lines(lead), *rows, *more, *((_how(desk),) if keeps else ())))


_NOWHERE = "The DCC's comes nowhere yet: say digest here in its channel."


def _not_yours(desk: Desk) -> Card:
    with desk.store.read() as tx:
        names = people.holders(tx, "liaison")
    who = either([HOLDERS[role] for role in sorted(OF_THE_REGISTER["digest here"])])
    said = f"Which digests there are is kept by {who}{f': ask {names[0]}' if names else ''}."
    return Card("Nothing shown", (say_lines(wording.answer_first("Nothing shown.", said)),), ok=False)


def _row(desk: Desk, kept: Schedule, *, keeps: bool) -> Row:
    facts: Line = (*schedules.whom(desk, kept), Span(f" · {schedules.when(kept)} · {schedules.since(desk, kept)}"))
    button = _remove(kept) if keeps and kept.kind != WEEKLY else None
    return Row(kept.name, Span(schedules.called(kept)), facts, button)


def _remove(kept: Schedule) -> Button:
    what = schedules.called(kept)
    ask = Confirm(wording.cut(f"Remove {kept.name}?", 60), wording.cut(f"{what} comes no more.", 200), "Remove")
    return Button("Remove", f"digest remove {kept.name}", f"Remove {kept.name}", confirm=ask)


def _how(desk: Desk) -> Note:
    board, lead = 'digest add here board:"Cyber Board" thu 14:00', "digest add @user mon"
    return Note(((Span("One more: "), code(board), Span(", "), code(lead), Span(" or "), code("digest add morning")),))
