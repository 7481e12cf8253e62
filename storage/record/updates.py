"""What is said of an item while it is worked on: progress updates, and on whom it waits."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from storage.fields import london_day
from storage.prepared import Prepared
from storage.record.change import Actor, Loaded, Plan, Rows, Saved, change
from storage.refusals import FieldFaults, day_shown
from storage.store import Store
from storage.tables import UPDATE

WORDS_MOST = 3000
OFF_TRACK_MOST = 300
WHOM_MOST = 120
_SAY = Prepared(insert(UPDATE), ("item_id", "person_id", "event", "at", "words"))


def add_update(
    store: Store, actor: Actor, reference: str, version: int | None, words: str, touched: Mapping[str, Any]
) -> Saved:
    """A progress update; `touched` holds `forecast_date` and `off_track` only where the person changed them.

    `version` is the one the person saw; None where they saw none. Raises NotAllowed or FieldFaults.
    """

    def decide(found: Loaded, now: datetime) -> Plan:
        _check_update(words, touched, london_day(now))
        values = {**touched, "last_update_on": london_day(now)}
        return Plan(values, {"note": words.strip()}, (_update_row(found, actor, words),))

    return change(store, actor, "update", reference, version, decide)


def _check_update(words: str, touched: Mapping[str, Any], today: date) -> None:
    faults = words_fault("note", words, "Say in a sentence or two what has changed.", "say the rest in a second update")
    forecast = touched.get("forecast_date")
    if forecast and forecast < today:
        faults["forecast"] = f"{day_shown(forecast)} has passed. Choose today, {day_shown(today)}, or later."
    if len(touched.get("off_track") or "") > OFF_TRACK_MOST:
        faults["off_track"] = f"Say it in at most {OFF_TRACK_MOST} characters."
    raise_any(faults)


def words_fault(field: str, words: str, missing: str, way_on: str = "say the rest in an update") -> dict[str, str]:
    """What is wrong with words that have to be there, by the field in which they were typed."""
    if not has_words(words):
        return {field: missing}
    if len(words) > WORDS_MOST:
        return {field: f"That is {len(words):,} characters; {WORDS_MOST:,} fit. Shorten it, or {way_on}."}
    return {}


def raise_any(faults: Mapping[str, str]) -> None:
    if faults:
        raise FieldFaults(faults)


def has_words(text: str) -> bool:
    """Whether there is anything in it that a person could read."""
    return any(c.isprintable() and not c.isspace() for c in text)


def _update_row(found: Loaded, actor: Actor, words: str) -> Rows:
    def write(tx: Connection, event: int, at: datetime) -> None:
        who = {"item_id": found.item["id"], "person_id": actor.person.id}
        _SAY.write(tx, {**who, "event": event, "at": at, "words": words.strip()})

    return write


def wait_on(store: Store, actor: Actor, reference: str, version: int | None, whom: str) -> Saved:
    """On which other body the item waits; "" when it waits on nobody any more."""

    def decide(found: Loaded, now: datetime) -> Plan:
        said = " ".join(whom.split())
        if len(said) > WHOM_MOST:
            raise FieldFaults({"whom": f"Name the other body in at most {WHOM_MOST} characters."})
        waits = found.item["external_dependency"] if said else ""
        return Plan({"waiting_on": said, "external_dependency": waits})

    return change(store, actor, "waiting on", reference, version, decide)
