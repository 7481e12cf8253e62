"""The one way of a change of an item: load, decide and write in one transaction."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from storage import outbox, people, refusals
from storage.fields import ITEM_FIELDS, derived, differences, london_day, ties
from storage.history import Event, append
from storage.people import Person
from storage.prepared import Prepared
from storage.refusals import NotAllowed, Present
from storage.rules import permissions, references
from storage.rules.permissions import Standing
from storage.store import Store
from storage.tables import HISTORY, ITEM, ITEM_PERSON, REQUEST, REQUEST_KEY


class Actor(NamedTuple):
    """Who asks for a change, from where, and the key by which a repeat is known ("" where none can come)."""

    person: Person
    place: str
    request_key: str


class Saved(NamedTuple):
    """A change that is in the register; `repeated` when it was so before this request came again."""

    reference: str
    version: int
    event: int
    at: datetime
    repeated: bool = False


Rows = Callable[[Connection, int, datetime], None]


class Plan(NamedTuple):
    """What an act makes of an item: new values, words for the ledger, and the rows that go with them.

    Each of `rows` is called with the event's number and time once they are known; `tell` are the persons who hear of
    it by a direct message.
    """

    values: Mapping[str, Any] = {}
    words: Mapping[str, Any] = {}
    rows: tuple[Rows, ...] = ()
    tell: frozenset[int] = frozenset()


class Loaded(NamedTuple):
    """An item under lock, what the person is to it, and its pending request; `tx` is for what else an act looks up."""

    tx: Connection
    item: dict[str, Any]
    standing: Standing
    request: Any

    @property
    def asker(self) -> int | None:
        """Who asked for what is pending."""
        return self.request.asker_id if self.request else None

    @property
    def concerned(self) -> frozenset[int]:
        """Those who wait for what becomes of it: the owner, and who asked."""
        return frozenset(n for n in (self.item["owner_id"], self.asker) if n)


Decide = Callable[[Loaded, datetime], Plan]

_ITEM = Prepared(select(ITEM).where(ITEM.c.reference_key == bindparam("key")).with_for_update())
_TIES = Prepared(
    select(ITEM_PERSON.c.tie).where(
        ITEM_PERSON.c.item_id == bindparam("item"),
        ITEM_PERSON.c.person_id == bindparam("person"),
        ITEM_PERSON.c.until.is_(None),
    )
)
_PENDING = Prepared(select(REQUEST).where(REQUEST.c.item_id == bindparam("item"), REQUEST.c.decision == "pending"))
_ANSWER = Prepared(select(REQUEST_KEY.c.answer).where(REQUEST_KEY.c.key == bindparam("key")))
_KEEP_ANSWER = Prepared(insert(REQUEST_KEY), ("key", "at", "answer"))
_JOIN = Prepared(insert(ITEM_PERSON), ("item_id", "person_id", "tie", "since"))
_LEAVE = Prepared(
    update(ITEM_PERSON)
    .where(
        ITEM_PERSON.c.item_id == bindparam("of_item"),
        ITEM_PERSON.c.person_id == bindparam("of_person"),
        ITEM_PERSON.c.tie == bindparam("of_tie"),
        ITEM_PERSON.c.until.is_(None),
    )
    .values(until=bindparam("at"))
)


def admit(store: Store, actor: Actor, act: str, reference: str, version: int | None) -> None:
    """Raise the NotAllowed that `act` would meet now, and record it where it is one of authority.

    For a form that is not worth opening. Returns when the act is possible after all.
    """
    with store.write() as tx:
        answer = _first_answer(tx, actor) or admitted(tx, store, actor, act, reference, version)
    if isinstance(answer, NotAllowed):
        raise answer


def change(store: Store, actor: Actor, act: str, reference: str, version: int | None, decide: Decide) -> Saved:
    """Request key, authorisation, version check, change, history and outbox in one transaction."""

    def attempt(tx: Connection) -> Saved | NotAllowed:
        found = admitted(tx, store, actor, act, reference, version)
        return found if isinstance(found, NotAllowed) else _carried(tx, store, actor, act, found, decide)

    return once(store, actor, attempt)


def once(store: Store, actor: Actor, attempt: Callable[[Connection], Saved | NotAllowed]) -> Saved:
    """What the request was answered when it first came, else what `attempt` answers, all in one transaction."""
    with store.write() as tx:
        done = _first_answer(tx, actor)
        if done is None:
            done = attempt(tx)
            if isinstance(done, Saved):
                told = {"reference": done.reference, "version": done.version, "event": done.event}
                keep_answer(tx, actor, done.at, told)
    if isinstance(done, NotAllowed):
        raise done
    return done


def _carried(tx: Connection, store: Store, actor: Actor, act: str, found: Loaded, decide: Decide) -> Saved:
    return write(tx, store, actor, act, found, decide(found, store.clock()))


def admitted(
    tx: Connection, store: Store, actor: Actor, act: str, reference: str, version: int | None
) -> Loaded | NotAllowed:
    """The item under lock for somebody who may do this to it as it stands; else why not."""
    found = load(tx, actor.person, reference)
    kind = _authorise(found, act)
    if found is None or kind == "unknown":
        return refusals.unknown(references.tidied(reference))
    if kind not in permissions.WHOEVER_IT_IS:
        item = found.item
        refuse_if_moved_on(tx, HISTORY.c.item_id == item["id"], item["reference"], item["version"], version, store)
    return found if kind is None else _write_refusal(tx, store, actor, act, found, kind)


def load(tx: Connection, person: Person, reference: str) -> Loaded | None:
    """The item under lock with what the person is to it; None when there is no such item."""
    item = _ITEM.item(tx, {"key": references.key(reference)})
    if item is None:
        return None
    request = _PENDING.first(tx, {"item": item["id"]})
    asker = request is not None and request.asker_id == person.id
    return Loaded(tx, item, standing(tx, person, item, asker=asker), request)


def standing(tx: Connection, person: Person, item: Mapping[str, Any], *, asker: bool = False) -> Standing:
    """What the person is to the item, read from the register and never from what a button says."""
    ties = set(_TIES.column(tx, {"item": item["id"], "person": person.id}) if person.id else ())
    return Standing(person.roles, "owner" in ties, "delegate" in ties, "lead" in ties, asker, "grant" in ties)


def _authorise(found: Loaded | None, act: str) -> str | None:
    if found is None:
        return "unknown"
    item = found.item
    request = found.request.kind if found.request else ""
    dated = item["target_date"] is not None
    facts = (item["status"], item["marking"], found.standing)
    return permissions.refusal(act, *facts, request=request, dated=dated)


def refuse_if_moved_on(
    tx: Connection, its: ColumnElement[bool], about: str, version: int, seen: int | None, store: Store
) -> None:
    """Say who changed an item or a report since the version that the person saw; `its` picks its events."""
    if seen is None or seen == version:
        return
    events = select(HISTORY.c.act, HISTORY.c.at, HISTORY.c.actor_id).where(its, HISTORY.c.act != "refused")
    last = tx.execute(events.order_by(HISTORY.c.seq.desc()).limit(1)).one()
    raise refusals.moved_on(about, people.called(tx, last.actor_id), last.act, last.at, store.clock())


def write(tx: Connection, store: Store, actor: Actor, act: str, found: Loaded, plan: Plan) -> Saved:
    """What was planned for one item under lock, with its event and its notices; the request's answer is not kept yet.

    For who has asked whether the person may, and keeps the answer.
    """
    item = found.item
    values = {**item, **plan.values}
    version = item["version"] + 1
    touched = tuple(f for f in ITEM_FIELDS if f in plan.values)
    fields = differences(touched, item, values) | {k: (None, v) for k, v in plan.words.items()}
    event = Event(act, actor.person.id, actor.place, actor.request_key, item["id"], None, version, fields)
    end = append(tx, store, [event])[0]
    stored = {**plan.values, **derived(values, item["created_at"]), "version": version, "updated_at": end.at}
    rewrite(tx, [(item, stored)])
    retie(tx, item, values, end.at)
    for write_rows in plan.rows:
        write_rows(tx, end.seq, end.at)
    tell(tx, actor, act, item["id"], plan.tell, end.seq, end.at)
    return Saved(item["reference"], version, end.seq, end.at)


def rewrite(tx: Connection, changes: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Give each item its new values: only the columns in which they differ, which spares the indexes of the others."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for item, values in changes:
        changed = {column: value for column, value in values.items() if value != item[column]}
        row = {**changed, "of_item": item["id"], "of_version": item["version"]}
        alike.setdefault(tuple(sorted(changed)), []).append(row)
    for columns, rows in alike.items():
        _change_item(columns).write(tx, *rows)


def retie(tx: Connection, item: Mapping[str, Any], values: Mapping[str, Any], at: datetime) -> None:
    """Who works on the item, from when until when, as its columns say now."""
    held, wanted = ties(item), ties(values)
    for person, tie in sorted(held - wanted):
        _LEAVE.write(tx, {"of_item": item["id"], "of_person": person, "of_tie": tie, "at": at})
    joined = [{"item_id": item["id"], "person_id": p, "tie": t, "since": at} for p, t in sorted(wanted - held)]
    _JOIN.write(tx, *joined)


def tell(tx: Connection, actor: Actor, act: str, item: int, those: frozenset[int], event: int, at: datetime) -> None:
    """A notice of one item to each of them."""
    for person in sorted(those):
        notice(tx, actor, person, event, at, {"act": act, "item": item})


def notice(tx: Connection, actor: Actor, person: int, event: int, at: datetime, told: Mapping[str, Any]) -> None:
    """A notice to one person, unless it is the person who acts; it is drawn and addressed when it is delivered."""
    if person != actor.person.id:
        payload = json.dumps({"event": event, **told})
        outbox.put(tx, f"notice:{event}:{person}", outbox.PERSON, str(person), payload, at)


@lru_cache(maxsize=128)
def _change_item(columns: tuple[str, ...]) -> Prepared:
    """The update of these columns of an item that is still of a version."""
    of_item = (ITEM.c.id == bindparam("of_item"), ITEM.c.version == bindparam("of_version"))
    return Prepared(update(ITEM).where(*of_item).values({c: bindparam(c) for c in columns}))


def _write_refusal(tx: Connection, store: Store, actor: Actor, act: str, found: Loaded, kind: str) -> NotAllowed:
    item = found.item
    answer = refusals.refused(kind, act, present(tx, actor.person, item, found.request))
    return note_refusal(tx, store, actor, act, answer, item=item["id"])


def note_refusal(
    tx: Connection,
    store: Store,
    actor: Actor,
    act: str,
    answer: NotAllowed,
    *,
    item: int | None = None,
    report: int | None = None,
) -> NotAllowed:
    """A refusal is part of the record, and a repeat gets it again; what was merely out of date or incomplete is not."""
    who = (actor.person.id, actor.place, actor.request_key)
    end = append(tx, store, [Event("refused", *who, item, report, fields={"tried": (None, act)})])[0]
    words = {"kind": answer.kind, "subject": answer.subject, "opening": answer.opening, "sentence": answer.sentence}
    keep_answer(tx, actor, end.at, {"refused": {**words, "reference": answer.reference}})
    return answer


def present(tx: Connection, person: Person, item: Mapping[str, Any], request: Any) -> Present:
    """How the item stands, for a refusal."""
    liaisons, deciders = (people.holders(tx, role) for role in ("liaison", "dcc"))
    asked = (
        f"a request for {refusals.REQUESTS[request.kind]} by {people.called(tx, request.asker_id)}" if request else ""
    )
    return Present(
        item["reference"],
        item["status"],
        people.called(tx, item["owner_id"]),
        item["owner_id"] is not None,
        (liaisons or ["the liaison"])[0],
        (deciders or ["the DCC"])[0],
        asked,
        item["target_date"],
        [name for name in deciders if name != person.called],
        london_day(request.asked_at) if request else None,
    )


def keep_answer(tx: Connection, actor: Actor, at: datetime, answer: Mapping[str, Any]) -> None:
    """What the request was answered, which a repeat of it gets again."""
    if actor.request_key:
        _KEEP_ANSWER.write(tx, {"key": actor.request_key, "at": at, "answer": json.dumps(answer)})


def _first_answer(tx: Connection, actor: Actor) -> Saved | NotAllowed | None:
    """What this request was answered when it first came; None when it is new."""
    answer = first_answer(tx, actor)
    if answer is None:
        return None
    return _refused(answer) or Saved(**answer, at=at_of(tx, answer["event"]), repeated=True)


def refused_before(tx: Connection, actor: Actor) -> NotAllowed | None:
    """What this very request was refused with when it first came."""
    answer = first_answer(tx, actor)
    return _refused(answer) if answer else None


def _refused(answer: Mapping[str, Any]) -> NotAllowed | None:
    return NotAllowed(**answer["refused"]) if "refused" in answer else None


def first_answer(tx: Connection, actor: Actor) -> dict[str, Any] | None:
    """What was kept of this request when it first came; None when it is new."""
    kept = _ANSWER.first(tx, {"key": actor.request_key}) if actor.request_key else None
    return dict(json.loads(kept.answer)) if kept else None


def at_of(tx: Connection, event: int) -> datetime:
    """When an event happened."""
    found: datetime = tx.execute(select(HISTORY.c.at).where(HISTORY.c.seq == event)).scalar_one()
    return found
