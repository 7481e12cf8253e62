"""`add REF: title`, `add CODE recommendation: title`: a new item, an action below one or a finding of a report."""

import re
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from handlers import acting, persons, recording, wording
from handlers.acting import Act, Given, Values
from handlers.ask import Ask, Desk, Told
from handlers.card import Card, Field, Option, Part
from handlers.recording import Entry
from handlers.wording import british, item_row, update_button
from storage import questions, record
from storage.questions import Whole
from storage.record import New, Saved
from storage.rows import folded_word
from storage.rules import nesting, references
from storage.rules.marking import MARKINGS

WORDS = ("add", "add an action", "add action")
HELP = ("add {reference}: title", "an action under it")
KINDS = {
    "afi": "area_for_improvement",
    "rec": "recommendation",
    "cause": "cause_of_concern",
    "coc": "cause_of_concern",
    "accelerated": "accelerated_cause_of_concern",
    "accelerated_cause": "accelerated_cause_of_concern",
    **{kind: kind for kind in wording.KIND},
}
INHERIT = "inherit"
_VERSION = re.compile(r"v(\d{1,9})\Z")


class Said(NamedTuple):
    """`add WHERE v7 kind: title`, taken apart; `kind` as it was typed."""

    where: str
    version: str
    kind: str
    colon: bool
    title: str


def answer(desk: Desk, ask: Ask, rest: str) -> Card:
    said = _taken_apart(rest)
    with desk.store.read() as tx:
        above = questions.whole(tx, said.where, ask.reader(desk)) if said.where else None
        of_report = bool(said.where) and questions.report_known(tx, said.where)
    if said.where and not above and not of_report:
        return acting.unknown(said.where, said.title)
    kind = kind_named(said.kind)
    if said.colon and said.kind and not kind:
        known = "afi, recommendation, cause, accelerated cause, action"
        return acting.not_done("add", said.where, f"“{said.kind[:40]}” is no kind. Use one of: {known}.", rest)
    return _below(desk, ask, above, said, kind) if above else _finding(desk, ask, said, kind)


def kind_named(words: str) -> str:
    """The kind that is meant, in whatever way it is written; "" for none."""
    word = folded_word(words)
    return KINDS.get(word) or KINDS.get(word.removesuffix("s"), "")


def _taken_apart(rest: str) -> Said:
    """A kind may stand without a reference before it."""
    head, colon, title = rest.partition(":")
    where, *more = head.split() or [""]
    if kind_named(head):
        where, more = "", head.split()
    version = more.pop(0) if more and _VERSION.match(more[0].lower()) else ""
    words = " ".join(title.split()) if colon else ""
    return Said(where, version.lower(), " ".join(more), bool(colon), words)


# --- below an item --------------------------------------------------------------------------------------------------


def _below(desk: Desk, ask: Ask, above: Whole, said: Said, kind: str) -> Card:
    reference = above.row.reference
    if not nesting.below(above.row.kind):
        sentence = f"{reference} is an action, and nothing stands under an action. Add it to what {reference} is under."
        return acting.not_done("add", reference, sentence, said.title)
    kind = kind or nesting.ACTION
    words = said.title if said.colon else "" if kind_named(said.kind) else said.kind
    title = "Add an action" if kind == nesting.ACTION else "Add an item"
    act = replace(ACT, title=title, typed=lambda told: {"kind": kind, "title": told.words})
    rest = " ".join(word for word in (reference, said.version) if word)
    return acting.answer(act, desk, ask, f"{rest}: {words}" if said.colon else f"{rest} {words}")


def _carry(given: Given, values: Values) -> Saved:
    target, owner = _target(values, given.today), _owner(given.desk, given.ask, values)
    kind = values.get("kind") or nesting.ACTION
    words = (kind, values.get("title", ""), values.get("text", ""))
    new = New(*words, under=given.item.row.reference, target_date=target, owner=owner)
    return record.add_item(given.desk.store, given.ask.actor, new, given.said.version)


def _target(values: Values, today: date) -> date | None:
    return acting.day_of(values, today, "target") if values.get("target", "").strip() else None


def _owner(desk: Desk, ask: Ask, values: Values) -> int | None:
    token = values.get("person", "")
    return persons.meant(desk, ask, token) if token.strip() else None


def _fields(given: Given, values: Values) -> tuple[Field, ...]:
    """From a card only what an action needs; a kind where another was asked for."""
    kind = values.get("kind", nesting.ACTION)
    options = tuple(Option(k, wording.KIND[k]) for k in nesting.below(given.item.row.kind))
    kinds = (Field("kind", "Kind", "choice", kind, options=options),) if kind != nesting.ACTION else ()
    whose = "You" if given.item.standing.owner else "Nobody yet"
    owner = f"{whose}, unless you choose somebody."
    return (*kinds, *_words_fields(values), *_who_and_when(values, given.today, owner))


