"""`digest add`: one digest more, to a board's channel, to a strategic lead, or to the liaison each morning."""

import re
from typing import NamedTuple

from handlers import acting, filters, persons, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Line, Span, bold, code, say_lines
from handlers.digests import schedules
from handlers.filters import Wanted, WrongFilter
from handlers.wording import british
from storage import boards, people, questions, record
from storage.digests import BOARD, LEAD, MORNING
from storage.questions import Filters
from storage.record.digests import USUAL, NewDigest, add_digest
from storage.refusals import FieldFaults, NotAllowed, opening
from storage.rules.working_days import OPENS, SHUTS

WORDS = ("digest add",)
HELP = ('digest add here board:"Cyber Board" thu 14:00', "a digest more, to a board, a lead or the liaison")
_DAY = r"(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?"
_WHEN = re.compile(
    rf"(?:(?:^|\s+)(?:on\s+|each\s+)?{_DAY})?(?:(?:^|\s+)(?:at\s+)?(?P<h>\d{{1,2}})[:.](?P<m>\d\d))?\s*\Z", re.I
)
NARROWS = 'board:"Cyber Board"'


class Said(NamedTuple):
    """What was typed: to whom or where and what narrows it, on which weekday at which time ("" where not said)."""

    to: str
    day: str
    time: str


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    try:
        record.admit_at_once(desk.store, ask.actor, "digest add")
        if not rest.strip():
            return _how()
        new = _meant(desk, ask, _said(rest))
        add_digest(desk.store, ask.actor, new)
    except NotAllowed as refusal:
        return schedules.refused("digest add", refusal.sentence)
    except (FieldFaults, WrongFilter) as faults:
        return _not_added(faults.sentence if isinstance(faults, WrongFilter) else str(faults), rest)
    return _added(desk, ask, new)


def _how() -> Card:
    line: Line = (bold(f"{opening('digest add')} "), Span("Say to whom: "), code(HELP[0]), Span(", "))
    line = (*line, code("digest add @user mon"), Span(" or "), code("digest add morning"), Span("."))
    return Card("Not added: to whom?", (say_lines(line), _ALL), ok=False)


_ALL = Buttons((Button("digest list", "digest list", "Every digest"),))


def _not_added(sentence: str, words: str) -> Card:
    line = wording.answer_first(opening("digest add"), sentence.replace("`", ""))
    return Card("Not added", (say_lines(line), *acting.kept(words)), ok=False)


def _said(rest: str) -> Said:
    text = rest.strip().rstrip(".;,")
    found = _WHEN.search(text)
    assert found is not None  # nothing at all is a match too
    time = f"{int(found['h']):02d}:{found['m']}" if found["h"] else ""
    return Said(text[: found.start()].strip(), (found["day"] or "").lower(), time)


def _meant(desk: Desk, ask: Ask, said: Said) -> NewDigest:
    """Raises FieldFaults or WrongFilter for what cannot be switched on."""
    channel = schedules.named(said.to, ask.place)
    if channel:
        return _of_board(desk, ask, channel, said)
    if said.to.startswith("#"):
        raise FieldFaults({"place": f"Choose the channel from the list after #, or say {HELP[0]} in it."})
    if said.time:
        raise FieldFaults(
            {"time": "What goes to a person comes with their message of the day, at the time they chose."}
        )
    me = said.to.lower() == "morning"
    number = ask.person.id if me else persons.meant(desk, ask, said.to)
    return _of_person(desk, ask, number or 0, said, morning=me)


def _of_board(desk: Desk, ask: Ask, channel: schedules.Channel, said: Said) -> NewDigest:
    day, time = said.day or USUAL[0], said.time or USUAL[1]
    if day in {"sat", "sun"}:
        raise FieldFaults({"day": "A digest comes on a working day: mon, tue, wed, thu or fri."})
    if not f"{OPENS:%H:%M}" <= time < f"{SHUTS:%H:%M}" or time[3:] > "59":
        raise FieldFaults({"time": f"Messages come by day. Choose a time from {OPENS:%H:%M} to {SHUTS.hour - 1}:59."})
    wanted = filters.read(channel.rest, ask, desk)
    _refuse_passing(wanted)
    narrowed = boards.narrowed(" ".join(wanted.words), wanted.filters)
    return NewDigest(BOARD, channel.platform, channel.place, day, time, narrowed)


def _refuse_passing(wanted: Wanted) -> None:
    """What narrows a digest stays the same from week to week and for every reader."""
    lasting = "board:, objective:, report:, kind:, scope:, owner: or lead: with a name"
    mine = {"me", "gone"} & {v.lower() for key in ("owner:", "lead:") for v in wanted.chosen.get(key, [])}
    if boards.passing(wanted.filters) or mine:
        raise FieldFaults({"filter": f"A digest is narrowed by what lasts: {lasting}."})
    if wanted.filters == Filters():
        raise FieldFaults({"filter": f"Say what it is about, like {NARROWS}; all of the register is the DCC's digest."})


def _of_person(desk: Desk, ask: Ask, number: int, said: Said, *, morning: bool) -> NewDigest:
    with desk.store.read() as tx:
        roles, called = people.by_number(tx, number).roles, people.called(tx, number)
    if "liaison" in roles and (morning or not said.day):
        return NewDigest(MORNING, person_id=number)
    if morning:
        raise FieldFaults({"person": "The list each morning is the liaison's."})
    if not _leads(desk, ask, number, roles):
        raise FieldFaults({"person": f"{called} is neither a strategic lead nor the liaison."})
    if said.day in {"sat", "sun"}:
        raise FieldFaults({"day": "It comes on a working day: mon, tue, wed, thu or fri."})
    return NewDigest(LEAD, day=said.day or USUAL[0], person_id=number)


def _leads(desk: Desk, ask: Ask, number: int, roles: frozenset[str]) -> bool:
    """By their role, or by an open item that they lead."""
    with desk.store.read() as tx:
        return "lead" in roles or questions.listed(tx, Filters(leads=(number,)), ask.reader(desk), size=1).total > 0


def _added(desk: Desk, ask: Ask, new: NewDigest) -> Card:
    line: Line = (bold("Added. "), *_told(desk, ask, new))
    return Card("Added: one digest more", (say_lines(line), _ALL), saved=True)


def _told(desk: Desk, ask: Ask, new: NewDigest) -> Line:
    if new.person_id is not None:
        with desk.store.read() as tx:
            who = people.called(tx, new.person_id)
        what = "the liaison's list each working day" if new.kind == MORNING else "their portfolio each "
        day = "" if new.kind == MORNING else schedules.DAYS[new.day]
        return (Span(f"{who} gets {what}{day}, with their message of the day."),)
    first = british(schedules.first_day(desk, new.day, ask.now, new.time))
    comes = f"each {schedules.DAYS[new.day]} at {new.time}, first on {first}"
    sentence = f" gets a digest of {boards.kept(new.filter)[0]} {comes}. Add me to it, if I am not in it yet."
    return (schedules.channel(new.place), Span(sentence))
