"""The ledger: append-only events in a hash chain, the present worked back to a past, and the fold of all events.

Format (fixed): `hash` = SHA-256, or HMAC-SHA-256 with AUDIT_KEY, over the 32 bytes of the previous hash, the length
of the body in 8 bytes, and the body: JSON with sorted keys, no spaces, UTF-8. A body names ids only; for each field
it holds SHA-256 of 16 random bytes and the pair [before, after], which lie in `kept_text` and can be erased.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storage.fields import Plain, restored
from storage.prepared import Prepared
from storage.store import Store
from storage.tables import HEAD, HISTORY, KEPT_TEXT

GENESIS = "0" * 64
HEAD_SHOWN = 16
AT_A_TIME = 2000
Pair = tuple[Plain, Plain]


class Seal(NamedTuple):
    """A field's pair as it is kept, and what a body holds of it."""

    field: str
    salt: bytes
    pair: str
    hash: str


class Event(NamedTuple):
    """Something that happened, before it is written down; `seals` is for who has sealed its fields beforehand."""

    act: str
    actor_id: int | None
    place: str
    request: str
    item_id: int | None = None
    report_id: int | None = None
    version: int | None = None
    fields: Mapping[str, Pair] = {}
    seals: Sequence[Seal] = ()


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


def moment(tx: Connection, store: Store) -> datetime:
    """The time that an event gets which is written down now, for whoever holds the pen and writes rows beside it."""
    return max(store.clock(), head(tx).at)


def append(tx: Connection, store: Store, events: Sequence[Event], *, now: datetime | None = None) -> list[Head]:
    """Write the events down under the head's lock and move the head; gives the head after each.

    `at` is the later of the clock and the last event's time, taken under the lock, so that the chain's order and
    the order of times are one.
    """
    last = Head(*_HEAD_LOCKED.rows(tx, {})[0])
    at = max(now or store.clock(), last.at)
    heads, rows, kept = [], [], []
    for event in events:
        seq, seals = last.seq + 1, event.seals or seal(store, event.fields)
        body = _body(store, event, seq, at, seals)
        last = Head(seq, chained(last.hash, body, store.audit_key), at)
        rows.append(_row(event, last, body))
        kept += [{"event": seq, "field": s.field, "salt": s.salt, "pair": s.pair} for s in seals]
        heads.append(last)
    _ADD.write(tx, *rows)
    _KEEP.write(tx, *kept)
    _MOVE_HEAD.write(tx, {"to_seq": last.seq, "to_hash": last.hash, "to_at": last.at})
    return heads


def seal(store: Store, fields: Mapping[str, Pair]) -> list[Seal]:
    """The fields of an event with their salts: all of an event that can be worked out before it has its place."""
    return [_seal(field, store.entropy(16), canonical(pair)) for field, pair in fields.items()]


def _seal(field: str, salt: bytes, pair: str) -> Seal:
    return Seal(field, salt, pair, sealed(salt, pair))


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


def _body(store: Store, event: Event, seq: int, at: datetime, seals: Sequence[Seal]) -> str:
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
            "fields": {s.field: s.hash for s in seals},
        }
    )


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def stamp(at: datetime) -> str:
    """An instant in UTC with microseconds, as bodies hold it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Any) -> str:
    """JSON in the one form that is hashed."""
    return _CANONICAL.encode(value)


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


# --- the fold -------------------------------------------------------------------------------------------------------


def every(tx: Connection) -> Iterator[Minute]:
    """All events in the chain's order, with their values, read a few at a time."""
    for row, kept in with_kept(tx):
        if row is not None:
            body = json.loads(row.body)
            values = {text.field: _pair(text.pair) for text in kept if text.pair}
            fields = {field: values.get(field) for field in body["fields"]}
            yield Minute(row.seq, row.at, row.act, row.actor_id, row.item_id, row.report_id, fields, body)


def with_kept(tx: Connection) -> Iterator[tuple[Any, list[Any]]]:
    """Each event's row with what is kept for it; None where something is kept for an event that is not there."""
    rows = tx.execute(select(HISTORY).order_by(HISTORY.c.seq).execution_options(yield_per=AT_A_TIME))
    kept = tx.execute(select(KEPT_TEXT).order_by(KEPT_TEXT.c.event).execution_options(yield_per=AT_A_TIME))
    groups = groupby(kept, key=attrgetter("event"))
    event, texts = next(groups, (None, iter(())))
    for row in rows:
        while event is not None and event < row.seq:
            yield None, list(texts)
            event, texts = next(groups, (None, iter(())))
        if event == row.seq:
            yield row, list(texts)
            event, texts = next(groups, (None, iter(())))
        else:
            yield row, []
    while event is not None:
        yield None, list(texts)
        event, texts = next(groups, (None, iter(())))


def folded(events: Iterable[Minute], owner: str) -> tuple[dict[int, dict[str, Plain]], dict[int, set[str]]]:
    """The rows that the events add up to, by id, and the fields of each that were erased."""
    rows: dict[int, dict[str, Plain]] = {}
    gaps: dict[int, set[str]] = {}
    for minute in events:
        number = getattr(minute, owner)
        if number is not None and minute.body["version"] is not None:
            fold(rows.setdefault(number, {}), gaps.setdefault(number, set()), minute)
    return rows, {number: fields for number, fields in gaps.items() if fields}


def fold(row: dict[str, Plain], gaps: set[str], minute: Minute) -> None:
    """Take one more event into what the earlier ones add up to; only what has a version has changed the row."""
    for field, pair in minute.fields.items():
        if pair is None:
            gaps.add(field)
        else:
            gaps.discard(field)
            row[field] = pair[1]
    row["version"] = minute.body["version"]


class Fault(NamedTuple):
    """Something that does not hold, in one sentence."""

    sentence: str


def verify(store: Store, against: str = "") -> tuple[list[Fault], Head]:
    """Everything that does not hold in the ledger, and in what the register makes of it: see storage/verify.py."""
    from storage import verify as whole

    return whole.verify(store, against)
