"""The stories that every door tells, and the one player of them: each step is done at each door and read there."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from handlers.commands.help import TOPICS
from tests.parity.doors import CHANNEL, ME, TYPED, Door
from tests.parity.reading import Seen

R2, A3, KIT, QUIET, SECRET = "CUST26-R2", "CUST26-A3", "STALK25-R2", "STALK25-R3", "CUST26-A7"
LINK = "https://intranet.trentshire.example/audit"
NOTE = "All teams <b>trained</b> & *checked* {{DATE(2026-11-20)}}: :red_circle: `now`."


class Says(NamedTuple):
    who: str
    words: str
    where: str = ME


class Presses(NamedTuple):
    """A button of what they see."""

    who: str
    label: str
    about: str = ""


class Sends(NamedTuple):
    """The form that they see, with some of its fields filled in."""

    who: str
    values: Mapping[str, str]


class At(NamedTuple):
    """It is that moment, and what has to happen by schedule happens."""

    when: str


class Hears(NamedTuple):
    """The last that they were told without asking."""

    who: str


class Digest(NamedTuple):
    """What stands in the DCC's channel."""

    who: str


Step = Says | Presses | Sends | At | Hears | Digest

STORIES: dict[str, tuple[Step, ...]] = {
    "ask": (
        Says("owen", "mine"),
        Says("lia", "mine"),
        Says("tess", "mine"),
        Says("owen", "overdue"),
        Says("owen", "due 14d"),
    ),
    "filter": (
        Says("owen", "list report:CUST26 rag:red"),
        Presses("owen", "Details", A3),
        Says("lia", "list sort:reference"),
        Says("lia", "find custody"),
    ),
    "wrong filter": (Says("owen", "list rag:purple"), Presses("owen", "list rag:red"), Says("owen", "list colour:red")),
    "card": (Says("owen", R2), Presses("owen", "History"), Says("lia", "CUST26"), Says("owen", "CUST26-X9")),
    "update with an error and then right": (
        Says("owen", R2),
        Presses("owen", "Update"),
        Sends("owen", {"note": NOTE, "forecast": "2026-11-03"}),
        Sends("owen", {"forecast": "2026-12-11"}),
        Says("owen", R2),
        Says("owen", f"update {R2}"),
        Sends("owen", {"note": "Two teams are still away."}),
        Says("owen", f"update {R2}: {NOTE}"),
    ),
    "stale card": (
        Says("owen", R2),
        Says("marcus", f"update {R2}: The board asked for a date."),
        Presses("owen", "Update"),
        Presses("owen", "Update"),
        Says("owen", R2),
        Presses("owen", "Update"),
        Says("marcus", f"update {R2}: And for a name."),
        Sends("owen", {"note": NOTE}),
        Sends("owen", {}),
    ),
    "refused": (
        Says("ana", f"update {R2}: I take this over."),
        Says("ana", f"update {R2}"),
        Says("owen", f"sign off {KIT}"),
        Says("owen", f"assign {R2} ana.brook@trentshire.example"),
        Says("owen", "digest list"),
        Says("owen", "hello there"),
        Says("owen", "updat CUST26-R2"),
    ),
    "sensitive item": (
        Says("ana", SECRET),
        Says("ana", f"update {SECRET}: I know of it."),
        Says("owen", SECRET),
        Says("ana", "list report:CUST26"),
        Says("lia", "list report:CUST26"),
    ),
    "sign-off": (
        Says("owen", R2),
        Presses("owen", "Ask for sign-off"),
        Sends("owen", {"done": "Every form is finished in time.", "evidence": "see the S drive"}),
        Sends("owen", {"evidence": LINK}),
        Says("ruth", "pending"),
        Says("ruth", R2),
        Presses("ruth", "Sign off"),
        Says("owen", R2),
    ),
    "ready for sign-off": (
        Says("owen", f"update {A3}"),
        Sends("owen", {"status": "complete", "note": "The yard is open each day."}),
        Sends("owen", {"evidence": LINK}),
        Says("ruth", f"send back {A3}"),
        Sends("ruth", {"reason": "Show the rota of a weekend."}),
    ),
    "extension": (
        Says("owen", A3),
        Presses("owen", "Ask for extension"),
        Sends("owen", {"date": "2026-11-03", "reason": "Two fences are late."}),
        Sends("owen", {"date": "2026-12-18"}),
        Says("ruth", A3),
        Presses("ruth", "Approve"),
        Says("ruth", f"refuse {A3}: Not twice."),
    ),
    "who answers": (
        Says("lia", f"assign {A3}"),
        Sends("lia", {"person": "@ana"}),
        Says("lia", "posts"),
        Says("lia", "roles"),
    ),
    "digest": (
        Says("marcus", "digest here", CHANNEL),
        Says("lia", "digest here", CHANNEL),
        Says("lia", "digest list"),
        Says("ruth", "digest"),
        Says("dana", "mine"),
        At("2026-11-23 09:00"),
        Digest("ruth"),
    ),
    "reminder": (
        At("2026-11-23 09:40"),
        Hears("dana"),
        Presses("dana", "No change", QUIET),
        Sends("dana", {"note": "It waits for the new search tool."}),
        Says("dana", "reminders"),
        Presses("dana", "Pause for a week"),
        Says("dana", f"snooze {QUIET}"),
    ),
    "help": (
        Says("owen", "help"),
        Says("ruth", "help"),
        *(Says("lia", f"help {topic}".strip()) for topic in ("", *TOPICS)),
    ),
}