def _words_fields(values: Values) -> tuple[Field, ...]:
    text = "What is to be done, or what the report says, in its own words."
    return (
        Field("title", "Title", "line", values.get("title", ""), "", "In a few words", most=300),
        Field("text", "Text", "words", values.get("text", ""), text, optional=True),
    )


def _who_and_when(values: Values, today: date, owner: str) -> tuple[Field, ...]:
    day = acting.as_iso(values.get("target", ""), today)
    return (
        Field("target", "Target date", "day", day, "", "Choose a date", True),
        Field("person", "Owner", "person", values.get("person", ""), owner, optional=True),
    )


def _told(given: Given, values: Values) -> str:
    """What it is called, under what it stands, and whose it is."""
    item = given.item
    under = f" stands under {item.parent}" if item.parent else " is in the register"
    whose = "is yours" if item.standing.owner else f"is {item.row.owner}'s" if item.row.owner else ""
    due = f" Its target date is {british(item.item['target_date'])}." if item.item["target_date"] else ""
    off = acting.remark(item.item["target_date"]) if item.item["target_date"] else ""
    waits = f" and {whose}." if whose else "; it waits to be allocated."
    return f"{item.row.reference}{under}{waits}{due}{off}"


ACT = Act(
    "add",
    "Add an item",
    "Added.",
    _carry,
    _told,
    submit="Add",
    example=": title of the action",
    needs=("title",),
    fields=_fields,
)


# --- of a report ----------------------------------------------------------------------------------------------------


def _finding(desk: Desk, ask: Ask, said: Said, kind: str) -> Card:
    """A finding that arrives by itself: typed whole, or in the form."""
    values = {"report": said.where, "kind": kind, "title": said.title}
    return recording.answer(_entry(desk, ask, values), ask, values, said.title)


def _entry(desk: Desk, ask: Ask, values: Values) -> Entry:
    code = references.tidied(values["report"])
    return Entry(
        "add",
        code,
        "Add an item",
        "Added.",
        "add",
        f"add {code or 'CYBER19'} recommendation: its title",
        _finding_fields(ask, values),
        ("report", "kind", "title"),
        lambda: record.admit_finding(desk.store, ask.actor),
        partial(_carried, desk, ask),
        lambda given, saved: _answered(desk, ask, saved),
        "Add",
    )


def _finding_fields(ask: Ask, values: Values) -> tuple[Field, ...]:
    kinds = tuple(Option(kind, label) for kind, label in wording.KIND.items())
    report = "Its code. Empty: that of what it stands under."
    under = "A reference, where it stands under a cause of concern or another finding."
    as_above = Option(INHERIT, "As what it stands under", "OFFICIAL where that is nothing")
    marks = (as_above, *(Option(marking, marking) for marking in MARKINGS))
    return (
        Field("report", "Report", "line", values["report"], report, "CYBER19", True, 40),
        Field("kind", "Kind", "choice", values["kind"] or "recommendation", options=kinds),
        *_words_fields(values),
        Field("number", "Number", "line", "", "The report's own number for it.", "", True, 60),
        Field("under", "Stands under", "line", "", under, "", True, 40),
        Field("deadline_wording", "Deadline wording", "line", "", "As the report says it.", "", True, 300),
        Field("inspectorate_deadline", "Inspectorate deadline", "day", "", "", "Choose a date", True),
        *_who_and_when(values, ask.today, "Nobody yet, unless you choose somebody."),
        Field("marking", "Marking", "choice", INHERIT, options=marks),
    )


def _carried(desk: Desk, ask: Ask, values: Values) -> Saved:
    fixed = values.get("inspectorate_deadline", "").strip()
    new = New(
        values.get("kind", ""),
        values.get("title", ""),
        values.get("text", ""),
        values.get("report", ""),
        values.get("under", ""),
        values.get("marking", "").replace(INHERIT, ""),
        number=values.get("number", ""),
        deadline_wording=values.get("deadline_wording", ""),
        inspectorate_deadline=acting.day_of(values, ask.today, "inspectorate_deadline") if fixed else None,
        target_date=_target(values, ask.today),
        owner=_owner(desk, ask, values),
    )
    return record.add_item(desk.store, ask.actor, new)


def _answered(desk: Desk, ask: Ask, saved: Saved) -> tuple[str, tuple[Part, ...]]:
    with desk.store.read() as tx:
        item = questions.whole(tx, saved.reference, ask.reader(desk))
    assert item is not None  # who keeps the register reads all of it
    told = _told(Given(desk, ask, item, Told(saved.reference, None, "", False)), {})
    return told, (item_row(item.row, ask.today, desk.limits, update_button(item.row)),)
