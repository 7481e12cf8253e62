"""A new item, one by one: a finding of a report, or an action below one."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from storage import people, refusals
from storage.fields import london_day
from storage.history import moment
from storage.record import arrivals
from storage.record.change import Actor, Loaded, Saved, admitted, note_refusal, once, refused_before, tell
from storage.record.dates import day_faults
from storage.record.reports import event_of, load_report
from storage.record.updates import has_words, raise_any
from storage.refusals import NotAllowed
from storage.rows import MOST_CHARACTERS, levelled, one_line, word_fault
from storage.rules import lifecycle, marking, nesting, permissions, references
from storage.store import Store
from storage.tables import ITEM, REPORT

TITLE_MOST = 300
_INHERITED = ("board", "marking", "scope")


class New(NamedTuple):
    """What somebody gives of a new item; what is left empty it has from the item that it stands under, if any.

    `report` is a code, `under` a reference, `owner` a person's id.
    """

    kind: str
    title: str
    text: str = ""
    report: str = ""
    under: str = ""
    marking: str = ""
    board: str = ""
    number: str = ""
    deadline_wording: str = ""
    inspectorate_deadline: date | None = None
    target_date: date | None = None
    owner: int | None = None


def add_item(store: Store, actor: Actor, new: New, version: int | None = None) -> Saved:
    """A new item, of the next free reference; `version` is that of the item it is to stand under.

    Raises NotAllowed or FieldFaults; gives the new item's own reference.
    """

    def attempt(tx: Connection) -> Saved | NotAllowed:
        parent = _place(tx, store, actor, new, version)
        return parent if isinstance(parent, NotAllowed) else _add(tx, store, actor, new, parent)

    return once(store, actor, attempt)


def admit_finding(store: Store, actor: Actor) -> None:
    """Raise the NotAllowed of who may not add an item that stands under no other, and record it."""
    with store.write() as tx:
        refused = refused_before(tx, actor) or _place(tx, store, actor, New("recommendation", ""), None)
    if isinstance(refused, NotAllowed):
        raise refused


def _place(tx: Connection, store: Store, actor: Actor, new: New, version: int | None) -> Loaded | NotAllowed | None:
    """The item that the new one stands under, for who may add below it; None: it stands under its report alone."""
    if references.key(new.under):
        return admitted(tx, store, actor, "add", new.under, version)
    if permissions.may_record("add", actor.person.roles):
        return None
    answer = refusals.not_recorded_by_you("add", "add", "", people.holders(tx, "liaison"))
    return note_refusal(tx, store, actor, "add", answer)


def _add(tx: Connection, store: Store, actor: Actor, new: New, parent: Loaded | None) -> Saved:
    now = moment(tx, store)
    above = parent.item if parent else {}
    report = _report(tx, new, above)
    faults = _faults(new, actor, above, report, london_day(now))
    raise_any(faults)
    assert report is not None  # else that was a fault
    values = _values(new, above, report)
    values["owner_id"] = new.owner or (actor.person.id if parent and parent.standing.owner else None)
    values["status"] = lifecycle.IN_PROGRESS if values["owner_id"] else lifecycle.AWAITING_ALLOCATION
    values["reference"] = _reference(tx, new.kind, report["code"], above.get("reference", ""))
    item = arrivals.new_item(values, now)
    event = event_of(actor, arrivals.REGISTER, "item_id")
    end = arrivals.insert_items(tx, store, [item], event, now, by_import=False)[0]
    tell(tx, actor, arrivals.REGISTER, item["id"], frozenset({item["owner_id"]} - {None}), end.seq, end.at)
    return Saved(item["reference"], 1, end.seq, end.at)


def _report(tx: Connection, new: New, above: dict[str, Any]) -> dict[str, Any] | None:
    """The report that is named, else the one of the item above."""
    if new.report.strip():
        return load_report(tx, new.report)
    if not above:
        return None
    return dict(tx.execute(select(REPORT).where(REPORT.c.id == above["report_id"])).mappings().one())


def _faults(
    new: New, actor: Actor, above: dict[str, Any], report: dict[str, Any] | None, today: date
) -> dict[str, str]:
    named = references.tidied(new.report)[:32]
    unknown = f"There is no report {named}." if named else "Say of which report it is, by its code."
    found = {
        "title": title_fault(new.title),
        "text": text_fault(new.text),
        "report": "" if report else unknown,
        "kind": _kind_fault(new.kind, above, actor),
        "marking": word_fault("marking", new.marking) if new.marking else "",
        "target": next(iter(day_faults(new.target_date, today).values()), "") if new.target_date else "",
    }
    return {field: said for field, said in found.items() if said}


def _kind_fault(kind: str, above: dict[str, Any], actor: Actor) -> str:
    if wrong := word_fault("kind", kind):
        return wrong
    if kind != nesting.ACTION and not permissions.may_record("add", actor.person.roles):
        return "An owner adds actions; findings of the inspectorate are the liaison's to add."
    return nesting_fault(kind, above.get("kind", ""), above.get("reference", ""))


def nesting_fault(kind: str, above: str, reference: str) -> str:
    """What is wrong with an item of that kind under one of the kind `above` ("": under none); "" when nothing is."""
    if nesting.may_stand_under(kind, above):
        return ""
    if not above:
        return "An action stands under a finding. Say which, by its reference."
    may = nesting.below(above)
    said = f"{_A[kind]} cannot stand under {_A[above].lower()}, which {reference} is."
    return f"{said} {f'Only {_either(may)} can.' if may else 'Nothing can: an action is the last step.'}"


_A = {
    "cause_of_concern": "A cause of concern",
    "accelerated_cause_of_concern": "An accelerated cause of concern",
    "recommendation": "A recommendation",
    "area_for_improvement": "An area for improvement",
    "action": "An action",
}


def _either(kinds: list[str]) -> str:
    return refusals.either([_A[kind][0].lower() + _A[kind][1:] for kind in kinds])


def title_fault(title: str) -> str:
    """What is wrong with a title; "" when nothing is."""
    if not has_words(title):
        return "Give it a title, in a few words."
    if len(title) > TITLE_MOST:
        return f"That is {len(title):,} characters; {TITLE_MOST} fit in a title. The rest belongs in the text."
    return ""


def text_fault(text: str) -> str:
    """What is wrong with words that may be left out; "" when nothing is."""
    most = f"That is {len(text):,} characters; {MOST_CHARACTERS:,} fit."
    return most if len(text) > MOST_CHARACTERS else ""


def _values(new: New, above: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {column: above.get(column, "") for column in _INHERITED}
    given = {"marking": new.marking, "board": one_line(new.board)}
    values |= {column: value for column, value in given.items() if value}
    values["marking"] = values["marking"] or marking.OFFICIAL
    values |= {"kind": new.kind, "title": " ".join(levelled(new.title).split()), "text": levelled(new.text).strip()}
    values |= {"number": one_line(new.number), "deadline_wording": levelled(new.deadline_wording).strip()}
    values |= {"inspectorate_deadline": new.inspectorate_deadline, "target_date": new.target_date}
    values |= {"report_id": report["id"], "parent_id": above.get("id"), "lead_id": None, "delegates": ""}
    return values


def _reference(tx: Connection, kind: str, code: str, parent: str) -> str:
    """The next one, under the lock of whoever writes; FieldFaults where the code leaves no room for it."""
    begins = nesting.stem(kind, code, parent)
    used = select(ITEM.c.reference_key).where(ITEM.c.reference_key.startswith(begins.upper(), autoescape=True))
    reference = nesting.next_reference(begins, tx.execute(used).scalars())
    if not references.is_reference(reference):
        long = f"{reference} would be longer than the {references.MOST} characters of a reference."
        raise_any({"report": f"{long} Bring it in by import, with a shorter one."})
    return reference
