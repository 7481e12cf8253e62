"""The way of every act: words or a form in, one call of the record, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from handlers import wording
from handlers.ask import Ask, Desk, Told, told
from handlers.card import (
    Button,
    Buttons,
    Card,
    Field,
    Form,
    Line,
    Lines,
    Part,
    Quote,
    Span,
    Text,
    bold,
    code,
    say_lines,
)
from handlers.dates import DoubtfulDate, WorkingDay, read_date
from handlers.wording import british, details_button, item_row, moment, update_button
from storage import people, questions, record, refusals
from storage.fields import london_day
from storage.questions import Whole
from storage.record import Actor, Saved
from storage.refusals import FieldFaults, NotAllowed
from storage.rules import references
from storage.store import Store

Values = Mapping[str, str]
AT = "{at}"  # where a sentence names the moment of the commit itself


class Given(NamedTuple):
    """Who acts on which item, as it stood when they acted, and what they said."""

    desk: Desk
    ask: Ask
    item: Whole
    said: Told

    @property
    def today(self) -> date:
        return self.ask.today

    @property
    def seen(self) -> tuple[str, int | None]:
        """The reference and the version that the person saw, as the record asks for them."""
        return self.said.reference, self.said.version


def _whole(said: Told) -> dict[str, str]:
    return {}


def _no_fields(given: Given, values: Values) -> tuple[Field, ...]:
    return ()


def _no_lines(given: Given) -> tuple[Line, ...]:
    return ()


@dataclass(frozen=True)
class Act:
    """One act of the contract's table as it is typed, filled in and answered.

    `typed` reads the words into the fields that `fields` would ask for, `needs` are those without which the form
    opens; words count only after a colon, unless `bare`. `carry` calls the record, once; `told` is the sentence after
    `done`, said after the commit. `example` is what to type after the word and the reference. `check` raises
    FieldFaults for what can be told before the files of a form are there. `right` is the act whose rights count,
    where a word says another act in its own way. `settles` says that it leaves nothing to decide in a row with its
    button.
    """

    word: str
    title: str
    done: str
    carry: Callable[[Given, Values], Saved]
    told: Callable[[Given, Values], str]
    submit: str = "Save"
    example: str = ""
    needs: tuple[str, ...] = ()
    bare: bool = False
    typed: Callable[[Told], dict[str, str]] = _whole
    fields: Callable[[Given, Values], tuple[Field, ...]] = _no_fields
    intro: Callable[[Given], tuple[Line, ...]] = _no_lines
    was: Callable[[Given], Values] = lambda given: {}
    then: Callable[[Given, Values, Saved], Card | None] = lambda given, values, saved: None
    check: Callable[[Given, Values], None] = lambda given, values: None
    right: str = ""
    settles: bool = False

    @property
    def of(self) -> str:
        """The act of the record that it is."""
        return self.right or self.word


def answer(act: Act, desk: Desk, ask: Ask, rest: str) -> Card:
    """What becomes of an act: done, refused, or a form for what it lacks (a sentence where there are no forms)."""
    said, item = asked_for(desk, ask, rest)
    if item is None:
        return unknown(said.reference or "?", said.words)
    given = Given(desk, ask, item, said)
    if ask.form is not None:
        return _expected(act, given, ask.form) if ask.coming else _submitted(act, given, ask.form)
    values = act.typed(said)
    if not _lacking(act, said, values):
        return _typed(act, given, values)
    return _opened(act, given, values) if ask.forms else _how(act, given)


def asked_for(desk: Desk, ask: Ask, rest: str) -> tuple[Told, Whole | None]:
    """What was said of which item, and the item as this person may see it; None when for them there is none."""
    said = told(rest)
    if not said.reference:
        return said, None
    with desk.store.read() as tx:
        return said, questions.whole(tx, said.reference, ask.reader(desk))


def _lacking(act: Act, said: Told, values: Values) -> bool:
    """Whether the words are only a beginning, and the form asks for the rest."""
    if any(not values.get(name, "").strip() for name in act.needs):
        return True
    return not act.bare and not said.colon and act.fields is not _no_fields


# --- typed ----------------------------------------------------------------------------------------------------------


def _typed(act: Act, given: Given, values: Values) -> Card:
    try:
        saved = act.carry(given, values)
    except NotAllowed as refusal:
        return refused(given.desk, given.ask, refusal, given.said.words)
    except FieldFaults as faults:
        return not_done(act.of, given.item.row.reference, str(faults), given.said.words)
    return _done(act, given, values, saved)


def not_done(word: str, reference: str, sentence: str, words: str = "") -> Card:
    """What is wrong with what was typed, and the words, so that they are not lost."""
    first = refusals.opening(word)
    line = wording.answer_first(first, sentence)
    return Card(subject(first, reference), (say_lines(line), *kept(words)), ok=False)


def subject(opening: str, about: str) -> str:
    """The line of a notification: the opening, and about what where that is known."""
    return f"{opening.rstrip('.')}: {about}" if about else opening.rstrip(".")


def example(word: str, about: str, missing: str, said: str, words: str) -> Card:
    """What is missing, an example of the whole to type, and the words, so that they are not lost."""
    first = refusals.opening(word)
    line: Line = (bold(f"{first} "), Span(f"{missing} Type it like this: ".lstrip()), code(said))
    return Card(subject(first, about), (say_lines(line), *kept(words)), ok=False)


def missing(fields: tuple[Field, ...], needs: tuple[str, ...], values: Values) -> str:
    """Evidence is missing; "" when nothing is."""
    labels = [f.label for f in fields if f.name in needs and not values.get(f.name, "").strip()]
    return f"{wording.joined(labels)} {'is' if len(labels) == 1 else 'are'} missing." if labels else ""


def at_fields(fields: tuple[Field, ...], word: str, about: str, faults: FieldFaults) -> Card:
    """At the fields of the form that it has; what it has no field for stands at the first."""
    names = [field.name for field in fields]
    shown = {name if name in names else names[0]: sentence for name, sentence in faults.faults.items()}
    return Card(subject(refusals.opening(word), about), faults=shown, ok=False)


def _how(act: Act, given: Given) -> Card:
    """Where there are no forms: what is missing, and what to type; for who may not do it anyway, that."""
    barred = _barred(act, given)
    if barred:
        return barred
    reference, values = given.item.row.reference, act.typed(given.said)
    lacks = missing(act.fields(given, values), act.needs, values) or "There has to be a colon before your words."
    return example(act.of, reference, lacks, f"{act.word} {reference}{act.example}", given.said.words)


# --- the form -------------------------------------------------------------------------------------------------------


def _opened(act: Act, given: Given, values: Values) -> Card:
    """The form, or the refusal straight away for who may not use it; a button of an older version says so."""
    return _barred(act, given) or Card(f"{act.title}: {given.item.row.reference}", form=form(act, given, values))


def _barred(act: Act, given: Given) -> Card | None:
    """The refusal of what is not possible anyway, before anybody is asked for the rest of it."""
    row, version = given.item.row, given.said.version
    if act.of in given.item.may and version in (None, row.version):
        return None
    try:
        record.admit(given.desk.store, given.ask.actor, act.of, *given.seen)
    except NotAllowed as refusal:
        return refused(given.desk, given.ask, refusal, given.said.words)
    return None


def form(act: Act, given: Given, values: Values, first: Lines | None = None) -> Form:
    """The act's form with what was typed; `first` says what happened before it."""
    row = given.item.row
    intro = Text(((first,) if first else ()) + (Lines((*about(given), *act.intro(given))),))
    say = f"{act.word} {row.reference} v{row.version}"
    return Form(act.title, say, act.submit, intro, act.fields(given, values), act.was(given))


