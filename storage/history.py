"""The ledger: append-only events in a hash chain, the present worked back to a past, and its verification.

Format (fixed): `hash` = SHA-256, or HMAC-SHA-256 with AUDIT_KEY, over the 32 bytes of the previous hash, the length
of the body in 8 bytes, and the body: JSON with sorted keys, no spaces, UTF-8. A body names ids only; for each field
it holds SHA-256 of 16 random bytes and the pair [before, after], which lie in `kept_text` and can be erased.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage.fields import ITEM_FIELDS, REPORT_FIELDS, Plain, derived, plain, restored, ties
from storage.prepared import Prepared
from storage.store import Store
from storage.tables import HEAD, HISTORY, ITEM, ITEM_PERSON, KEPT_TEXT, REPORT, UPDATE

GENESIS = "0" * 64
HEAD_SHOWN = 16
Pair = tuple[Plain, Plain]


class Event(NamedTuple):
    """Something that happened, before it is written down."""

    act: str
    actor_id: int | None
    place: str
    request: str
    item_id: int | None = None
    report_id: int | None = None
    version: int | None = None
    fields: Mapping[str, Pair] = {}


class Head(NamedTuple):
    """The end of the chain."""

    seq: int
    hash: str
    at: datetime

    @property
    def shown(self) -> str:
        """The 16 characters that a digest prints, enough to find it again."""
        return self.hash[:HEAD_SHOWN]


class Minute(NamedTuple):
    """One event as it is read back; a field's pair is None where its value was erased."""

    seq: int
    at: datetime
    act: str
    actor_id: int | None
    item_id: int | None
    report_id: int | None
    fields: dict[str, Pair | None]
    body: dict[str, Any]


_HEAD = select(HEAD.c.seq, HEAD.c.hash, HEAD.c.at)
_HEAD_LOCKED = Prepared(_HEAD.with_for_update())
_MOVE_HEAD = Prepared(update(HEAD).values(seq=bindparam("to_seq"), hash=bindparam("to_hash"), at=bindparam("to_at")))
_ADD = Prepared(insert(HISTORY), ("seq", "at", "act", "actor_id", "item_id", "report_id", "body", "hash"))
_KEEP = Prepared(insert(KEPT_TEXT), ("event", "field", "salt", "pair"))


def head(tx: Connection) -> Head:
    return Head(*tx.execute(_HEAD).one())


def append(tx: Connection, store: Store, events: Sequence[Event], *, now: datetime | None = None) -> list[Head]:
    """Write the events down under the head's lock and move the head; gives the head after each.

    `at` is the later of the clock and the last event's time, taken under the lock, so that the chain's order and
    the order of times are one.
    """
    last = Head(*_HEAD_LOCKED.rows(tx, {})[0])
    at = max(now or store.clock(), last.at)
    heads, rows, kept = [], [], []
    for event in events:
        seq = last.seq + 1
        salted = [_salted(store, seq, field, pair) for field, pair in event.fields.items()]
        body = _body(store, event, seq, at, salted)
        last = Head(seq, chained(last.hash, body, store.audit_key), at)
        rows.append(_row(event, last, body))
        kept += salted
        heads.append(last)
    _ADD.write(tx, *rows)
    _KEEP.write(tx, *kept)
    _MOVE_HEAD.write(tx, {"to_seq": last.seq, "to_hash": last.hash, "to_at": last.at})
    return heads


def _salted(store: Store, seq: int, field: str, pair: Pair) -> dict[str, Any]:
    return {"event": seq, "field": field, "salt": store.entropy(16), "pair": canonical(list(pair))}


def _row(event: Event, at_head: Head, body: str) -> dict[str, Any]:
    return {
        "seq": at_head.seq,
        "at": at_head.at,
        "act": event.act,
        "actor_id": event.actor_id,
        "item_id": event.item_id,
        "report_id": event.report_id,
        "body": body,
        "hash": at_head.hash,
    }


