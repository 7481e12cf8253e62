"""Every change of an item: load, decide and write in one transaction; saved is said after the commit."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from storage import people, refusals
from storage.fields import ITEM_FIELDS, derived, differences, london_day
from storage.history import Event, append
from storage.people import Person
from storage.prepared import Prepared
from storage.refusals import FieldFaults, NotAllowed, Present
from storage.rules import lifecycle, permissions, references
from storage.rules.permissions import Standing
from storage.store import Store, new_id
from storage.tables import EVIDENCE, HISTORY, ITEM, ITEM_PERSON, REQUEST, REQUEST_KEY, UPDATE

WORDS_MOST = 3000
OFF_TRACK_MOST = 300


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


class Plan(NamedTuple):
    """What an act makes of an item: new values, words for the ledger, and the rows that go with them.

    `rows` is called with the event's number once it is known.
    """

    values: Mapping[str, Any]
    words: Mapping[str, str]
    rows: Callable[[Connection, int, datetime], None]


class Loaded(NamedTuple):
    """An item under lock, and what the person is to it."""

    item: dict[str, Any]
    standing: Standing
    request: Any


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
_SAY = Prepared(insert(UPDATE), ("item_id", "person_id", "event", "at", "words"))
_LAST = (
    select(HISTORY.c.act, HISTORY.c.at, HISTORY.c.actor_id)
    .where(HISTORY.c.item_id == bindparam("item"), HISTORY.c.act != "refused")
    .order_by(HISTORY.c.seq.desc())
    .limit(1)
)


def add_update(
    store: Store, actor: Actor, reference: str, version: int | None, words: str, touched: Mapping[str, Any]
) -> Saved:
    """A progress update; `touched` holds `forecast_date` and `off_track` only where the person changed them.

    `version` is the one the person saw; None where they saw none. Raises NotAllowed or FieldFaults.
    """

    def decide(found: Loaded, now: datetime) -> Plan:
        _check_update(words, touched, london_day(now))
        values = {**touched, "last_update_on": london_day(now)}
        return Plan(values, {"note": words.strip()}, _update_row(found, actor, words))

    return _change(store, actor, "update", reference, version, decide)


def _check_update(words: str, touched: Mapping[str, Any], today: date) -> None:
    faults = {}
    if not has_words(words):
        faults["note"] = "Say in a sentence or two what has changed."
    elif len(words) > WORDS_MOST:
        faults["note"] = (
            f"That is {len(words):,} characters; {WORDS_MOST:,} fit. Shorten it, or say the rest in a second update."
        )
    forecast = touched.get("forecast_date")
    if forecast and forecast < today:
        faults["forecast"] = (
            f"{refusals.day_shown(forecast)} has passed. Choose today, {refusals.day_shown(today)}, or later."
        )
    if len(touched.get("off_track") or "") > OFF_TRACK_MOST:
        faults["off_track"] = f"Say it in at most {OFF_TRACK_MOST} characters."
    if faults:
        raise FieldFaults(faults)


def has_words(text: str) -> bool:
    """Whether there is anything in it that a person could read."""
    return any(c.isprintable() and not c.isspace() for c in text)


def _update_row(found: Loaded, actor: Actor, words: str) -> Callable[[Connection, int, datetime], None]:
    def write(tx: Connection, event: int, at: datetime) -> None:
        who = {"item_id": found.item["id"], "person_id": actor.person.id}
        _SAY.write(tx, {**who, "event": event, "at": at, "words": words.strip()})

    return write


def ask_sign_off(
    store: Store, actor: Actor, reference: str, version: int | None, words: str, links: list[str]
) -> Saved:
    """Ask for sign-off: what was done, and at least one link as evidence; the item is then pending sign-off."""

    def decide(found: Loaded, now: datetime) -> Plan:
        _check_sign_off(words, links)
        if found.request is not None:
            raise _asked_already(found, reference)
        kept = {"words": words.strip(), "evidence": "\n".join(links)}
        return Plan({"status": lifecycle.PENDING_SIGN_OFF}, kept, _request_rows(found, actor, words, links))

    return _change(store, actor, "complete", reference, version, decide)


def _check_sign_off(words: str, links: list[str]) -> None:
    faults = {}
    if not has_words(words):
        faults["done"] = "Say what was done; the DCC reads it before signing off."
    elif len(words) > WORDS_MOST:
        faults["done"] = f"That is {len(words):,} characters; {WORDS_MOST:,} fit."
    if not links:
        faults["evidence"] = "Give a link to what shows that it was done, beginning with https://"
    elif not all(is_link(link) for link in links):
        faults["evidence"] = "That is not a link. Copy it from the browser's address line; it begins with https://"
    if faults:
        raise FieldFaults(faults)


def is_link(text: str) -> bool:
    """A web address that may be kept and shown as a link."""
    scheme, found, rest = text.partition("://")
    plain = not any(c.isspace() or c in '<>|"' for c in text)
    return bool(found) and scheme.lower() in {"http", "https"} and bool(rest.strip("/")) and plain and len(text) <= 2000


def _asked_already(found: Loaded, reference: str) -> NotAllowed:
    said = (
        f"{found.item['reference']} has a request that waits for a decision already. It is decided or withdrawn first."
    )
    return NotAllowed("asked_already", f"Not asked: {reference}", "Not asked.", said, found.item["reference"])


def _request_rows(
    found: Loaded, actor: Actor, words: str, links: list[str]
) -> Callable[[Connection, int, datetime], None]:
    def write(tx: Connection, event: int, at: datetime) -> None:
        who = {"item_id": found.item["id"], "event": event}
        asked = {
            **who,
            "kind": "sign_off",
            "asker_id": actor.person.id,
            "asked_at": at,
            "words": words.strip(),
        }
        number = new_id(tx, insert(REQUEST).values(**asked))
        tx.execute(
            insert(EVIDENCE),
            [{**who, "request_id": number, "person_id": actor.person.id, "at": at, "link": link} for link in links],
        )

    return write


def refuse(store: Store, actor: Actor, act: str, reference: str, version: int | None) -> None:
    """Raise the NotAllowed that `act` would meet now, and record it where it is one of authority.

    For a form that is not worth opening. Returns when the act is possible after all.
    """
    with store.write() as tx:
        answer = _first_answer(tx, actor) or _admitted(tx, store, actor, act, reference, version)
    if isinstance(answer, NotAllowed):
        raise answer


# --- the one way of a change ----------------------------------------------------------------------------------------


def _change(store: Store, actor: Actor, act: str, reference: str, version: int | None, decide: Decide) -> Saved:
    """Request key, authorisation, version check, change, history and outbox in one transaction."""
    with store.write() as tx:
        done = _first_answer(tx, actor)
        if done is None:
            done = _attempt(tx, store, actor, act, reference, version, decide)
    if isinstance(done, NotAllowed):
        raise done
    return done


def _attempt(
    tx: Connection, store: Store, actor: Actor, act: str, reference: str, version: int | None, decide: Decide
) -> Saved | NotAllowed:
    found = _admitted(tx, store, actor, act, reference, version)
    if isinstance(found, NotAllowed):
        return found
    return _write(tx, store, actor, act, found, decide(found, store.clock()))


def _admitted(
    tx: Connection, store: Store, actor: Actor, act: str, reference: str, version: int | None
) -> Loaded | NotAllowed:
    """The item under lock for somebody who may do this to it as it stands; else why not."""
    found = load(tx, actor.person, reference)
    kind = _authorise(found, act)
    if found is None or kind == "unknown":
        return refusals.unknown(references.tidied(reference))
    if kind is not None:
        return _write_refusal(tx, store, actor, act, found, kind)
    _refuse_if_moved_on(tx, found, version, store.clock())
    return found


def load(tx: Connection, person: Person, reference: str) -> Loaded | None:
    """The item under lock with what the person is to it; None when there is no such item."""
    item = _ITEM.item(tx, {"key": references.key(reference)})
    if item is None:
        return None
    request = _PENDING.first(tx, {"item": item["id"]})
    asker = request is not None and request.asker_id == person.id
    return Loaded(item, standing(tx, person, item, asker=asker), request)


def standing(tx: Connection, person: Person, item: Mapping[str, Any], *, asker: bool = False) -> Standing:
    """What the person is to the item, read from the register and never from what a button says."""
    ties = set(_TIES.column(tx, {"item": item["id"], "person": person.id}) if person.id else ())
    return Standing(person.roles, "owner" in ties, "delegate" in ties, "lead" in ties, asker, "grant" in ties)


def _authorise(found: Loaded | None, act: str) -> str | None:
    if found is None:
        return "unknown"
    facts = (found.item["status"], found.item["marking"], found.standing)
    return permissions.refusal(act, *facts, requested=found.request is not None)


def _refuse_if_moved_on(tx: Connection, found: Loaded, version: int | None, now: datetime) -> None:
    if version is None or version == found.item["version"]:
        return
    last = tx.execute(_LAST, {"item": found.item["id"]}).one()
    who = people.called(tx, last.actor_id)
    raise refusals.moved_on(found.item["reference"], who, last.act, last.at, now)


def _write(tx: Connection, store: Store, actor: Actor, act: str, found: Loaded, plan: Plan) -> Saved:
    item = found.item
    values = {**item, **plan.values}
    version = item["version"] + 1
    touched = tuple(f for f in ITEM_FIELDS if f in plan.values)
    fields = differences(touched, item, values) | {k: (None, v) for k, v in plan.words.items()}
    event = Event(act, actor.person.id, actor.place, actor.request_key, item["id"], None, version, fields)
    end = append(tx, store, [event])[0]
    stored = {**plan.values, **derived(values, item["created_at"]), "version": version, "updated_at": end.at}
    changed = {column: value for column, value in stored.items() if value != item[column]}  # spares the indexes
    _change_item(tuple(sorted(changed))).write(tx, {**changed, "of_item": item["id"], "of_version": item["version"]})
    plan.rows(tx, end.seq, end.at)
    saved = Saved(item["reference"], version, end.seq, end.at)
    _keep_answer(tx, actor, end.at, {"reference": saved.reference, "version": version, "event": end.seq})
    return saved


@lru_cache(maxsize=128)
def _change_item(columns: tuple[str, ...]) -> Prepared:
    """The update of these columns of an item that is still of a version."""
    of_item = (ITEM.c.id == bindparam("of_item"), ITEM.c.version == bindparam("of_version"))
    return Prepared(update(ITEM).where(*of_item).values({c: bindparam(c) for c in columns}))


def _write_refusal(tx: Connection, store: Store, actor: Actor, act: str, found: Loaded, kind: str) -> NotAllowed:
    """A refusal of authority is part of the record; what was merely out of date or incomplete is not."""
    item = found.item
    answer = refusals.refused(kind, act, present(tx, item))
    event = Event("refused", actor.person.id, actor.place, actor.request_key, item["id"], fields={"tried": (None, act)})
    end = append(tx, store, [event])[0]
    words = {"kind": kind, "subject": answer.subject, "opening": answer.opening, "sentence": answer.sentence}
    _keep_answer(tx, actor, end.at, {"refused": {**words, "reference": item["reference"]}})
    return answer


def present(tx: Connection, item: Mapping[str, Any]) -> Present:
    """How the item stands, for a refusal."""
    names = {role: people.holders(tx, role) for role in ("liaison", "dcc")}
    return Present(
        item["reference"],
        item["status"],
        people.called(tx, item["owner_id"]),
        item["owner_id"] is not None,
        (names["liaison"] or ["the liaison"])[0],
        (names["dcc"] or ["the DCC"])[0],
    )


def _keep_answer(tx: Connection, actor: Actor, at: datetime, answer: Mapping[str, Any]) -> None:
    if actor.request_key:
        _KEEP_ANSWER.write(tx, {"key": actor.request_key, "at": at, "answer": json.dumps(answer)})


def _first_answer(tx: Connection, actor: Actor) -> Saved | NotAllowed | None:
    """What this request was answered when it first came; None when it is new."""
    kept = _ANSWER.first(tx, {"key": actor.request_key}) if actor.request_key else None
    if kept is None:
        return None
    answer = json.loads(kept.answer)
    if "refused" in answer:
        return NotAllowed(**answer["refused"])
    at = tx.execute(select(HISTORY.c.at).where(HISTORY.c.seq == answer["event"])).scalar_one()
    return Saved(**answer, at=at, repeated=True)