def about(given: Given) -> tuple[Line, ...]:
    """The item in two lines, as every form begins."""
    row = given.item.row
    head: Line = (bold(row.reference), Span(" "), Span(row.title, marking=row.marking))
    return (head, wording.row_facts(row, given.today, given.desk.limits, owner=False))


def _submitted(act: Act, given: Given, values: Values) -> Card:
    try:
        saved = act.carry(given, values)
    except FieldFaults as faults:
        return _with_faults(act, given, faults)
    except NotAllowed as refusal:
        return _too_late(act, given, refusal, values)
    return _done(act, given, values, saved)


def _expected(act: Act, given: Given, values: Values) -> Card:
    """A form whose files are on their way: what can be refused is refused before a byte of them is fetched."""
    try:
        record.admit(given.desk.store, given.ask.actor, act.of, *given.seen)
        act.check(given, values)
    except FieldFaults as faults:
        return _with_faults(act, given, faults)
    except NotAllowed as refusal:
        return _too_late(act, given, refusal, values)
    files = wording.count(len(given.ask.coming), "file")
    said = "Your request goes into the register when they are here. You may close this: you hear of it either way."
    line = wording.answer_first(f"Fetching {files}.", said)
    return Card(f"Fetching {files} for {given.item.row.reference}", (say_lines(line),))


