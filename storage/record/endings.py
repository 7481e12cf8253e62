"""How an item ends or begins again other than by sign-off, and the inspectorate's own closure."""

from datetime import date, datetime

from sqlalchemy import bindparam, select

from storage.fields import london_day
from storage.prepared import Prepared
from storage.record import requests
from storage.record.change import Actor, Loaded, Plan, Saved, change
from storage.record.posts import to_its_holder
from storage.record.updates import raise_any, words_fault
from storage.refusals import day_shown
from storage.rules import lifecycle, nesting, references
from storage.store import Store
from storage.tables import ITEM, REPORT

IN_ERROR = "registered in error"
NUMBER_MOST = 60
_OTHER = Prepared(select(ITEM.c.id, ITEM.c.superseded_by_id).where(ITEM.c.reference_key == bindparam("key")))
_BY = Prepared(select(ITEM.c.superseded_by_id).where(ITEM.c.id == bindparam("item")))
_PUBLISHED = Prepared(select(REPORT.c.published_on).where(REPORT.c.id == bindparam("report")))


def ask_no_action(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """Ask that nothing be done about it; the reason is what the public letter will give."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("reason", reason, "Give the reason in the words that the public letter can print."))
        row = requests.asked(found, actor, requests.NO_ACTION, reason)
        return Plan({}, {"words": reason.strip()}, (row,))

    return change(store, actor, "no action", reference, version, decide)


def supersede(store: Store, actor: Actor, reference: str, version: int | None, by: str, reason: str) -> Saved:
    """Another item takes its place, or it was registered in error (`by` empty); a pending request ends."""

    def decide(found: Loaded, now: datetime) -> Plan:
        faults = words_fault("reason", reason, "Say why, in a sentence.")
        other = _taking_over(found, by, faults)
        raise_any(faults)
        told = {"reason": reason.strip(), "by": references.tidied(by) if other else IN_ERROR}
        values = {"status": lifecycle.SUPERSEDED, "superseded_by_id": other}
        return Plan(values, told, requests.decided(found, actor, "ended", reason), found.concerned)

    return change(store, actor, "supersede", reference, version, decide)


def _taking_over(found: Loaded, by: str, faults: dict[str, str]) -> int | None:
    """The item that takes over; what is wrong with it goes into `faults`."""
    if not by.strip():
        return None
    row = _OTHER.first(found.tx, {"key": references.key(by)})
    if row is None:
        faults["by"] = f"There is no item {references.tidied(by)[:32]}. Check the reference."
        return None
    if row.id == found.item["id"]:
        faults["by"] = "That is this very item. Name the one that takes its place."
        return None
    if found.item["id"] in _line_of(found, row.id):
        faults["by"] = "That would go round in a circle: it gives way to this item itself."
        return None
    return int(row.id)


def _line_of(found: Loaded, start: int) -> list[int]:
    """An item and what took its place, and so on."""
    return nesting.line(start, lambda item: next(iter(_BY.column(found.tx, {"item": item})), None))


def dispute(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """The force does not accept the finding; a pending request ends."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("reason", reason, "Say what is disputed, and why."))
        rows = requests.decided(found, actor, "ended", reason)
        return Plan({"status": lifecycle.DISPUTED}, {"reason": reason.strip()}, rows, found.concerned)

    return change(store, actor, "dispute", reference, version, decide)


def accept(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """The dispute is over, and the work goes on."""
    return _goes_on(store, actor, "accept", reference, version, reason)


def reopen(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """An item that had ended is open again."""
    return _goes_on(store, actor, "reopen", reference, version, reason)


def _goes_on(store: Store, actor: Actor, act: str, reference: str, version: int | None, reason: str) -> Saved:
    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("reason", reason, "Say why, in a sentence."))
        status = lifecycle.after(act, found.item["status"], owned=found.item["owner_id"] is not None)
        values = {"status": status, "completed_on": None, "superseded_by_id": None, "brought_in_ended": False}
        values |= to_its_holder(found)
        return Plan(values, {"reason": reason.strip()}, (), found.concerned)

    return change(store, actor, act, reference, version, decide)


def close(
    store: Store, actor: Actor, reference: str, version: int | None, day: date, number: str, reason: str
) -> Saved:
    """The inspectorate has closed (or discharged) it: its day, its number for it, and why. Our status stays."""

    def decide(found: Loaded, now: datetime) -> Plan:
        faults = words_fault("reason", reason, "Say what the inspectorate gave as its reason, and where it said so.")
        faults |= _day_faults(found, day, london_day(now))
        faults |= {} if number.strip() else {"number": "Give the inspectorate's own number or reference for it."}
        faults |= {"number": f"At most {NUMBER_MOST} characters."} if len(number.strip()) > NUMBER_MOST else {}
        raise_any(faults)
        values = {"inspectorate_status": "closed", "closed_on": day, "inspectorate_ref": number.strip()}
        return Plan(values, {"reason": reason.strip()}, (), found.concerned)

    return change(store, actor, "close", reference, version, decide)


def _day_faults(found: Loaded, day: date, today: date) -> dict[str, str]:
    published = _PUBLISHED.rows(found.tx, {"report": found.item["report_id"]})[0][0]
    if day > today:
        return {"date": f"{day_shown(day)} is in the future. Record it when it has happened."}
    if published and day < published:
        return {"date": f"{day_shown(day)} is before the report was published, {day_shown(published)}."}
    return {}