def differences(doors: list[Door], steps: tuple[Step, ...]) -> Iterator[str]:
    """What is said differently at the doors, step by step; the first one is what the others are held to."""
    seen: dict[tuple[str, str], Seen] = {}
    for step in steps:
        now = max(door.clock() for door in doors) + timedelta(minutes=1)
        for door in doors:
            door.clock.now = now
        told = {door.name: _done(door, step, seen) for door in doors}
        if isinstance(step, At):
            continue
        for name, one in told.items():
            assert one is not None
            seen[name, step.who] = one
        yield from _unlike(step, doors, {name: one for name, one in told.items() if one})


def _done(door: Door, step: Step, seen: Mapping[tuple[str, str], Seen]) -> Seen | None:
    if isinstance(step, At):
        door.at(step.when)
        return None
    if isinstance(step, Says):
        return door.says(step.who, step.words, step.where)
    if isinstance(step, Hears):
        return door.hears(step.who)
    if isinstance(step, Digest):
        return door.digest()
    before = seen[door.name, step.who]
    if isinstance(step, Presses):
        return door.presses(step.who, before, step.label, step.about)
    return door.sends(step.who, before, step.values)


def _unlike(step: Step, doors: list[Door], told: Mapping[str, Seen]) -> Iterator[str]:
    """Held to one another: the forms where there are any, and all else everywhere.

    Where there are no forms, a sentence stands in their place, and what is wrong in one is said alone.
    """
    with_forms = [told[door.name] for door in doors if door.forms]
    form = any(one.form or one.faults for one in with_forms)
    first = with_forms[0] if form else told[doors[0].name]
    for door in doors:
        one = told[door.name]
        if form and not door.forms:
            yield from _no_sentence(step, door, one, first)
            continue
        for what in ("form", "faults") if form and first.faults else ("form", "text", "buttons"):
            mine, theirs = getattr(one, what), getattr(first, what)
            if mine != theirs and not (what == "buttons" and isinstance(step, Digest)):
                yield f"{step}: {what} at {door.name}: {_apart(mine, theirs)}"


def _no_sentence(step: Step, door: Door, one: Seen, form: Seen) -> Iterator[str]:
    if one.faults != form.faults:
        yield f"{step}: {door.name} finds {one.faults} wrong, and not {form.faults}"
    if not one.text or (isinstance(step, Says | Presses) and TYPED not in one.text):
        yield f"{step}: {door.name} has no sentence for a form, but {one.text!r}"


def _apart(mine: Any, theirs: Any) -> str:
    """Where two begin to be unlike."""
    if not isinstance(mine, str):
        return f"{mine} and not {theirs}"
    pairs = enumerate(zip(mine, theirs, strict=False))
    alike = next((number for number, (one, other) in pairs if one != other), min(len(mine), len(theirs)))
    start = max(alike - 60, 0)
    return f"...{mine[start : alike + 90]!r} and not ...{theirs[start : alike + 90]!r}"
