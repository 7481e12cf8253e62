"""`digest`: the weekly digest as it would read now, for this person alone."""

from dataclasses import replace

from handlers.ask import Ask, Desk
from handlers.card import Card, Chart
from handlers.digests import weekly
from storage import digests, figures, history, questions

WORDS = ("digest",)
HELP = ("digest", "the week as it stands now")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    with desk.store.read() as tx:
        hidden = questions.hidden(tx, ask.reader(desk))
        schedule = digests.weekly(tx)
        upto = history.last_event_at(tx, ask.now)
        window = digests.window(tx, schedule.id if schedule else None, ask.now, upto)
        counted = figures.count(tx, window, desk.limits, hidden)
    card = weekly.card(counted, desk.limits, desk.slash)
    # a chart that Slack refuses would take the whole of a private answer with it; a post can be sent again without
    return replace(card, private=True, parts=tuple(part for part in card.parts if not isinstance(part, Chart)))
