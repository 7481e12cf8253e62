"""What is recorded of a report, or comes new into the register: words or a form in, one call of the record."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers import acting, wording
from handlers.acting import Values
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Field, Form, Line, Lines, Part, Span, Text, bold, code, say_lines
from storage.record import Saved
from storage.refusals import FieldFaults, NotAllowed

NOTHING: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One thing to record, as it is typed, filled in and answered.

    `say` is what the form says and `example` what to type where there are none. The form opens without `needs`.
    `admit` raises NotAllowed before a form is worth opening, `carry` calls the record once, and `told` gives, after
    the commit, the sentence after `done` and what stands below it.
    """

    act: str
    about: str
    title: str
    done: str
    say: str
    example: str
    fields: tuple[Field, ...]
    needs: tuple[str, ...]
    admit: Callable[[], None]
    carry: Callable[[Values], Saved]
    told: Callable[[Values, Saved], tuple[str, tuple[Part, ...]]]
    submit: str = "Save"
    intro: tuple[Line, ...] = ()


def answer(entry: Entry, ask: Ask, values: Values, words: str = "", *, whole: bool = True) -> Card:
    """What becomes of it: done, refused, or a form for what it lacks (a sentence where there are no forms).

    `whole` is whether the words are more than a beginning; `words` are given back where they are not saved.
    """
    if ask.form is not None:
        return _submitted(entry, ask.form)
    if whole and all(values.get(name, "").strip() for name in entry.needs):
        return _typed(entry, values, words)
    return _opened(entry, words) if ask.forms else _how(entry, values, words)


def _typed(entry: Entry, values: Values, words: str) -> Card:
    try:
        return _done(entry, values, entry.carry(values))
    except NotAllowed as refusal:
        return refused(refusal, words)
    except FieldFaults as faults:
        return acting.not_done(entry.act, entry.about, str(faults), words)


def _opened(entry: Entry, words: str) -> Card:
    try:
        entry.admit()
    except NotAllowed as refusal:
        return refused(refusal, words)
    intro = Text((Lines(entry.intro),)) if entry.intro else Text(())
    form = Form(entry.title, entry.say, entry.submit, intro, entry.fields)
    return Card(f"{entry.title}: {entry.about}" if entry.about else entry.title, form=form)


def _how(entry: Entry, values: Values, words: str) -> Card:
    """Where there are no forms: what is missing, and what to type; for who may not do it anyway, that."""
    try:
        entry.admit()
    except NotAllowed as refusal:
        return refused(refusal, words)
    lacks = acting.missing(entry.fields, entry.needs, values)
    return acting.example(entry.act, entry.about, lacks, entry.example, words)


def _submitted(entry: Entry, values: Values) -> Card:
    try:
        return _done(entry, values, entry.carry(values))
    except FieldFaults as faults:
        return acting.at_fields(entry.fields, entry.act, entry.about, faults)
    except NotAllowed as refusal:
        return refused(refusal, "\n".join(text for text in values.values() if " " in text))


def _done(entry: Entry, values: Values, saved: Saved) -> Card:
    sentence, more = entry.told(values, saved)
    return Card(acting.subject(entry.done, saved.reference), (_first(entry.done, sentence), *more), saved=True)


def _first(opening: str, sentence: str) -> Part:
    return say_lines(wording.answer_first(opening, sentence))


def refused(refusal: NotAllowed, words: str = "") -> Card:
    """Why not, and the words that were typed."""
    return Card(refusal.subject, (_first(refusal.opening, refusal.sentence), *acting.kept(words)), ok=False)


def no_report(desk: Desk, code_asked: str) -> Card:
    """There is no report of that code, or none was named."""
    why: Line = (Span("Say which report, by its code."),)
    if code_asked:
        why = (Span("There is no report "), code(code_asked), Span("."))
    subject = "".join(span.text for span in why).rstrip(".")
    every = Buttons((Button("Reports", "reports", "Every report"),))
    return Card(subject, (say_lines((bold("Nothing shown. "), *why)), every), ok=False)
