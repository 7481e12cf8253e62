"""COMMANDS: the only list of what can be said, and the one parser that every door goes through."""

import difflib
from dataclasses import replace
from types import ModuleType

from handlers import filters, wording
from handlers.ask import Ask, Desk, sound, tidied
from handlers.card import Button, Buttons, Card, Line, Span, code, say_lines, shown_in
from handlers.commands import (
    accept,
    add,
    add_report,
    approve,
    assign,
    boards,
    close,
    comments,
    complete,
    delegate,
    digest,
    digest_add,
    digest_here,
    digest_list,
    digest_remove,
    dispute,
    download,
    due,
    edit,
    extend,
    find,
    hand_over,
    help,
    history,
    list_items,
    mine,
    no_action,
    no_change,
    objectives,
    overdue,
    pending,
    post,
    posts,
    refuse,
    reminders,
    reopen,
    report,
    reports,
    roles,
    seen,
    send_back,
    show,
    sign_off,
    snooze,
    supersede,
    target,
    update,
    verify,
    waiting_on,
    who_am_i,
    withdraw,
)
from storage import people
from storage.rules import references

SEE: tuple[tuple[ModuleType, ...], ...] = ((mine,), (overdue, due), (show,), (find,), (list_items,), (reports, report))
TO_DECIDE: tuple[tuple[ModuleType, ...], ...] = ((pending, digest),)
DO: tuple[tuple[ModuleType, ...], ...] = ((update,), (complete, extend), (history,))
DECIDE: tuple[tuple[ModuleType, ...], ...] = ((sign_off, send_back), (approve, refuse))
KEEP: tuple[tuple[ModuleType, ...], ...] = (
    (assign, delegate),
    (post, hand_over),
    (verify,),
    (close,),
    (supersede, dispute, accept),
    (add, add_report),
    (edit, comments),
)
DIGESTS = (digest_here, digest_add, digest_remove, seen)
RARE = (reopen, target, waiting_on, no_action, withdraw, no_change, snooze)
ACTS: tuple[ModuleType, ...] = (
    *(m for group in (*DO, *DECIDE, *KEEP) for m in group if m is not history),
    *RARE,
    *DIGESTS,
)
COMMANDS: tuple[ModuleType, ...] = (
    *(m for group in (*SEE, *TO_DECIDE, *DO, *DECIDE, *KEEP) for m in group),
    *RARE,
    *DIGESTS,
    digest_list,
    download,
    posts,
    roles,
    boards,
    objectives,
    reminders,
    who_am_i,
    help,
)
_BY_WORD = {word: module for module in COMMANDS for word in module.WORDS}
_LONGEST = max(word.count(" ") + 1 for word in _BY_WORD)
NEVER_KNOWN_AS = 40


def answer(desk: Desk, ask: Ask) -> Card:
    """What the person gets for their words; every door calls this and nothing else.

    Raises StoreFault when the register does not answer.
    """
    ask = _sound(ask)
    if ask.outside or not ask.person.roles:
        return shut_out(desk, ask)
    words = tidied(ask.words)
    module, rest = understood(words)
    card: Card = module.answer(desk, ask, rest) if module else _unknown_word(words)
    return shown_in(card, cleared=card.private)


def _sound(ask: Ask) -> Ask:
    """Words that can be kept: half a character becomes a question mark, a NUL goes."""
    form = None if ask.form is None else {name: sound(value) for name, value in ask.form.items()}
    return replace(ask, words=sound(ask.words), form=form)


def understood(words: str) -> tuple[ModuleType | None, str]:
    """The command that words begin with and what follows it; a bare reference shows it, nothing asks for `mine`."""
    if not words.strip(" .!"):
        return mine, ""
    parts = words.split(None, _LONGEST)
    for length in range(min(_LONGEST, len(parts)), 0, -1):
        said = " ".join(parts[:length]).lower().strip(".,;!")
        module = _BY_WORD.get(said) or _BY_WORD.get(said.rstrip("?:"))
        if module:
            return module, words.split(None, length)[length].strip() if len(parts) > length else ""
    if filters.begins(words):
        return list_items, words
    if len(parts) == 1 and references.is_reference(references.tidied(words)):
        return show, words
    return None, ""


def reads(words: str) -> bool:
    """Whether words only read; what changes something is never said again to draw a card anew."""
    return understood(tidied(words))[0] not in ACTS


def shut_out(desk: Desk, ask: Ask) -> Card:
    """One sentence for whoever is not let in; nothing in it hints at what others have."""
    with desk.store.read() as tx:
        liaison = next(iter(people.holders(tx, "liaison")), "")
    why = ask.outside or "you hold no role in it"
    who = f" {liaison}, liaison, can tell you more." if liaison else ""
    line = wording.answer_first("Nothing shown.", f"The register is for members of {desk.force}, and {why}.{who}")
    return Card("Nothing shown", (say_lines(line),), ok=False)


def _unknown_word(words: str) -> Card:
    first = wording.cut(words.split()[0], NEVER_KNOWN_AS)
    meant = _nearest(words)
    line: Line = (Span("I do not know the word "), code(first), Span("."))
    if meant:
        line = (*line, Span(" Did you mean one of these?" if len(meant) > 1 else " Did you mean this?"))
    else:
        line = (*line, Span(" To look for it among the items, press the first button."))
    buttons = [Button(wording.cut(said, 60), said, said) for said in meant]
    buttons = buttons or [Button(f"list {first}", f"list {first}", f"Items with the word {first}")]
    buttons += [] if "help" in meant else [_HELP]
    return Card(f"I do not know the word “{first}”", (say_lines(line), Buttons(tuple(buttons))), ok=False)


def _nearest(words: str) -> list[str]:
    """At most two ways to say it with a word that is known: of several words before of one."""
    for length in range(_LONGEST, 0, -1):
        parts = words.split(None, length)
        known = [word for word in _BY_WORD if word.count(" ") == length - 1]
        near = difflib.get_close_matches(" ".join(parts[:length]).lower(), known, 2, 0.7)
        if near:
            return [" ".join([word, *parts[length:]]).strip() for word in near]
    return []


_HELP = Button("Help", "help", "Help")