def _body(store: Store, event: Event, seq: int, at: datetime, salted: list[dict[str, Any]]) -> str:
    return canonical(
        {
            "seq": seq,
            "at": stamp(at),
            "act": event.act,
            "actor": event.actor_id,
            "place": event.place,
            "request": event.request,
            "item": event.item_id,
            "report": event.report_id,
            "version": event.version,
            "key": fingerprint(store.audit_key),
            "fields": {s["field"]: sealed(s["salt"], s["pair"]) for s in salted},
        }
    )


def stamp(at: datetime) -> str:
    """An instant in UTC with microseconds, as bodies hold it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Any) -> str:
    """JSON in the one form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sealed(salt: bytes, pair: str) -> str:
    return hashlib.sha256(salt + pair.encode("utf-8")).hexdigest()


def fingerprint(key: bytes) -> str | None:
    """Which AUDIT_KEY an event was written under; None without one."""
    return hashlib.sha256(b"lightkeeper audit key" + key).hexdigest()[:16] if key else None


def chained(previous: str, body: str, key: bytes) -> str:
    """The hash of an event after the one whose hash is `previous`."""
    data = body.encode("utf-8")
    message = bytes.fromhex(previous) + len(data).to_bytes(8, "big") + data
    return hmac.digest(key, message, "sha256").hex() if key else hashlib.sha256(message).hexdigest()


# --- reading back ---------------------------------------------------------------------------------------------------


def minutes(tx: Connection, *, item_id: int | None = None, after: int = 0, upto: int | None = None) -> list[Minute]:
    """Events in the chain's order: of one item, or all, with seq in (after, upto]."""
    where = [HISTORY.c.seq > after]
    where += [HISTORY.c.item_id == item_id] if item_id is not None else []
    where += [HISTORY.c.seq <= upto] if upto is not None else []
    rows = tx.execute(select(HISTORY).where(*where).order_by(HISTORY.c.seq)).all()
    values = _values(tx, where)
    return [_minute(row, values) for row in rows]


def _values(tx: Connection, where: list[Any]) -> dict[tuple[int, str], Pair]:
    joined = select(KEPT_TEXT).join(HISTORY, HISTORY.c.seq == KEPT_TEXT.c.event).where(*where)
    return {(row.event, row.field): _pair(row.pair) for row in tx.execute(joined) if row.pair}


def _pair(text: str) -> Pair:
    before, after = json.loads(text)
    return before, after


def _minute(row: Any, values: Mapping[tuple[int, str], Pair]) -> Minute:
    body = json.loads(row.body)
    fields = {field: values.get((row.seq, field)) for field in body["fields"]}
    return Minute(row.seq, row.at, row.act, row.actor_id, row.item_id, row.report_id, fields, body)


def last_event_at(tx: Connection, instant: datetime) -> int:
    """The number of the last event with `at` <= instant; 0 when there is none."""
    return tx.execute(select(func.max(HISTORY.c.seq)).where(HISTORY.c.at <= instant)).scalar() or 0


def worked_back(
    present: dict[int, dict[str, Any]], later: Iterable[Minute], fields: tuple[str, ...], owner: str
) -> dict[int, dict[str, Any]]:
    """The rows (by id) as they stood before the events `later`; what did not exist yet is left out.

    `owner` names the id of an event that says whose row it is: `item_id` or `report_id`.
    """
    past = {number: dict(row) for number, row in present.items()}
    for minute in reversed(list(later)):
        number = getattr(minute, owner)
        if number not in past:
            continue
        if minute.act == "register":
            del past[number]
            continue
        _undo(past[number], minute, fields)
    return past


def _undo(row: dict[str, Any], minute: Minute, fields: tuple[str, ...]) -> None:
    for field, pair in minute.fields.items():
        if field in fields and pair is not None:
            row[field] = restored(field, pair[0])


# --- verification ---------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """Something that does not hold, in one sentence."""

    sentence: str


