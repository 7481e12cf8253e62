"""The liaison's list, in `mine` and in their message of the day: what nobody owns, nobody checked, nobody got."""

from handlers import wording
from handlers.ask import Desk
from handlers.card import Bullets, Button, Buttons, Line, Part, Span, Text, bold
from handlers.digests.section import Section
from handlers.wording import british, count
from storage import keeping, outbox, reminders
from storage.keeping import Keeping
from storage.questions import Reader
from storage.reminders import Paused, Snoozed

SHOWN = 5


def section(desk: Desk, reader: Reader) -> Section:
    """What waits for who keeps the register, each with the words that list it; that nothing does is said aloud."""
    with desk.store.read() as tx:
        waits, stuck = keeping.waiting(tx, reader), outbox.blocked(tx, desk.store.clock())
        silent, paused = reminders.snoozed(tx, reader.today), reminders.paused(tx, reader.today)
    words = [what for what, _ in _waiting(waits)]
    words += [f"{count(len(stuck), 'message')} not delivered"] if stuck else []
    words += [f"{count(len(silent), 'item')} snoozed"] if silent else []
    words += [f"{count(len(paused), 'person has', 'people have')} paused"] if paused else []
    said = ", ".join(words) or "nothing to allocate, nobody gone, no evidence to check"
    entries = [_stuck(trouble) for _, _, trouble in stuck[:SHOWN]]
    entries += [_silent(one) for one in silent[:SHOWN]] + [_paused(one) for one in paused[:SHOWN]]
    parts: list[Part] = [Text((Bullets(tuple((line,) for line in entries)),))] if entries else []
    lead: Line = (bold("For you as the liaison:"), Span(f" {said}."))
    return Section("Your list", f"your list: {said}", lead, (*parts, *_buttons(waits)))


def _waiting(waits: Keeping) -> list[tuple[str, str]]:
    """What there is of it, and the words that list it."""
    told = (
        (waits.to_allocate, "awaiting allocation", "list status:awaiting_allocation"),
        (waits.gone, "whose owner has left", "list owner:gone"),
        (waits.to_check, "with evidence to check", "pending"),
    )
    return [(f"{number:,} {what}", say) for number, what, say in told if number]


def _buttons(waits: Keeping) -> tuple[Buttons, ...]:
    """A button for each kind that there is."""
    shown = tuple(Button("Pending" if say == "pending" else say, say, what) for what, say in _waiting(waits))
    return (Buttons(shown),) if shown else ()


def _stuck(trouble: str) -> Line:
    return (bold("Not delivered:"), Span(f" {wording.cut(trouble, 140)}"))


def _silent(one: Snoozed) -> Line:
    reason = Span(f" {wording.cut(one.reason, 100)}", marking=one.marking)
    return (bold(one.reference), Span(f" snoozed until {british(one.until)} by {one.who}:"), reason)


def _paused(one: Paused) -> Line:
    return (bold(one.who), Span(f" hears nothing until {british(one.until)}."))
