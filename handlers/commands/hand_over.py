"""`hand over @a to @b`: what one person has on them goes to another, after a preview that counts it."""

import re

from handlers import acting, persons, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Heading, Line, Note, Part, Span, bold, code, say_lines
from handlers.wording import count, moment
from storage import people, record
from storage.record import Done, Load
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("hand over", "handover")
HELP = ("hand over @a to @b", "everything of one person to another")
SHOWN = 10
_SAID = re.compile(
    r"(?P<giver>.+?)\s+to\s+(?P<taker>[^:]+?)\s*"
    r"(?::\s*all\s+(?P<items>\d{1,6})(?:\s+and\s+(?P<posts>\d{1,4})\s+posts?)?\s*)?\Z",
    re.DOTALL | re.IGNORECASE,
)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said = _SAID.match(rest.strip())
    try:
        record.admit_at_once(desk.store, ask.actor, "hand over")
        if said is None:
            return _how(rest)
        giver, taker = persons.known(desk, ask, said["giver"]), persons.meant(desk, ask, said["taker"])
        if giver == taker:
            raise FieldFaults({"person": "That is one and the same person. Name two."})
        if said["items"] is None:
            return _preview(desk, giver, taker)
        return _carried(desk, ask, giver, taker, (int(said["items"]), int(said["posts"] or 0)))
    except NotAllowed as refusal:
        return _not_handed_over(refusal.sentence, "")
    except FieldFaults as faults:
        return _not_handed_over(str(faults), rest)


def _how(rest: str) -> Card:
    line: Line = (bold("Not handed over. "), Span("Say from whom to whom: "), code("hand over @a to @b"), Span("."))
    return Card("Not handed over: from whom to whom?", (say_lines(line), *acting.kept(rest)), ok=False)


def _not_handed_over(sentence: str, words: str) -> Card:
    line = wording.answer_first("Not handed over.", sentence)
    return Card("Not handed over", (say_lines(line), *acting.kept(words)), ok=False)


# --- before ---------------------------------------------------------------------------------------------------------


def _preview(desk: Desk, giver: int, taker: int, first: str = "") -> Card:
    """What would go, and one button; where there is nothing, that."""
    with desk.store.read() as tx:
        load = record.load_of(tx, giver)
        names = people.called(tx, giver), people.called(tx, taker)
    if not (load.items or load.posts):
        said = f"{names[0]} has no open items and holds no post."
        return _nothing(first, said)
    what = _what(load.items, len(load.posts))
    lines: list[Line] = [wording.answer_first("Nothing handed over yet.", first)] if first else []
    lines.append((bold(what), Span(f" would go from {names[0]} to {names[1]}:")))
    lines += [_tie(label, refs) for label, refs in _ties(load) if refs]
    words = f"hand over {persons.token(desk, giver)} to {persons.token(desk, taker)}: all {_counted(load)}"
    button = Button(f"Hand over {what}", words, f"Hand over {what} from {names[0]} to {names[1]}", True)
    note = Note(((Span("Open items only, sensitive ones included; what has ended stays. Only you see this."),),))
    parts: tuple[Part, ...] = (Heading(Span("Hand over")), say_lines(*lines), Buttons((button,)), note)
    return Card(f"Hand over {what} from {names[0]} to {names[1]}?", parts, ok=not first)


def _nothing(first: str, said: str) -> Card:
    line = wording.answer_first("Nothing to hand over.", f"{first} {said}".strip())
    return Card("Nothing to hand over", (say_lines(line),), ok=not first)


def _what(items: int, posts: int) -> str:
    """12 items and 1 post."""
    told = [count(items, "item")] if items else []
    return " and ".join(told + ([count(posts, "post")] if posts else []))


def _counted(load: Load) -> str:
    return f"{load.items} and {count(len(load.posts), 'post')}" if load.posts else str(load.items)


def _ties(load: Load) -> tuple[tuple[str, list[str]], ...]:
    return (("Owns", load.owns), ("Delegate of", load.delegate), ("Leads", load.leads), ("Holds", load.posts))


def _tie(label: str, names: list[str]) -> Line:
    """Owns 12: the first ten, and 2 more."""
    left = len(names) - SHOWN
    more = f" and {left} more" if left > 0 else ""
    return (bold(f"{label} {len(names)}: "), Span(f"{', '.join(names[:SHOWN])}{more}"))


# --- after ----------------------------------------------------------------------------------------------------------


def _carried(desk: Desk, ask: Ask, giver: int, taker: int, seen: tuple[int, int]) -> Card:
    """Done as it was seen, or the preview of how it stands now."""
    try:
        done = record.hand_over(desk.store, ask.actor, giver, taker, *seen)
    except FieldFaults:
        return _preview(desk, giver, taker, f"It was {_what(*seen) or 'nothing'} when that was counted.")
    return _done(desk, ask, giver, taker, done)


def _done(desk: Desk, ask: Ask, giver: int, taker: int, done: Done) -> Card:
    with desk.store.read() as tx:
        before, after = people.called(tx, giver), people.called(tx, taker)
    hears = "" if taker == ask.person.id else f" {after} hears of it in one message."
    sentence = f"{_what(done.items, done.posts)} went from {before} to {after}, {moment(done.at)}.{hears}"
    words = f"list owner:{persons.token(desk, taker)}"
    button = Button(words, words, f"What {after} owns")
    parts = (say_lines(wording.answer_first("Handed over.", sentence)), Buttons((button,)))
    return Card(f"Handed over: {_what(done.items, done.posts)}", parts, saved=True)
