"""Corrections of an item: one field at a time, for a reason; the ledger keeps what stood there."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from storage.prepared import Prepared
from storage.record.change import Actor, Loaded, Plan, Saved, change
from storage.record.items import nesting_fault, text_fault, title_fault
from storage.record.updates import raise_any, words_fault
from storage.refusals import FieldFaults
from storage.rows import levelled, one_line, word_fault
from storage.rules import nesting, references
from storage.store import Store
from storage.tables import ITEM

LINES = ("number", "board", "addressee", "inspectorate_ref")
LINE_MOST = 300
EDITED = (
    "title",
    "text",
    "marking",
    "kind",
    "number",
    "board",
    "objective",
    "scope",
    "addressee",
    "deadline_wording",
    "inspectorate_deadline",
    "inspectorate_ref",
    "parent",
    "lead",
    "external_dependency",
)
_NEWS = frozenset({"title", "text", "kind", "inspectorate_deadline", "lead", "marking"})
_BY_KEY = Prepared(select(ITEM.c.id, ITEM.c.kind, ITEM.c.reference).where(ITEM.c.reference_key == bindparam("key")))
_ABOVE = Prepared(select(ITEM.c.parent_id, ITEM.c.kind, ITEM.c.reference).where(ITEM.c.id == bindparam("item")))
_KINDS_BELOW = Prepared(select(ITEM.c.kind, ITEM.c.reference).where(ITEM.c.parent_id == bindparam("item")))

Value = str | date | int | None


def edit(
    store: Store, actor: Actor, reference: str, version: int | None, field: str, value: Value, reason: str
) -> Saved:
    """Give one field another value: words, a day for a deadline, a reference for `parent`, a person's id for `lead`.

    None or "" takes away what stood there. Raises NotAllowed or FieldFaults (`field`, `value`, `reason`).
    """

    def decide(found: Loaded, now: datetime) -> Plan:
        faults = words_fault("reason", reason, "Say why it is corrected.")
        if field not in EDITED:
            raise FieldFaults({"field": "That is not corrected here."})
        values = _READERS.get(field, _words)(found, field, value, faults)
        if not faults and all(found.item[column] == new for column, new in values.items()):
            faults["value"] = "That is what stands there already."
        raise_any(faults)
        tell = found.concerned if field in _NEWS else frozenset()
        new_lead = {values["lead_id"]} - {None} if field == "lead" else set()
        return Plan(values, {"reason": reason.strip()}, (), tell | new_lead)

    return change(store, actor, "edit", reference, version, decide)


Values = dict[str, Any]
Faults = dict[str, str]


def _words(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    """Words in the form in which an import keeps them."""
    said = levelled(str(value or "")).strip()
    said = said if field in {"text", "deadline_wording"} else one_line(said)
    wrong = word_fault(field, said) or text_fault(said)
    if field in LINES and len(said) > LINE_MOST:
        wrong = f"That is {len(said):,} characters; {LINE_MOST} fit."
    return {field: _noted(said, wrong, faults)}


def _noted(value: Any, wrong: str, faults: Faults) -> Any:
    """The value; what is wrong with it goes into `faults`."""
    if wrong:
        faults["value"] = wrong
    return value


def _title(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    said = " ".join(levelled(str(value or "")).split())
    return {"title": _noted(said, title_fault(said), faults)}


def _objective(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    """Any number of them, one after the other with "; " between."""
    each = dict.fromkeys(" ".join(one.split()) for one in levelled(str(value or "")).split(";"))
    said = "; ".join(one for one in each if one)
    return {"objective": _noted(said, text_fault(said), faults)}


def _deadline(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    return {field: value if isinstance(value, date) else None}


def _lead(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    return {"lead_id": value if isinstance(value, int) else None}


def _kind(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    """What it is must fit what it stands under, and what stands under it."""
    values = _words(found, field, value, faults)
    kind = values["kind"]
    if "value" in faults or not kind:
        faults.setdefault("value", "Every item is of a kind. Give the right one.")
        return values
    above = _ABOVE.first(found.tx, {"item": found.item["parent_id"]}) if found.item["parent_id"] else None
    _noted(kind, nesting_fault(kind, *((above.kind, above.reference) if above else ("", ""))), faults)
    for child in _KINDS_BELOW.named(found.tx, {"item": found.item["id"]}):
        wrong = nesting_fault(child.kind, kind, found.item["reference"])
        _noted(kind, wrong and f"{child.reference} stands under it. {wrong}", faults)
    return values


def _parent(found: Loaded, field: str, value: Value, faults: Faults) -> Values:
    """Another item, of a kind that this one may stand under, and never one that stands under this one itself."""
    kind = found.item["kind"]
    if not value:
        return {"parent_id": _noted(None, nesting_fault(kind, "", ""), faults)}
    other = _BY_KEY.first(found.tx, {"key": references.key(str(value))})
    if other is None:
        faults["value"] = f"There is no item {references.tidied(str(value))[:32]}. Check the reference."
        return {}
    wrong = nesting_fault(kind, other.kind, other.reference)
    if found.item["id"] in _line_above(found, other.id):
        wrong = f"The parents would go round in a circle: {other.reference} is this item, or stands under it."
    return {"parent_id": _noted(other.id, wrong, faults)}


def _line_above(found: Loaded, start: int) -> list[int]:
    """An item and all that it stands under; nobody else changes it meanwhile, as who writes holds the pen."""
    return nesting.line(start, lambda item: next(iter(_ABOVE.column(found.tx, {"item": item})), None))


_READERS: dict[str, Callable[[Loaded, str, Value, Faults], Values]] = {
    "title": _title,
    "objective": _objective,
    "inspectorate_deadline": _deadline,
    "lead": _lead,
    "kind": _kind,
    "parent": _parent,
}
