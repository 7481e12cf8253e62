"""`edit REF FIELD: new value | reason`: a correction of an item, or of a report by its code."""

from dataclasses import replace
from typing import Any, NamedTuple

from handlers import acting, correcting, recording
from handlers.acting import Act, Given, Values
from handlers.ask import Ask, Desk
from handlers.card import Button, Buttons, Card, Part, Span, bold
from handlers.recording import Entry
from handlers.wording import british
from storage import questions, record
from storage.questions import Whole, WholeReport
from storage.record import Saved
from storage.refusals import FieldFaults
from storage.rules import marking, section55

WORDS = ("edit", "correct")
HELP = ("edit {reference} title: new | reason", "a correction")


class Said(NamedTuple):
    """`edit WHERE v7 FIELD: words`, taken apart."""

    where: str
    version: str
    field: str
    colon: bool
    words: str


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said = _taken_apart(rest)
    with desk.store.read() as tx:
        item = questions.whole(tx, said.where, ask.reader(desk)) if said.where else None
        report = questions.report(tx, said.where, ask.reader(desk)) if said.where and not item else None
    if item:
        return _item(desk, ask, item, said)
    return _report(desk, ask, report, said) if report else acting.unknown(said.where, said.words)


def _taken_apart(rest: str) -> Said:
    head, colon, words = rest.partition(":")
    where, *more = head.split() or [""]
    version = more.pop(0).lower() if more and more[0][:1] in "vV" and more[0][1:].isdecimal() else ""
    return Said(where, version, " ".join(more), bool(colon), words.strip())


# --- an item --------------------------------------------------------------------------------------------------------


def _item(desk: Desk, ask: Ask, item: Whole, said: Said) -> Card:
    reference = item.row.reference
    field = correcting.named(correcting.ITEM, said.field)
    if said.field and not field:
        why = correcting.why_not(correcting.ITEM, said.field, reference)
        return acting.not_done("edit", reference, why, said.words)
    values = {"field": field, **correcting.apart(said.words)}
    act = replace(
        ACT,
        typed=lambda told: values,
        fields=lambda given, typed: correcting.fields(correcting.ITEM, field, _in_form(given.item, field), typed),
        carry=lambda given, typed: _carry(given, field, typed),
        told=lambda after, typed: _told(item, after.item, field or typed["field"]),
        example=f" {(field or 'title').replace('_', ' ')}: new value | reason",
    )
    rest = " ".join(word for word in (reference, said.version) if word)
    card = acting.answer(act, desk, ask, f"{rest}: {said.words}" if said.colon else rest)
    if card.form and field:  # the form asks for this field alone, and says so again
        card = replace(card, form=card.form._replace(say=f"{card.form.say} {field.replace('_', ' ')}"))
    return card


def _carry(given: Given, field: str, values: Values) -> Saved:
    field = field or values.get("field", "")
    if field not in correcting.ITEM:
        raise FieldFaults({"field": "Choose a field."})
    value = correcting.meant(correcting.ITEM, field, given.desk, given.ask, values)
    return record.edit(given.desk.store, given.ask.actor, *given.seen, field, value, values.get("reason", ""))


def _stands(item: Whole, field: str) -> Any:
    """What stands in a field now, as a person would say it."""
    if field == "parent":
        return item.parent
    if field == "lead":
        return item.lead
    return item.item[field]


def _in_form(item: Whole, field: str) -> str:
    """What stands there now, as its control takes it; a person is chosen anew."""
    if not field or field == "lead":
        return ""
    value = item.item[field] if field != "parent" else item.parent
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def _told(before: Whole, after: Whole, field: str) -> str:
    """What it is now and what it was; who reads it now, where its marking was lowered."""
    column = correcting.ITEM[field]
    was, now = (correcting.shown(column, _stands(whole, field)) for whole in (before, after))
    sentence = f"{after.row.reference}, {column.label.lower()}: {now}. It was {was} before."
    if before.row.marking == marking.SENSITIVE and after.row.marking == marking.OFFICIAL:
        sentence += " Its marking is lowered: from now on everybody who is let in can read it, with its history."
    return sentence


ACT = Act(
    "edit",
    "Correct",
    "Changed.",
    lambda given, values: _carry(given, "", values),
    lambda given, values: "",
    needs=("field", "value", "reason"),
)


# --- a report -------------------------------------------------------------------------------------------------------


def _report(desk: Desk, ask: Ask, report: WholeReport, said: Said) -> Card:
    code = report.row.code
    field = correcting.named(correcting.REPORT, said.field)
    if said.field and not field:
        why = correcting.why_not(correcting.REPORT, said.field, code)
        return acting.not_done("edit", code, why, said.words)
    values = {"field": field, **correcting.apart(said.words)}
    return recording.answer(_entry(desk, ask, report, said, values), ask, values, said.words, whole=said.colon)


def _entry(desk: Desk, ask: Ask, report: WholeReport, said: Said, values: Values) -> Entry:
    code, fixed = report.row.code, values["field"]
    version = int(said.version[1:]) if said.version else None

    def carry(given: Values) -> Saved:
        field = fixed or given.get("field", "")
        if field not in correcting.REPORT:
            raise FieldFaults({"field": "Choose a field."})
        value = correcting.meant(correcting.REPORT, field, desk, ask, given)
        return record.edit_report(desk.store, ask.actor, code, version, field, value, given.get("reason", ""))

    stands = report.report[fixed] if fixed else ""
    now = stands.isoformat() if hasattr(stands, "isoformat") else str(stands or "")
    seen = f"edit {code} v{report.report['version']} {fixed.replace('_', ' ')}".rstrip()
    return Entry(
        "edit",
        code,
        "Correct",
        "Changed.",
        seen,
        f"edit {code} {(fixed or 'title').replace('_', ' ')}: new value | reason",
        correcting.fields(correcting.REPORT, fixed, now, values),
        ("field", "value", "reason"),
        lambda: record.admit_report(desk.store, ask.actor, "edit", "edit", code),
        carry,
        lambda given, saved: _report_told(desk, ask, report, fixed or given["field"]),
        intro=((bold(f"{code} "), Span(report.row.title)),),
    )


def _report_told(desk: Desk, ask: Ask, before: WholeReport, field: str) -> tuple[str, tuple[Part, ...]]:
    code = before.row.code
    with desk.store.read() as tx:
        after = questions.report(tx, code, ask.reader(desk))
    assert after is not None  # it was changed just now
    column = correcting.REPORT[field]
    was, now = (correcting.shown(column, whole.report[field]) for whole in (before, after))
    sentence = f"{code}, {column.label.lower()}: {now}. It was {was} before."
    if section55.owed(after.row.facts) and after.row.published_on:
        sentence += f" The last day under section 55 is {british(section55.last_day(after.row.published_on))}."
    return sentence, (Buttons((Button("Report", f"report {code}", f"{code} with its clock"),)),)
