"""`help`: what can be said, for this person, with examples from the register."""

from collections.abc import Callable
from types import ModuleType

from handlers import wording
from handlers.ask import Ask, Desk
from handlers.card import (
    Bullets,
    Button,
    Buttons,
    Card,
    Heading,
    Line,
    Lines,
    Note,
    Span,
    Text,
    bold,
    code,
    say_lines,
)
from storage import questions
from storage.questions import Filters
from storage.refusals import HOLDERS, holders
from storage.rules.permissions import MAY_DO
from storage.rules.reminders import PAUSE_MOST, SNOOZE_MOST

WORDS = ("help", "?")
HELP = ("help", "this list")
ANY = "CYBER19-A1"


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    topic = TOPICS.get(rest.strip().lower())
    return topic(desk) if topic else _all(desk, ask)


def _all(desk: Desk, ask: Ask) -> Card:
    from handlers.commands import SEE, TO_DECIDE  # the list of commands knows this module

    example, owned = _example(desk, ask)
    decides = bool(ask.person.roles & {"dcc", "liaison"})
    see = tuple(_line(group, example) for group in (*SEE, *(TO_DECIDE if decides else ())))
    do = tuple(_line(group, example) for group in _acts(ask, owned))
    first = (Span("Type "), code(desk.slash), Span(" and then:")) if desk.slash else (Span("Write to me:"),)
    text = Text((Lines((first, (bold("See"),))), Bullets(see), Lines(((bold("Do"),),)), Bullets(do)))
    roles = wording.joined([wording.ROLE[r] for r in sorted(ask.person.roles)])
    own = wording.count(owned, "open item") if owned else "no open items"
    said = Span(f"You are {roles} here and own {own}; "), code("who am I"), Span(". Answers are seen by you alone.")
    buttons = [Button("Mine", "mine", "Show what you owe", True)]
    buttons += [Button(name.capitalize(), f"help {name}", f"Help on {name}") for name in TOPICS]
    parts = (Heading(Span("What you can say")), text, Buttons(tuple(buttons)), Note((said,)))
    return Card("Lightkeeper: what you can ask, and what you can do", parts)


def _acts(ask: Ask, owned: int) -> tuple[tuple[ModuleType, ...], ...]:
    """The few that this person needs most; `help acts` has every one."""
    from handlers.commands import DECIDE, DO, KEEP, comments

    if "dcc" in ask.person.roles and not owned:
        return (*DECIDE, DO[-1])
    if "liaison" in ask.person.roles:
        return (DO[0], KEEP[0], DO[-1])
    if "policing_body" in ask.person.roles and not owned:
        return ((comments,), DO[-1])
    return DO if owned or "lead" in ask.person.roles else DO[-1:]


def _every_act(desk: Desk) -> Card:
    """Every act, and who may do it."""
    from handlers.commands import ACTS, add_report, comments

    whose = {module: holders(module.WORDS[0]) for module in ACTS if module.WORDS[0] in MAY_DO}
    whose |= {add_report: HOLDERS["liaison"], comments: HOLDERS["policing_body"]}
    entries = tuple(
        ((code(module.HELP[0].replace("{reference}", ANY)), Span(f" {module.HELP[1]} ({who})")),)
        for module, who in whose.items()
    )
    said = "Each can be pressed on a card or typed. Nobody decides on their own item or their own request."
    parts = (Heading(Span("Acts")), say_lines((Span(said),)), Text((Bullets(entries),)), _ways_on(("pending", "mine")))
    return Card("Help on acts", parts)


def _example(desk: Desk, ask: Ask) -> tuple[str, int]:
    """A reference that this person would know, and how many open items they own."""
    reader = ask.reader(desk)
    with desk.store.read() as tx:
        own = questions.listed(tx, Filters(owners=(ask.person.id or -1,)), reader, size=1)
        any_ = own if own.total else questions.listed(tx, Filters(), reader, size=1)
    return (any_.rows[0].reference if any_.rows else ANY), own.total


def _line(group: tuple[ModuleType, ...], example: str) -> tuple[Line, ...]:
    """The words of a few commands, and what one gets for them."""
    line: Line = ()
    for module in group:
        line = (*line, *((Span("  "),) if line else ()), code(module.HELP[0].replace("{reference}", example)))
    return ((*line, Span(f" {', '.join(module.HELP[1] for module in group)}")),)


