"""The fields that can be corrected: how people call them, how they are asked for, and what was meant by a value."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from handlers import acting, persons, wording
from handlers.acting import Values
from handlers.ask import Ask, Desk
from handlers.card import Field, Option
from handlers.commands.add import kind_named
from handlers.wording import british
from storage.refusals import FieldFaults
from storage.rows import KNOWN, folded_word
from storage.rules.marking import MARKINGS

NONE = "none"
FORM_MOST = 3000
_NOTHING = Option(NONE, "None")
_KINDS = tuple(Option(kind, label) for kind, label in wording.KIND.items())
_MARKINGS = tuple(Option(marking, marking) for marking in MARKINGS)
_SCOPES = (Option("force", "Force"), Option("national", "National"), _NOTHING)
_WAITS = (Option("yes", "Yes"), _NOTHING)
_BODIES = (Option("police", "Police"), Option("fire", "Fire"), Option("other", "Another body"))
_OWED = (Option("required", "Required"), Option("not_required", "Not required"))


class Column(NamedTuple):
    """A field: its label, the kind of its control, what can be chosen, and other names that people have for it."""

    label: str
    kind: str = "line"
    options: tuple[Option, ...] = ()
    names: tuple[str, ...] = ()


ITEM: dict[str, Column] = {
    "title": Column("Title"),
    "text": Column("Text", "words"),
    "marking": Column("Marking", "choice", _MARKINGS),
    "kind": Column("Kind", "choice", _KINDS),
    "number": Column("Number"),
    "board": Column("Board"),
    "objective": Column("Objectives", names=("objectives",)),
    "scope": Column("Scope", "choice", _SCOPES),
    "addressee": Column("Addressee"),
    "deadline_wording": Column("Deadline wording", "words"),
    "inspectorate_deadline": Column("Inspectorate deadline", "day", names=("deadline",)),
    "inspectorate_ref": Column("Inspectorate's number", names=("inspectorate reference", "inspectorate number")),
    "parent": Column("Stands under", "item", names=("under", "parent reference")),
    "lead": Column("Strategic lead", "person", names=("strategic lead",)),
    "external_dependency": Column("External dependency", "choice", _WAITS, ("external",)),
}
REPORT: dict[str, Column] = {
    "title": Column("Title"),
    "source": Column("Source"),
    "published_on": Column("Published on", "day", names=("published",)),
    "inspected_on": Column("Inspected on", "day", names=("inspected",)),
    "inspected_body": Column("Inspected body", "choice", (*_BODIES, _NOTHING), ("body",)),
    "section_55": Column("Section 55", "choice", (*_OWED, _NOTHING), ("section55", "s55")),
    "chief_officer_comments_due": Column(
        "Chief officer's comments due", "day", names=("chief officers comments due", "comments due")
    ),
}
# what other acts change, and which
BY_ACTS = {
    "status": "The status is what its acts make of it, such as complete, send back, dispute or reopen.",
    "target_date": "target {0} DATE sets the first target date, extend {0} DATE: reason asks for another.",
    "target": "target {0} DATE sets the first target date, extend {0} DATE: reason asks for another.",
    "owner": "assign {0} @user gives it another owner.",
    "action_owner": "assign {0} @user gives it another owner.",
    "delegate": "delegate {0} @user says who may update it.",
    "forecast_date": "A forecast is given with an update: update {0}.",
    "off_track": "It is declared off track with an update: update {0}.",
    "waiting_on": "waiting on {0}: whom says on whom it waits.",
    "inspectorate_status": "close {0} DATE NUMBER: reason records the inspectorate's closure.",
    "reference": "A reference never changes, as people and papers name it.",
    "report": "An item stays with its report; an import can move it.",
    "code": "A report's code never changes, as its items are called by it.",
}


def named(columns: Mapping[str, Column], words: str) -> str:
    """The field that is meant; "" for none."""
    word = folded_word(words.replace("'", "").replace("’", ""))
    for name, column in columns.items():
        told = {name, *(folded_word(n) for n in (column.label.replace("'", ""), *column.names))}
        if word in told:
            return name
    return ""


def why_not(columns: Mapping[str, Column], words: str, about: str) -> str:
    """Why a field of that name is not corrected here: another act changes it, or there is none."""
    by_act = BY_ACTS.get(folded_word(words))
    if by_act:
        return by_act.format(about)
    labels = ", ".join(column.label.lower() for column in columns.values())
    return f"There is no field “{words[:40]}”. What can be corrected: {labels}."


def apart(words: str) -> dict[str, str]:
    """`new value | reason`: the reason stands after the last bar."""
    value, bar, reason = words.rpartition("|")
    return {"value": value.strip(), "reason": reason.strip()} if bar else {"value": words.strip(), "reason": ""}


def fields(columns: Mapping[str, Column], field: str, now: str, values: Values) -> tuple[Field, ...]:
    """The new value as this field asks for it, or which field, and why; `now` is what stands there."""
    reason = acting.reason_field(values, "The record keeps it beside what stood there before.")
    if field:
        return (_value_field(columns[field], now, values), reason)
    options = tuple(Option(name, column.label) for name, column in columns.items())
    which = Field("field", "Field", "choice", "title", options=options)
    hint = "Words, a date, a reference or a name, as the field needs; none takes away what stands there."
    return (which, Field("value", "New value", "words", values.get("value", ""), hint), reason)


def _value_field(column: Column, now: str, values: Values) -> Field:
    """What stands there is where one begins, unless the form could not hold all of it."""
    given = values.get("value", "")
    if column.kind == "choice":
        chosen = next((o.value for o in column.options if o.value in (given, now)), NONE)
        return Field("value", column.label, "choice", chosen, options=column.options)
    if column.kind in {"day", "person"}:
        return Field("value", column.label, column.kind, given or now, "Empty: none.", optional=True)
    fits = len(now) <= FORM_MOST
    hint = "none takes away what stands there." if fits else f"What stands there has {len(now):,} characters."
    kind = "words" if column.kind == "words" else "line"
    return Field("value", column.label, kind, given or (now if fits else ""), hint, most=FORM_MOST)


def meant(columns: Mapping[str, Column], field: str, desk: Desk, ask: Ask, values: Values) -> Any:
    """The value as the record takes it: words, a day, a person's id; None for nothing any more."""
    raw, kind = values.get("value", "").strip(), columns[field].kind
    if raw.lower() == NONE or (not raw and ask.form is not None and kind in {"day", "person"}):
        return None
    if not raw:
        raise FieldFaults({"value": "Say the new value, or none to take away what stands there."})
    if kind == "day":
        return acting.day_of(values, ask.today, "value")
    if kind == "person":
        return _person(desk, ask, raw)
    return _word(field, raw)


def _person(desk: Desk, ask: Ask, raw: str) -> int:
    try:
        return persons.meant(desk, ask, raw)
    except FieldFaults as faults:
        raise FieldFaults({"value": str(faults)}) from None


def _word(field: str, raw: str) -> str:
    """One of the words that the field takes, however it is written; else the words themselves."""
    if field == "kind":
        return kind_named(raw) or raw
    if field == "external_dependency" and raw.lower() == "no":
        return ""
    return KNOWN[field].get(folded_word(raw), raw) if field in KNOWN else raw


def shown(column: Column, value: Any) -> str:
    """What stands in a field, for a sentence: a word of ours as it is labelled, words of people in quotes."""
    if isinstance(value, date):
        return british(value)
    label = next((option.label for option in column.options if option.value == value), "")
    if label or column.kind in {"person", "item"} or not value:
        return label or str(value or "none")
    return f"“{wording.cut(str(value), 120)}”"