def verify(store: Store, against: str = "") -> tuple[list[Fault], Head]:
    """Everything that does not hold in the ledger and in what it says of items, reports and updates.

    `against` is an earlier head (16 characters are enough): it must stand in the chain.
    """
    with store.read() as tx:
        end = head(tx)
        checks = {
            "The chain": lambda: _chain_faults(tx, store, end, against),
            "What is kept for the events": lambda: _seal_faults(tx),
            "The history of items": lambda: _present_faults(tx, ITEM, ITEM_FIELDS, "item_id", "reference"),
            "The history of reports": lambda: _present_faults(tx, REPORT, REPORT_FIELDS, "report_id", "code"),
            "What items are listed by": lambda: _derived_faults(tx),
            "Who works on items": lambda: _tie_faults(tx),
            "The progress updates": lambda: _update_faults(tx),
        }
        faults: list[Fault] = []
        for what, check in checks.items():
            _gather(faults, what, check)
    return faults, end


def _gather(faults: list[Fault], what: str, check: Callable[[], Iterable[Fault]]) -> None:
    """Add what the check finds; a value that is not of its kind stops that check alone, and is a fault itself."""
    try:
        faults += check()
    except (ValueError, TypeError, KeyError, AttributeError):
        faults.append(Fault(f"{what} cannot be read to the end: a value in the file is not of its kind."))


def _chain_faults(tx: Connection, store: Store, end: Head, against: str) -> Iterator[Fault]:
    previous, expected, seen = GENESIS, 0, not against
    for row in tx.execute(select(HISTORY).order_by(HISTORY.c.seq)):
        expected += 1
        if row.seq != expected:
            yield Fault(f"Event {expected} is missing: the next one is {row.seq}.")
            expected = row.seq
        yield from _event_faults(row, previous, store)
        previous = row.hash
        seen = seen or row.hash.startswith(against.lower())
    if (end.seq, end.hash) != (expected, previous):
        yield Fault(f"The chain ends at event {expected}, and its head says {end.seq}: events are missing or added.")
    if not seen:
        yield Fault(f"The head {against} does not stand in the chain: events were removed or rewritten.")


def _event_faults(row: Any, previous: str, store: Store) -> Iterator[Fault]:
    try:
        body = json.loads(row.body)
    except ValueError:
        yield Fault(f"Event {row.seq} cannot be read.")
        return
    key = store.audit_key if body.get("key") else b""
    if body.get("key") and body["key"] != fingerprint(store.audit_key):
        yield Fault(f"Event {row.seq} was written under another AUDIT_KEY; give that one to check it.")
    elif chained(previous, row.body, key) != row.hash:
        yield Fault(f"Event {row.seq} was changed, or what stands before it was.")
    told = (
        body.get("seq"),
        body.get("at"),
        body.get("act"),
        body.get("actor"),
        body.get("item"),
        body.get("report"),
    )
    if told != (row.seq, stamp(row.at), row.act, row.actor_id, row.item_id, row.report_id):
        yield Fault(f"Event {row.seq} stands in the table otherwise than in its own words.")


def _seal_faults(tx: Connection) -> Iterator[Fault]:
    seals = {
        (row.seq, field): seal
        for row in tx.execute(select(HISTORY.c.seq, HISTORY.c.body))
        for field, seal in _fields_of(row.body).items()
    }
    erased = _erased(tx)
    for row in tx.execute(select(KEPT_TEXT).order_by(KEPT_TEXT.c.event)):
        seal = seals.pop((row.event, row.field), None)
        gone = not row.pair and not row.salt and (row.event, row.field) in erased
        if seal is None or (not gone and sealed(row.salt, row.pair) != seal):
            yield Fault(f"The {row.field} kept for event {row.event} was changed.")
    for event, field in sorted(seals):
        yield Fault(f"The {field} kept for event {event} is missing.")


def _fields_of(body: str) -> dict[str, str]:
    try:
        return dict(json.loads(body)["fields"])
    except (ValueError, KeyError, TypeError):
        return {}


