"""`update REF`: say what has changed; typed after a colon, or in the form."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from handlers import wording
from handlers.ask import Ask, Desk, Told
from handlers.card import Card, Field, Form, Line, Lines, Option, Span, Text, bold, code, say_lines
from handlers.commands import complete, show
from handlers.wording import british, days_away, details_button, item_row, moment, update_button
from storage import questions, record
from storage.questions import Whole
from storage.record import Saved
from storage.refusals import FieldFaults, NotAllowed
from storage.rules.lifecycle import IN_PROGRESS

WORDS = ("update",)
HELP = ("update {reference}", "say what has changed")


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said, item = show.asked_for(desk, ask, rest)
    if item is None:
        return show.unknown(said.reference or "?", said.words)
    if ask.form is not None:
        return _submitted(desk, ask, item, said)
    if said.words and said.colon:
        return _typed(desk, ask, item, said)
    if not ask.forms:
        return _how(item)
    return _opened(desk, ask, item, said)


def _typed(desk: Desk, ask: Ask, item: Whole, said: Told) -> Card:
    try:
        saved = record.add_update(desk.store, ask.actor, said.reference, said.version, said.words, {})
    except NotAllowed as refusal:
        return refused(desk, ask, refusal, said.words)
    except FieldFaults as faults:
        line = wording.answer_first("Not saved.", str(faults))
        return Card(f"Not saved: {item.row.reference}", (say_lines(line), *show.kept(said.words)), ok=False)
    return saved_card(desk, ask, saved, "Your update of")


def _how(item: Whole) -> Card:
    example = f"update {item.row.reference}: what has changed"
    line: Line = (bold("Not saved. "), Span("Say what has changed after a colon: "), code(example))
    return Card(f"Not saved: {item.row.reference}", (say_lines(line),), ok=False)


def _opened(desk: Desk, ask: Ask, item: Whole, said: Told) -> Card:
    """The form, or the refusal straight away for who may not use it; a button of an older version says so."""
    row = item.row
    if "update" not in item.may or (said.version is not None and said.version != row.version):
        try:
            record.admit(desk.store, ask.actor, "update", said.reference, said.version)
        except NotAllowed as refusal:
            return refused(desk, ask, refusal, said.words)
    return Card(f"Update {row.reference}", form=form(desk, item, ask.today, {"note": said.words}))


def form(desk: Desk, item: Whole, today: date, typed: Mapping[str, str], first: Lines | None = None) -> Form:
    """The update form with what was typed; fields left alone show the present."""
    row, it = item.row, item.item
    present = {
        "forecast": it["forecast_date"].isoformat() if it["forecast_date"] else "",
        "off_track": _one_line(it["off_track"]),
    }
    values = {**present, **typed}
    intro = Text(((first,) if first else ()) + (Lines(_intro(desk, item, today)),))
    fields = (*_status_field(item), _note_field(item, values), *_date_fields(item, values))
    return Form("Update", f"update {row.reference} v{row.version}", "Save", intro, fields, present)


def _one_line(text: str) -> str:
    """A reason as the form can show it: one line, at most 300 characters; left alone, it stays as it is kept."""
    return " ".join(text.split())[: record.OFF_TRACK_MOST]


def _intro(desk: Desk, item: Whole, today: date) -> tuple[Line, ...]:
    row = item.row
    due = f"due {british(row.due)}, {days_away((row.due - today).days)}" if row.due else "no date set"
    first: Line = (bold(row.reference), Span(" "), Span(row.title, marking=row.marking))
    return (first, (wording.colour_of(row, today, desk.limits), Span(f" · {due}")))


def _status_field(item: Whole) -> tuple[Field, ...]:
    """What this person may do now; an end state is never offered."""
    status = item.row.status
    options = [Option(status, wording.STATUS[status])]
    if "complete" in item.may:
        options.append(Option("complete", "Ready for sign-off", "You will be asked what was done, and for evidence"))
    return (Field("status", "Status", "choice", status, options=tuple(options)),)


def _note_field(item: Whole, values: Mapping[str, str]) -> Field:
    last = item.item["last_update_on"]
    told_ = f"Last update {british(last)}. " if last else "No update yet. "
    hint = f"{told_}No names of victims or suspects, please."
    asks = "What has changed, in a sentence or two"
    return Field("note", "Progress update", "words", values.get("note", ""), hint, asks)


def _date_fields(item: Whole, values: Mapping[str, str]) -> tuple[Field, ...]:
    due = f" The due date stays {british(item.row.due)}." if item.row.due else ""
    forecast = f"When you expect to finish.{due}"
    off = "If it will not be done in time, say why. It turns Red now."
    return (
        Field("forecast", "Forecast date", "day", values["forecast"], forecast, "Choose a date", True),
        Field("off_track", "Off track", "line", values["off_track"], off, "Leave empty if it is on track", True, 300),
    )


def _submitted(desk: Desk, ask: Ask, item: Whole, said: Told) -> Card:
    form_ = ask.form or {}
    touched = _touched(form_, ask.was)
    try:
        saved = record.add_update(desk.store, ask.actor, said.reference, said.version, form_.get("note", ""), touched)
    except FieldFaults as faults:
        return Card(f"Not saved: {item.row.reference}", faults=faults.faults, ok=False)
    except NotAllowed as refusal:
        return _again(desk, ask, item, refusal, form_)
    if form_.get("status") == "complete" and item.row.status == IN_PROGRESS:
        return complete.opened_after_update(desk, ask, saved, form_.get("note", ""))
    return saved_card(desk, ask, saved, "Your update of")


def _touched(form_: Mapping[str, str], was: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the person changed, as the record takes them; the rest are left as they are."""
    touched: dict[str, Any] = {}
    forecast = form_.get("forecast", "")
    if forecast != was.get("forecast", ""):
        touched["forecast_date"] = date.fromisoformat(forecast) if forecast else None
    off_track = " ".join(form_.get("off_track", "").split())
    if off_track != was.get("off_track", ""):
        touched["off_track"] = off_track
    return touched


