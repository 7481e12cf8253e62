"""`post NAME: @user`: who holds a post from now on, or from a day; what is owned by the post goes with it."""

import re
from datetime import date

from handlers import acting, persons, wording
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Line, Span, bold, code, say_lines
from handlers.dates import DoubtfulDate, read_date
from handlers.wording import british, count, moment
from storage import people, posts, record
from storage.record import Done
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("post",)
HELP = ("post NAME: @user", "who holds a post now")
_HOLDER = re.compile(r"(?P<person>.+?)(?:\s+from\s+(?P<day>.+))?\s*\Z", re.DOTALL | re.IGNORECASE)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    name, _, holder = rest.partition(":")
    said = _HOLDER.match(holder.strip())
    try:
        record.admit_at_once(desk.store, ask.actor, "post")
        if said is None or not name.strip():
            return _how(rest)
        day = _day(desk, said["day"], ask.today)
        number = persons.meant(desk, ask, said["person"])
        done = record.pass_on(desk.store, ask.actor, name, number, day)
    except NotAllowed as refusal:
        return _not_saved(refusal.sentence, "")
    except FieldFaults as faults:
        return _not_saved(str(faults), rest)
    return _saved(desk, " ".join(name.split()), number, day, done)


def _how(rest: str) -> Card:
    line: Line = (bold("Not saved. "), Span("Say which post, and who holds it: "), code(f"post NAME{_EXAMPLE}"))
    return Card("Not saved: which post?", (say_lines(line), *acting.kept(rest), _ALL), ok=False)


_ALL = Buttons((Button("Posts", "posts", "Every post"),))
_EXAMPLE = ": @user from 1 Nov 2026"


def _day(desk: Desk, typed: str | None, today: date) -> date:
    """Today, unless another day is named."""
    try:
        return read_date(typed, today, working_day=desk.calendar.working_day) if typed else today
    except DoubtfulDate as fault:
        raise FieldFaults({"date": fault.sentence}) from None


def _not_saved(sentence: str, words: str) -> Card:
    line = wording.answer_first("Not saved.", sentence)
    return Card("Not saved", (say_lines(line), *acting.kept(words)), ok=False)


def _saved(desk: Desk, name: str, holder: int, day: date, done: Done) -> Card:
    """What is so now, and what went with the post."""
    with desk.store.read() as tx:
        called, post = people.called(tx, holder), posts.named(tx, name)
    name = post.name if post else name
    verb = "goes" if done.items == 1 else "go"
    items = f"{count(done.items, 'open item')} {verb} with it" if done.items else "no open item goes with it"
    sentence = f"{called} holds the post {name} since {british(day)}; {items}. In the register, {moment(done.at)}."
    return Card(f"Saved: {name}", (say_lines(wording.answer_first("Saved.", sentence)), _ALL), saved=True)
