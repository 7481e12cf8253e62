"""`digest`: the weekly digest as it would read now, for this person alone."""

from dataclasses import replace

from handlers.ask import Ask, Desk
from handlers.card import Card
from handlers.digests import weekly
from storage import digests, figures, history, questions

WORDS = ("digest",)
HELP = ("digest", "the week as it stands now")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        hidden = questions.hidden(tx, ask.reader(desk))
        schedule = next(iter(digests.schedules(tx)), None)
        upto = history.last_event_at(tx, ask.now)
        window = digests.window(tx, schedule.id if schedule else None, ask.now, upto)
        counted = figures.count(tx, window, desk.limits, hidden)
    return replace(weekly.card(counted, desk.limits, desk.slash), private=True)