def _filters(desk: Desk) -> Card:
    lines = (
        ("list custody", "a word that occurs; “a phrase” in quotes"),
        ("list status:pending_sign_off", "or awaiting_allocation, in_progress, disputed, complete"),
        ("list rag:red", "or amber, white, green; blue has ended"),
        ("list kind:afi", "or recommendation, cause, action"),
        ("list report:CYBER19", "one report"),
        ("list owner:me", "or none, gone (has left), or an address"),
        ('list board:"Cyber Board"', "or objective:; boards and objectives give their names"),
        ("list due<2026-12-31", "due before that day; due:14d in the next 14 days"),
        ("list stale:28d", "no update for 28 days"),
        ("list sort:reference", "or due, updated"),
    )
    said = "Different filters narrow, the same one twice widens. A list shows open items unless you ask for others."
    return _topic("Filters", lines, said, ("list rag:red", "list owner:me", "list kind:afi"))


def _dates(desk: Desk) -> Card:
    lines = (
        ("2027-04-03", "year, month, day"),
        ("3/4/2027", "day before month: 3 April 2027"),
        ("3 Apr", "the next such day from today on"),
        ("friday", "the next Friday"),
        ("in 2 weeks", "days, weeks, months or working days"),
        ("end of month", "its last day"),
    )
    said = "Anything doubtful is asked again, never guessed."
    return _topic("Dates", lines, said, ("due 14d", "list due<31/12/2026"))


def _colours(desk: Desk) -> Card:
    soon, stale = desk.limits
    told = (
        ("Blue", "ended: complete, no action or superseded"),
        ("Red", "declared off track, or overdue"),
        ("White", "waits on another body"),
        ("Amber", f"due in the next {soon} days, no update for {stale} days, no date, or extended twice"),
        ("Green", "otherwise"),
    )
    entries = tuple(((Span(colour, "colour"), Span(f" {means}")),) for colour, means in told)
    parts = (Heading(Span("Colours")), say_lines((Span("Nobody types a colour. The first that fits:"),)))
    return Card("Help on colours", (*parts, Text((Bullets(entries),)), _ways_on(("list rag:red", "list rag:amber"))))


def _reminders(desk: Desk) -> Card:
    lines = (
        ("reminders", "what comes to you, and at which time"),
        ("reminders at 14:00", "another time, from 08:00 to 17:59"),
        ("reminders pause until friday", f"silence for at most {PAUSE_MOST} days; what came up comes then"),
        ("reminders on", "the pause ends"),
        (f"snooze {ANY} in 5 working days: why", f"no reminder of one item, for at most {SNOOZE_MOST} days"),
        (f"no change {ANY}: why", "the answer to the question whether it is as it was"),
    )
    said = (
        "One message a day at most, on working days, with all that needs you. What you have just updated is not in it."
    )
    return _topic("Reminders", lines, said, ("reminders", "mine"))


def _digests(desk: Desk) -> Card:
    lines = (
        ("digest", "the week as it stands now, for you alone"),
        ("digest 23 Nov 2026", "the digest of then, as it was sent (the DCC, the liaison)"),
        ("seen", "you have seen the latest; the next one says so"),
        ("digest here", "the DCC's digest comes to this channel from now on"),
        ('digest add here board:"Cyber Board" thu 14:00', "a digest of what a board looks after"),
        ("digest add @user mon", "a lead's portfolio, in their message of the day"),
        ("digest add morning", "the liaison's list, each working day"),
        ("digest list", "every digest, each with a button that removes it"),
    )
    said = "Who reads in a board's channel sees the board's items alone. Digests are added and removed by the liaison."
    return _topic("Digests", lines, said, ("digest", "digest list"))


def _topic(title: str, lines: tuple[tuple[str, str], ...], said: str, examples: tuple[str, ...]) -> Card:
    entries = tuple(((code(words), Span(f" {gets}")),) for words, gets in lines)
    parts = (Heading(Span(title)), say_lines((Span(said),)), Text((Bullets(entries),)), _ways_on(examples))
    return Card(f"Help on {title.lower()}", parts)


def _ways_on(examples: tuple[str, ...]) -> Buttons:
    """Buttons that say the examples, and the way back."""
    run = tuple(Button(words, words, f"Run {words}") for words in examples)
    return Buttons((*run, Button("Help", "help", "All of the help")))


TOPICS: dict[str, Callable[[Desk], Card]] = {
    "acts": _every_act,
    "filters": _filters,
    "dates": _dates,
    "colours": _colours,
    "reminders": _reminders,
    "digests": _digests,
}