def _with_faults(act: Act, given: Given, faults: FieldFaults) -> Card:
    return at_fields(act.fields(given, {}), act.of, given.item.row.reference, faults)


def _too_late(act: Act, given: Given, refusal: NotAllowed, values: Values) -> Card:
    """A form that came too late: what happened meanwhile, and the words still in it, ready to be sent again."""
    if refusal.kind != "moved_on" or act.of not in given.item.may:
        shown = [text for name, text in values.items() if text and text != given.ask.was.get(name) and " " in text]
        return refused(given.desk, given.ask, refusal, "\n".join(shown))
    line = meanwhile(refusal, refusals.opening(act.of), _way_on(act, given.ask))
    touched = {name: text for name, text in values.items() if text != given.ask.was.get(name, "")}
    again = form(act, given, touched, Lines((line, *_last_words(given.item))))
    return Card(f"Not yet: {given.item.row.reference} has moved on", form=again, ok=False)


def _way_on(act: Act, ask: Ask) -> str:
    files = "choose the files again, then " if ask.coming or ask.files else ""
    return f"{files}press {act.submit} to send them now"


def meanwhile(refusal: NotAllowed, opening: str, way_on: str) -> Line:
    """What happened while a form was open, in the words of the refusal, and that the typed words are still in it."""
    told_ = refusal.sentence.replace("after that button was drawn", "while this form was open")
    return wording.answer_first(opening, f"{told_} Your words are still here; {way_on}.")


def _last_words(item: Whole) -> tuple[Line, ...]:
    said = item.last
    if said is None:
        return ()
    return ((Span(f"{said.who} wrote: “{wording.cut(said.words, 200)}”", marking=item.row.marking),),)


# --- after the commit -----------------------------------------------------------------------------------------------


def _done(act: Act, given: Given, values: Values, saved: Saved) -> Card:
    return act.then(given, values, saved) or saved_card(act, given, values, saved)


def saved_card(act: Act, given: Given, values: Values, saved: Saved) -> Card:
    """Said only after the commit: what, and when; then the row as it is now."""
    after = refreshed(given, saved)
    when = f" In the register, {moment(saved.at)}."
    sentence = act.told(after, values)
    sentence = sentence.replace(AT, moment(saved.at)) if AT in sentence else sentence + when
    row = item_row(after.item.row, given.today, given.desk.limits, _next(after.item))
    parts = (say_lines(wording.answer_first(act.done, sentence)), row)
    return Card(subject(act.done, saved.reference), parts, saved=True, settled=_settled(act, given, saved))


def _settled(act: Act, given: Given, saved: Saved) -> str:
    """Signed off by DCC Ruth Calder, 23 Nov 2026."""
    done, who = act.done.rstrip("."), wording.name(given.ask.person.called)
    return f"{done} by {who}, {british(london_day(saved.at))}." if act.settles else ""


def refreshed(given: Given, saved: Saved) -> Given:
    """The same, with the item as it is now; as it was, where the person may not see it any more."""
    with given.desk.store.read() as tx:
        item = questions.whole(tx, saved.reference, given.ask.reader(given.desk))
    return given._replace(item=item or given.item)


def _next(item: Whole) -> Button:
    return update_button(item.row) if "update" in item.may else details_button(item.row.reference)


def refused(desk: Desk, ask: Ask, refusal: NotAllowed, words: str) -> Card:
    """Why not, how it stands now, and the words that were typed."""
    with desk.store.read() as tx:
        item = questions.whole(tx, refusal.reference, ask.reader(desk)) if refusal.kind != "unknown" else None
    line = wording.answer_first(refusal.opening, refusal.sentence)
    if refusal.kind == "moved_on":
        line = (*line, Span(" This is how it stands now:"))
    rows = (item_row(item.row, ask.today, desk.limits, _next(item)),) if item else ()
    return Card(refusal.subject, (say_lines(line), *rows, *kept(words)), ok=False)


