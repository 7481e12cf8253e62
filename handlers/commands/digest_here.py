"""`digest here`: the DCC's digest comes to the channel in which that is said, from now on."""

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, say_lines
from handlers.digests import schedules
from handlers.wording import british
from storage import digests
from storage.record.digests import digest_here
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("digest here",)
HELP = ("digest here", "the DCC's digest comes to this channel")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    platform, place = schedules.channel_of(ask.place)
    if not place:
        return schedules.refused("digest here", "Say it in the channel that the DCC's digest is to come to.")
    try:
        digest_here(desk.store, ask.actor, platform, place, *desk.digest_at)
    except NotAllowed as refusal:
        return schedules.refused("digest here", refusal.sentence)
    except FieldFaults as faults:
        return schedules.refused("digest here", str(faults))
    with desk.store.read() as tx:
        kept = digests.weekly(tx)
    assert kept is not None  # it was said a moment ago
    first = british(schedules.first_day(desk, kept.day, ask.now, kept.time))
    sentence = (
        f"The DCC's digest comes to this channel each {schedules.DAYS[kept.day]} at {kept.time}, next on {first}."
    )
    more = "Add me to it, if I am not in it yet."
    line = wording.answer_first("Changed.", f"{sentence} {more}")
    shown = Buttons((Button("digest list", "digest list", "Every digest"),))
    return Card("Changed: the DCC's digest comes here", (say_lines(line), shown), saved=True)
