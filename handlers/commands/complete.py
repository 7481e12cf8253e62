"""`complete REF`: ask for sign-off, with what was done and a link that shows it."""

import re
from collections.abc import Mapping
from datetime import date

from handlers import wording
from handlers.ask import Ask, Desk, Told
from handlers.card import Card, Field, Form, Line, Lines, Span, Text, bold, code, say_lines
from handlers.commands import show, update
from handlers.wording import details_button, item_row
from storage import questions, record
from storage.questions import Whole
from storage.record import Saved
from storage.refusals import FieldFaults, NotAllowed

WORDS = ("complete",)
HELP = ("complete {reference}", "ask for sign-off")
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said, item = show.asked_for(desk, ask, rest)
    if item is None:
        return show.unknown(said.reference or "?", said.words)
    if ask.form is not None:
        return _submitted(desk, ask, item, said)
    words, links = _apart(said.words)
    if words and links and said.colon:
        return _typed(desk, ask, item, said, words, links)
    if not ask.forms:
        return _how(item)
    return _opened(desk, ask, item, said, words, links)


def _apart(text: str) -> tuple[str, list[str]]:
    """The words, and the links among them."""
    links = [_link(found) for found in _LINK.findall(text)]
    return " ".join(_LINK.sub(" ", text).split()), links


def _link(found: str) -> str:
    """A link without the punctuation of its sentence; a bracket that it opened itself stays."""
    link = found.rstrip(".,;")
    return link[:-1].rstrip(".,;") if link.endswith(")") and link.count("(") < link.count(")") else link


def _typed(desk: Desk, ask: Ask, item: Whole, said: Told, words: str, links: list[str]) -> Card:
    try:
        saved = record.ask_sign_off(desk.store, ask.actor, said.reference, said.version, words, links)
    except NotAllowed as refusal:
        return update.refused(desk, ask, refusal, said.words)
    except FieldFaults as faults:
        line = wording.answer_first("Not asked.", str(faults))
        kept = show.kept(said.words)
        return Card(f"Not asked: {item.row.reference}", (say_lines(line), *kept), ok=False)
    return _asked(desk, ask, saved)


def _how(item: Whole) -> Card:
    example = f"complete {item.row.reference}: what was done https://evidence"
    line: Line = (bold("Not asked. "), Span("Say what was done and give a link that shows it: "), code(example))
    return Card(f"Not asked: {item.row.reference}", (say_lines(line),), ok=False)


def _opened(desk: Desk, ask: Ask, item: Whole, said: Told, words: str, links: list[str]) -> Card:
    stale = said.version is not None and said.version != item.row.version
    if "complete" not in item.may or stale:
        try:
            record.admit(desk.store, ask.actor, "complete", said.reference, said.version)
        except NotAllowed as refusal:
            return update.refused(desk, ask, refusal, said.words)
    return Card(
        f"Ask for sign-off of {item.row.reference}",
        form=form(desk, item, ask.today, {"done": words, "evidence": "\n".join(links)}),
    )


def form(desk: Desk, item: Whole, today: date, typed: Mapping[str, str], first: Lines | None = None) -> Form:
    """What was done, and the evidence for it."""
    row = item.row
    head: Line = (bold(row.reference), Span(" "), Span(row.title, marking=row.marking))
    facts = wording.row_facts(row, today, desk.limits, owner=False)
    intro = Text(((first,) if first else ()) + (Lines((head, facts, *_still_open(item))),))
    fields = (
        Field("done", "What was done", "words", typed.get("done", ""), "The DCC reads this before signing off."),
        Field(
            "evidence",
            "Evidence",
            "words",
            typed.get("evidence", ""),
            "A link to what shows it, one a line.",
            "https://",
        ),
    )
    return Form("Ask for sign-off", f"complete {row.reference} v{row.version}", "Ask", intro, fields)


def _still_open(item: Whole) -> tuple[Line, ...]:
    if not item.children:
        return ()
    opened = wording.joined([row.reference for row in item.children[:5]])
    return ((Span(f"{wording.count(len(item.children), 'item')} under it still open: {opened}."),),)


def opened_after_update(desk: Desk, ask: Ask, saved: Saved, note: str) -> Card:
    """After an update with "Ready for sign-off": the update is saved, and its words are carried over."""
    with desk.store.read() as tx:
        item = questions.whole(tx, saved.reference, ask.reader(desk))
    if item is None or "complete" not in item.may:
        return update.saved_card(desk, ask, saved, "Your update of")
    first = Lines((wording.answer_first("Saved.", "Your progress update is in the register. Now ask for sign-off:"),))
    opened = form(desk, item, ask.today, {"done": note}, first)
    return Card(f"Ask for sign-off of {saved.reference}", form=opened, saved=True)


def _submitted(desk: Desk, ask: Ask, item: Whole, said: Told) -> Card:
    form_ = ask.form or {}
    words, links = form_.get("done", ""), form_.get("evidence", "").split()
    try:
        saved = record.ask_sign_off(desk.store, ask.actor, said.reference, said.version, words, links)
    except FieldFaults as faults:
        return Card(f"Not asked: {item.row.reference}", faults=faults.faults, ok=False)
    except NotAllowed as refusal:
        return _again(desk, ask, item, refusal, form_)
    return _asked(desk, ask, saved)


def _again(desk: Desk, ask: Ask, item: Whole, refusal: NotAllowed, form_: Mapping[str, str]) -> Card:
    if refusal.kind != "moved_on" or "complete" not in item.may:
        return update.refused(desk, ask, refusal, "\n".join(form_.values()))
    line = update.meanwhile(refusal, "Not asked.", "press Ask to ask now")
    again = form(desk, item, ask.today, form_, Lines((line,)))
    return Card(f"Not asked: {item.row.reference} has moved on", form=again, ok=False)


def _asked(desk: Desk, ask: Ask, saved: Saved) -> Card:
    with desk.store.read() as tx:
        item = questions.whole(tx, saved.reference, ask.reader(desk))
        dcc = questions.deciders(tx)
    said = f"{dcc} decides on {saved.reference}; it stays open until then, and its due date stays. "
    line = wording.answer_first("Asked.", said + f"In the register, {wording.moment(saved.at)}.")
    button = details_button(saved.reference)
    rows = (item_row(item.row, ask.today, desk.limits, button, owner=False),) if item else ()
    return Card(f"Asked: sign-off of {saved.reference}", (say_lines(line), *rows), saved=True)