def unknown(reference: str, words: str = "") -> Card:
    """The same words for an item that is not there and for one that this person may not read."""
    asked = references.tidied(reference)[:40]
    fault = refusals.unknown(asked)
    sentence = fault.sentence if asked else "Say which item, by its reference."
    buttons = Buttons((Button("Mine", "mine", "What you owe"), Button("Help", "help", "Help")))
    parts: tuple[Part, ...] = (say_lines(wording.answer_first(fault.opening, sentence)), *kept(words), buttons)
    return Card(fault.subject if asked else "Say which item", parts, ok=False)


def kept(words: str) -> tuple[Text, ...]:
    """The words that somebody typed, given back where they were not saved."""
    if not words.strip():
        return ()
    return (Text((Lines(((bold("Your words, so that they are not lost:"),),)), Quote(Span(words)))),)


def hears(given: Given) -> str:
    """Who gets a direct message of it: the owner, where that is somebody else."""
    owner = given.item.row.owner_id
    if owner is None or owner == given.ask.person.id:
        return "its history says who decided, and when."
    return f"{given.item.row.owner} hears of it."


def dcc(given: Given) -> str:
    """Who decides, by name: not who asks, nor whose item it is."""
    own = {given.ask.person.called, given.item.row.owner, *given.item.delegates}
    with given.desk.store.read() as tx:
        names = people.holders(tx, "dcc")
    others = [name for name in names if name not in own]
    return others[0] if others else "Somebody else in the DCC's role" if names else "The DCC"


# --- what many acts ask for -----------------------------------------------------------------------------------------


def reason_field(values: Values, hint: str, label: str = "Reason") -> Field:
    """Why, in a few sentences."""
    return Field("reason", label, "words", values.get("reason", ""), hint)


def with_reason(
    word: str,
    title: str,
    done: str,
    submit: str,
    hint: str,
    recorded: Callable[[Store, Actor, str, int | None, str], Saved],
    told: Callable[[Given, Values], str],
) -> Act:
    """An act that needs a reason and nothing else."""

    def carry(given: Given, values: Values) -> Saved:
        return recorded(given.desk.store, given.ask.actor, *given.seen, values.get("reason", ""))

    def fields(given: Given, values: Values) -> tuple[Field, ...]:
        return (reason_field(values, hint),)

    asks = {"example": ": reason", "needs": ("reason",), "typed": reason_typed, "fields": fields}
    return Act(word, title, done, carry, told, submit, **asks)  # type: ignore[arg-type]


def reason_typed(said: Told) -> dict[str, str]:
    """`WORD REF: reason`"""
    return {"reason": said.words}


def day_and_reason_typed(said: Told) -> dict[str, str]:
    """`WORD REF DATE: reason`; with no second colon, what follows `REF:` is a reason that still lacks its date."""
    day, colon, reason = said.words.partition(":")
    if said.colon and not colon and not day[:1].isdigit():
        return {"date": "", "reason": day.strip()}
    return {"date": day.strip(), "reason": reason.strip()}


def day_given(given: Given, values: Values) -> date:
    """The day in the field of an act on an item; FieldFaults when it cannot be read."""
    return day_of(values, given.today, working_day=given.desk.calendar.working_day)


def day_of(values: Values, today: date, name: str = "date", *, working_day: WorkingDay | None = None) -> date:
    """The day in a field, from a calendar or as it was typed; FieldFaults when it cannot be read."""
    try:
        return read_date(values.get(name, ""), today, working_day=working_day)
    except DoubtfulDate as fault:
        raise FieldFaults({name: fault.sentence}) from None


def shown_day(given: Given, values: Values) -> str:
    """The day in the field of an act on an item as a calendar takes it; "" where it cannot be read."""
    return as_iso(values.get("date", ""), given.today, working_day=given.desk.calendar.working_day)


def as_iso(text: str, today: date, *, working_day: WorkingDay | None = None) -> str:
    """A typed day as a calendar takes it; "" where it cannot be read."""
    try:
        return read_date(text, today, working_day=working_day).isoformat()
    except DoubtfulDate:
        return ""


def remark(day: date) -> str:
    """What is said of a day that is no working day; it is not refused."""
    return f" {british(day)} is a {day:%A}." if day.weekday() >= 5 else ""