def _erased(tx: Connection) -> set[tuple[int, str]]:
    """The gaps that an erasure's own event names; only those are accepted."""
    bodies = tx.execute(select(HISTORY.c.body).where(HISTORY.c.act == "erase")).scalars()
    named = [pair for body in bodies for pair in json.loads(body).get("erased", [])]
    return {(event, field) for event, field in named}


def folded(events: Iterable[Minute], owner: str) -> tuple[dict[int, dict[str, Plain]], dict[int, set[str]]]:
    """The rows that the events add up to, by id, and the fields of each that were erased."""
    rows: dict[int, dict[str, Plain]] = {}
    gaps: dict[int, set[str]] = {}
    for minute in events:
        number = getattr(minute, owner)
        if number is None or minute.act == "refused":
            continue
        row = rows.setdefault(number, {})
        for field, pair in minute.fields.items():
            gaps.setdefault(number, set()).discard(field)
            if pair is None:
                gaps[number].add(field)
            else:
                row[field] = pair[1]
        row["version"] = minute.body["version"]
    return rows, gaps


def _present_faults(tx: Connection, kept: Any, fields: tuple[str, ...], owner: str, label: str) -> Iterator[Fault]:
    """Where the present of a table is not the fold of its past."""
    rows, gaps = folded(minutes(tx), owner)
    noun = "Item" if owner == "item_id" else "Report"
    for found in tx.execute(select(kept)).mappings():
        told = rows.pop(found["id"], None)
        if told is None:
            yield Fault(f"{noun} {found[label]} is in the register, and no event says how it came there.")
            continue
        for field in (*fields, "version"):
            if field not in gaps.get(found["id"], ()) and plain(found[field]) != told.get(field):
                yield Fault(f"{noun} {found[label]}: its {field} is not what its history says.")
    for number, told in rows.items():
        yield Fault(f"{noun} {told.get(label, number)} is in the history and no longer in the register.")


def _derived_faults(tx: Connection) -> Iterator[Fault]:
    """What stands beside an item's facts so that lists find it, and does not follow from them."""
    for item in map(dict, tx.execute(select(ITEM)).mappings()):
        for field, value in derived(item, item["created_at"]).items():
            if item[field] != value:
                yield Fault(f"Item {item['reference']}: its {field} does not follow from its facts.")


def _tie_faults(tx: Connection) -> Iterator[Fault]:
    """Where those who may work on an item are not those whom the item names."""
    held: dict[int, list[tuple[int, str]]] = {}
    now = (ITEM_PERSON.c.until.is_(None), ITEM_PERSON.c.tie != "grant")
    for row in tx.execute(select(ITEM_PERSON).where(*now)):
        held.setdefault(row.item_id, []).append((row.person_id, row.tie))
    for item in map(dict, tx.execute(select(ITEM)).mappings()):
        if sorted(held.get(item["id"], ())) != sorted(ties(item)):
            yield Fault(f"Item {item['reference']}: who works on it is not whom it names.")


def _update_faults(tx: Connection) -> Iterator[Fault]:
    """Progress updates that are not those of their event."""
    notes = (
        select(KEPT_TEXT.c.event, KEPT_TEXT.c.pair, HISTORY.c.item_id, HISTORY.c.actor_id, HISTORY.c.at)
        .join(HISTORY, HISTORY.c.seq == KEPT_TEXT.c.event)
        .where(KEPT_TEXT.c.field == "note", HISTORY.c.act == "update")
    )
    told = {row.event: row for row in tx.execute(notes)}
    for row in tx.execute(select(UPDATE)):
        said = told.pop(row.event, None)
        if said is None:
            yield Fault(f"The progress update of event {row.event} was never said.")
        elif (row.item_id, row.person_id, row.at) != (said.item_id, said.actor_id, said.at):
            yield Fault(f"The progress update of event {row.event} was moved.")
        elif said.pair and _pair(said.pair)[1] != row.words:
            yield Fault(f"The progress update of event {row.event} was changed.")
    for event in sorted(event for event, said in told.items() if said.pair):
        yield Fault(f"The progress update of event {event} is missing.")
