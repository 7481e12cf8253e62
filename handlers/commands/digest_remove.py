"""`digest remove NAME`: a digest that was added comes no more."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, say_lines
from handlers.digests import schedules
from storage import digests
from storage.digests import WEEKLY
from storage.record.digests import remove_digest
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("digest remove",)
HELP = ("digest remove board-1", "that digest comes no more")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    name = rest.strip().rstrip(".").lower()
    if name == WEEKLY:
        return schedules.refused("digest remove", "The DCC's digest stays; to move it, say digest here in a channel.")
    with desk.store.read() as tx:
        found = next((kept for kept in digests.every(tx) if kept.name == name), None)
    try:
        remove_digest(desk.store, ask.actor, name)
    except NotAllowed as refusal:
        return schedules.refused("digest remove", refusal.sentence)
    except FieldFaults as faults:
        return schedules.refused("digest remove", str(faults))
    what = schedules.called(found) if found else name
    line = wording.answer_first("Removed.", f"{name} comes no more: {what}.")
    shown = Buttons((Button("digest list", "digest list", "Every digest"),))
    return Card(f"Removed: {name}", (say_lines(line), shown), saved=True)
