"""Target dates: the first is set, every later one is asked for and approved; the original is never overwritten."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from storage.fields import london_day
from storage.record import requests
from storage.record.change import Actor, Loaded, Plan, Rows, Saved, change
from storage.record.updates import raise_any, words_fault
from storage.refusals import day_shown
from storage.rules import deadlines, lifecycle
from storage.store import Store
from storage.tables import TARGET_CHANGE


def set_target(store: Store, actor: Actor, reference: str, version: int | None, day: date) -> Saved:
    """The first target date."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(day_faults(day, london_day(now)))
        first = {} if found.item["original_target_date"] else {"original_target_date": day}
        return Plan({"target_date": day, **first}, {}, (_moved(found, actor, day, 0, ""),), found.concerned)

    return change(store, actor, "target", reference, version, decide)


def day_faults(day: date, today: date) -> dict[str, str]:
    """What is wrong with a day by which something is to be done."""
    if day < today:
        return {"date": f"{day_shown(day)} has passed. Choose today, {day_shown(today)}, or later."}
    if (day - today).days > deadlines.TEN_YEARS:
        return {"date": f"{day_shown(day)} is over ten years ahead. Choose a date that somebody now here will see."}
    return {}


def _moved(found: Loaded, actor: Actor, day: date, number: int, reason: str) -> Rows:
    def write(tx: Connection, event: int, at: datetime) -> None:
        row: dict[str, Any] = {"item_id": found.item["id"], "event": event, "at": at, "after": day, "number": number}
        row |= {"before": found.item["target_date"], "reason": reason, "by_import": False}
        tx.execute(insert(TARGET_CHANGE).values(**row, person_id=actor.person.id))

    return write


def ask_extension(store: Store, actor: Actor, reference: str, version: int | None, day: date, reason: str) -> Saved:
    """Ask for another target date, for a reason; until it is decided the present one stands."""

    def decide(found: Loaded, now: datetime) -> Plan:
        faults = day_faults(day, london_day(now))
        if day == found.item["target_date"]:
            faults = {"date": f"{day_shown(day)} is the target date already. Choose another."}
        raise_any(faults | words_fault("reason", reason, "Say why; the DCC decides on it, and the panel reads it."))
        told = {"words": reason.strip(), "proposed_date": day.isoformat()}
        return Plan({}, told, (requests.asked(found, actor, requests.EXTEND, reason, day),))

    return change(store, actor, "extend", reference, version, decide)


def approve(store: Store, actor: Actor, reference: str, version: int | None) -> Saved:
    """The DCC approves the pending extension or no action, and it is done."""

    def decide(found: Loaded, now: datetime) -> Plan:
        rows = requests.decided(found, actor, "approved")
        if found.request.kind == requests.NO_ACTION:
            return Plan({"status": lifecycle.NO_ACTION}, {}, rows, found.concerned)
        day, reason = found.request.proposed_date, found.request.words
        values = extended(found.item, day)
        moved = _moved(found, actor, day, values["moves"], reason)
        return Plan(values, {"reason": reason}, (*rows, moved), found.concerned)

    return change(store, actor, "approve", reference, version, decide)


def extended(item: Mapping[str, Any], day: date | None) -> dict[str, Any]:
    """The item with another target date: every change is a move, and only one to a later date an extension."""
    before = item["target_date"]
    later = day is not None and before is not None and day > before
    return {"target_date": day, "moves": item["moves"] + 1, "extensions": item["extensions"] + int(later)}


def refuse(store: Store, actor: Actor, reference: str, version: int | None, reason: str) -> Saved:
    """The DCC refuses the pending extension or no action: all stays as it is."""

    def decide(found: Loaded, now: datetime) -> Plan:
        raise_any(words_fault("reason", reason, "Say why not, so that the owner can act on it."))
        rows = requests.decided(found, actor, "refused", reason)
        return Plan({}, {"reason": reason.strip()}, rows, found.concerned)

    return change(store, actor, "refuse", reference, version, decide)
