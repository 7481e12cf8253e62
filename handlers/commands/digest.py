"""`digest`: the weekly digest as it would read now, for this person alone; with a day, that day's as it was sent."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import Card, Chart, say_lines
from handlers.dates import DoubtfulDate, read_date
from handlers.digests import weekly
from handlers.wording import british
from storage import beside, digests, figures, history, questions
from storage.digests import Kept
from storage.refusals import HOLDERS, either
from storage.rules.permissions import READS_EVERYTHING

WORDS = ("digest",)
HELP = ("digest", "the week as it stands now; with a day, the digest of then")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    return _then(desk, ask, rest) if rest.strip(" .") else _now(desk, ask)


def _now(desk: Desk, ask: Ask) -> Card:
    with desk.store.read() as tx:
        hidden = questions.hidden(tx, ask.reader(desk))
        schedule = digests.weekly(tx)
        upto = history.last_event_at(tx, ask.now)
        window = digests.window(tx, schedule.id if schedule else None, ask.now, upto)
        counted = figures.count(tx, window, desk.limits, hidden)
        more = beside.of_digest(tx, schedule.id if schedule else 0, "", counted, window, desk.limits, hidden)
    card = weekly.card(counted, desk.limits, desk.slash, more)
    # a chart that a chat refuses would take the whole of a private answer with it; a post can be sent again without
    return replace(card, private=True, parts=tuple(part for part in card.parts if not isinstance(part, Chart)))


def _then(desk: Desk, ask: Ask, rest: str) -> Card:
    """A past digest, byte for byte as it was kept when it was sent."""
    if not ask.person.roles & READS_EVERYTHING:
        who = either([HOLDERS[role] for role in sorted(READS_EVERYTHING)])
        return _none(f"Only {who} can see earlier digests.")
    try:
        day = read_date(rest, ask.today)
    except DoubtfulDate as doubt:
        return _none(doubt.sentence)
    if day > ask.today:
        return _none(f"{british(day)} has not come yet. Name the day with its year, like digest {british(ask.today)}.")
    found = _kept(desk, day)
    if found is None:
        return _none(f"No digest was written by {british(day)}.")
    when = british(desk.calendar.today(found.run.due))
    if not found.payload:
        return _none(f"The words of the digest of {when} have been erased; that it was sent stays in the register.")
    return Card(f"The digest of {when}", kept=found.payload)


def _kept(desk: Desk, day: date) -> Kept | None:
    """The digest that was due last by the end of that day."""
    end = datetime.combine(day + timedelta(days=1), time(), desk.calendar.zone)
    with desk.store.read() as tx:
        schedule = digests.weekly(tx)
        return digests.kept(tx, schedule.id, end) if schedule else None


def _none(sentence: str) -> Card:
    return Card("Nothing shown", (say_lines(wording.answer_first("Nothing shown.", sentence)),), ok=False)