def _again(desk: Desk, ask: Ask, item: Whole, refusal: NotAllowed, form_: Mapping[str, str]) -> Card:
    """A form that came too late: what happened meanwhile, and the words still in it, ready to be saved again."""
    if refusal.kind != "moved_on" or "update" not in item.may:
        kept = [form_.get(name, "") for name in ("note", "forecast", "off_track")]
        return refused(desk, ask, refusal, "\n".join(words for words in kept if words))
    line = meanwhile(refusal, "Not saved.", "press Save to add them now")
    typed = {"note": form_.get("note", "")}
    typed |= {f: form_.get(f, "") for f in ("forecast", "off_track") if form_.get(f, "") != ask.was.get(f, "")}
    again = form(desk, item, ask.today, typed, Lines((line, *_last_words(item))))
    return Card(f"Not saved: {item.row.reference} has moved on", form=again, ok=False)


def meanwhile(refusal: NotAllowed, opening: str, way_on: str) -> Line:
    """What happened while a form was open, in the words of the refusal, and that the typed words are still in it."""
    told_ = refusal.sentence.replace("after that button was drawn", "while this form was open")
    return wording.answer_first(opening, f"{told_} Your words are still here; {way_on}.")


def _last_words(item: Whole) -> tuple[Line, ...]:
    said = item.last
    if said is None:
        return ()
    return ((Span(f"{said.who} wrote: “{wording.cut(said.words, 200)}”", marking=item.row.marking),),)


def saved_card(desk: Desk, ask: Ask, saved: Saved, what: str) -> Card:
    """Said only after the commit: what, where, when; then the row as it is now."""
    with desk.store.read() as tx:
        item = questions.whole(tx, saved.reference, ask.reader(desk))
    opening = f"{what} {saved.reference} is in the register, {moment(saved.at)}."
    line = wording.answer_first("Saved.", opening)
    rows = (item_row(item.row, ask.today, desk.limits, _next(item), owner=False),) if item else ()
    return Card(f"Saved: {what[0].lower() + what[1:]} {saved.reference}", (say_lines(line), *rows), saved=True)


def _next(item: Whole) -> Any:
    return update_button(item.row) if "update" in item.may else details_button(item.row.reference)


def refused(desk: Desk, ask: Ask, refusal: NotAllowed, words: str) -> Card:
    """Why not, how it stands now, and the words that were typed."""
    with desk.store.read() as tx:
        item = questions.whole(tx, refusal.reference, ask.reader(desk)) if refusal.kind != "unknown" else None
    line = wording.answer_first(refusal.opening, refusal.sentence)
    if refusal.kind == "moved_on":
        line = (*line, Span(" This is how it stands now:"))
    rows = (item_row(item.row, ask.today, desk.limits, _next(item)),) if item else ()
    return Card(refusal.subject, (say_lines(line), *rows, *show.kept(words)), ok=False)
