"""Verification: the ledger is whole, and every row of the record in the register is what its events say.

What it proves: since the head that is checked against (a digest prints one; `--against`), no event was changed, taken
out, put in or moved; and items, reports, who works on them, progress updates, requests, evidence with the bytes of
its files, changes of target dates, snoozes, roles, posts and their holders, who is away from chat, and the kept answers
to requests are what the events add up to, row for row. What was erased by an event of its own is accepted as a gap, and
must be empty.

What it cannot prove: names and identities of persons are no part of the record (they are the chat's, and can be
erased), so neither is who stands behind an identity; schedules, figures and payloads of digests, messages on their way,
and what persons chose to hear and were told by schedule are bound by no event, nor is the table of who has seen a
digest, though each such word is an event; the numbers of rows mean nothing but their order; the wording of a kept
refusal is not bound. Without an AUDIT_KEY, whoever owns the database can write a new chain from some event on: only a
head that was printed before tells.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.exc import DataError

from storage import posts
from storage.account import ERASED, Account, Folded, Requested, registered_on
from storage.fields import ITEM_FIELDS, REPORT_FIELDS, derived, restored
from storage.history import (
    AT_A_TIME,
    GENESIS,
    Fault,
    Head,
    chained,
    every,
    fingerprint,
    sealed,
    stamp,
    with_kept,
)
from storage.rules import references
from storage.store import Store
from storage.tables import (
    EVIDENCE,
    HEAD,
    HISTORY,
    IDENTITY,
    ITEM,
    ITEM_PERSON,
    PERSON,
    POST,
    POST_HOLDER,
    REPORT,
    REQUEST,
    REQUEST_KEY,
    ROLE,
    SNOOZE,
    TARGET_CHANGE,
    UPDATE,
)

Faults = Iterator[Fault]
Rows = Iterable[Any]  # of rows whose columns are looked up by name


@dataclass
class Book:
    """A register that is looked at; `account` is what its events say, folded once for all checks."""

    tx: Connection
    store: Store
    end: Head
    against: str

    @cached_property
    def account(self) -> Account:
        return Account(every(self.tx))

    def rows(self, table: Table, *without: str) -> Rows:
        """All rows in the order of their numbers, a few at a time."""
        columns = [c for c in table.columns if c.name not in without]
        found = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=AT_A_TIME)
        return iter(self.tx.execute(found).mappings())


Check = Callable[[Book], Faults]


def verify(store: Store, against: str = "", checks: Mapping[str, Check] | None = None) -> tuple[list[Fault], Head]:
    """Everything that does not hold in the ledger and in the register that it adds up to.

    `against` is an earlier head (16 characters are enough): it must stand in the chain. `checks` are all of CHECKS
    unless a test takes some out.
    """
    with store.read() as tx:
        book = Book(tx, store, end(tx), against)
        return list(found(book, CHECKS if checks is None else checks)), book.end


def end(tx: Connection) -> Head:
    """The head of the chain, whatever stands in its place."""
    row = tx.execute(select(HEAD.c.seq, HEAD.c.hash, HEAD.c.at).order_by(HEAD.c.id)).first()
    return Head(*row) if row else Head(0, GENESIS, datetime.min.replace(tzinfo=UTC))


def found(book: Book, checks: Mapping[str, Check]) -> Faults:
    """One fault after the other; a value that is not of its kind stops its check alone, and is a fault itself."""
    for what, check in checks.items():
        try:
            yield from check(book)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, StopIteration, DataError):
            yield Fault(f"{what} cannot be read to the end: a value in the file is not of its kind.")


# --- the ledger itself ----------------------------------------------------------------------------------------------


def _chain(book: Book) -> Faults:
    previous, expected, seen, at = GENESIS, 0, not book.against, None
    for row in book.rows(HISTORY):
        expected += 1
        if row["seq"] != expected:
            yield Fault(f"Event {expected} is missing: the next one is {row['seq']}.")
            expected = row["seq"]
        yield from of_event(row, previous, book.store)
        previous, at = row["hash"], row["at"]
        seen = seen or previous.startswith(book.against.lower())
    if (book.end.seq, book.end.hash) != (expected, previous):
        yield Fault(
            f"The chain ends at event {expected}, and its head says {book.end.seq}: events are missing or added."
        )
    elif at is not None and book.end.at != at:
        yield Fault("The head of the chain tells another time than its last event.")
    if not seen:
        yield Fault(_not_in_the_chain(book))


def _not_in_the_chain(book: Book) -> str:
    """That events are missing, and which restore gave up the later ones, where one did."""
    said = f"The head {book.against} does not stand in the chain"
    for minute in every(book.tx):
        given_up, _ = minute.fields.get("head") or (None, None) if minute.act == "restore" else (None, None)
        if given_up and str(given_up).startswith(book.against.lower()):
            return f"{said}: event {minute.seq} restored a backup, and gave up the register that ended with it."
    return f"{said}: events were removed or rewritten."


def of_event(row: Mapping[str, Any], previous: str, store: Store) -> Faults:
    """What does not hold of one event, after the one whose hash is `previous`."""
    seq = row["seq"]
    try:
        body = json.loads(row["body"])
        told = tuple(body[name] for name in ("seq", "at", "act", "actor", "item", "report"))
    except (ValueError, KeyError, TypeError):
        yield Fault(f"Event {seq} cannot be read.")
        return
    key = store.audit_key if body.get("key") else b""
    if body.get("key") and body["key"] != fingerprint(store.audit_key):
        yield Fault(f"Event {seq} was written under another AUDIT_KEY; give that one to check it.")
    elif chained(previous, row["body"], key) != row["hash"]:
        yield Fault(f"Event {seq} was changed, or what stands before it was.")
    if told != (seq, stamp(row["at"]), row["act"], row["actor_id"], row["item_id"], row["report_id"]):
        yield Fault(f"Event {seq} stands in the table otherwise than in its own words.")


def _one_head(book: Book) -> Faults:
    heads = sum(1 for _ in book.rows(HEAD))
    if heads != 1:
        yield Fault(f"The chain has {heads} heads; it must have one.")


def _seals(book: Book) -> Faults:
    erased = _erased(book.tx)
    for row, kept in with_kept(book.tx):
        seals = _fields_of(row.body) if row is not None else {}
        for text in kept:
            seal = seals.pop(text.field, None)
            gone = not text.pair and not text.salt and (text.event, text.field) in erased
            if seal is None or (not gone and sealed(text.salt, text.pair) != seal):
                yield Fault(f"The {text.field} kept for event {text.event} was changed.")
        for field in sorted(seals):
            yield Fault(f"The {field} kept for event {row.seq} is missing.")


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


# --- items and reports ----------------------------------------------------------------------------------------------


def _items(book: Book) -> Faults:
    told = dict(book.account.items)
    for item in book.rows(ITEM):
        row, name = told.pop(item["id"], None), f"Item {item['reference']}"
        if row is None:
            yield Fault(f"{name} is in the register, and no event says how it came there.")
            continue
        yield from _differs(name, item, row, ITEM_FIELDS)
        if (item["created_at"], item["updated_at"]) != (row.since, row.changed):
            yield Fault(f"{name}: it was registered, or changed last, at another time than its history says.")
    for number, row in told.items():
        yield Fault(f"Item {row.values.get('reference', number)} is in the history and no longer in the register.")


def _reports(book: Book) -> Faults:
    told = dict(book.account.reports)
    for report in book.rows(REPORT):
        row, name = told.pop(report["id"], None), f"Report {report['code']}"
        if row is None:
            yield Fault(f"{name} is in the register, and no event says how it came there.")
            continue
        yield from _differs(name, report, row, REPORT_FIELDS)
        if report["registered_on"] != registered_on(row):
            yield Fault(f"{name}: its registered_on is not what its history says.")
        code = report["code"]
        if (report["code_key"], report["sort_key"]) != (references.key(code), references.natural(code)):
            yield Fault(f"{name}: what it is found and sorted by does not follow from its code.")
    for number, row in told.items():
        yield Fault(f"Report {row.values.get('code', number)} is in the history and no longer in the register.")


def _differs(name: str, found: Mapping[str, Any], told: Folded, fields: tuple[str, ...]) -> Faults:
    """Field by field, and as the tables hold it; what was erased holds nothing."""
    for field in fields:
        value = None if field in told.gaps else told.values.get(field)
        if found[field] != restored(field, value):
            yield Fault(f"{name}: its {field} is not what its history says.")
    if found["version"] != told.values["version"]:
        yield Fault(f"{name}: its version is not what its history says.")


def _derived(book: Book) -> Faults:
    """What stands beside an item's facts so that lists find it."""
    for item in book.rows(ITEM):
        for field, value in derived(item, item["created_at"]).items():
            if item[field] != value:
                yield Fault(f"Item {item['reference']}: its {field} does not follow from its facts.")


# --- what belongs to them -------------------------------------------------------------------------------------------


def _compared(noun: str, verb: str, told: Mapping[Any, Mapping[str, Any]], found: Iterable[tuple[Any, Any]]) -> Faults:
    """Rows against what the events say, one for one and in their order; a key is an event's number, or begins with it.

    `found` comes in the order of the rows' numbers.
    """
    left, last, astray = dict(told), None, False
    for key, row in found:
        name = f"The {noun} of event {key[0] if isinstance(key, tuple) else key}"
        said = left.pop(key, None)
        if said is None:
            yield Fault(f"{name} stands twice." if key in told else f"{name} was never {verb}.")
            continue
        wrong = sorted(column for column, value in said.items() if not _holds(row[column], value))
        if wrong:
            yield Fault(f"{name} was changed: its {', '.join(wrong)}.")
        astray, last = astray or (last is not None and key < last), key
    if astray:
        yield Fault(f"The rows of the table for each {noun} do not stand in the order in which they came.")
    for key, said in left.items():
        if not _all_erased(said):
            yield Fault(f"The {noun} of event {key[0] if isinstance(key, tuple) else key} is missing.")


def _holds(value: Any, told: Any) -> bool:
    return value in (None, "", b"") if told is ERASED else bool(value == told)


def _all_erased(said: Mapping[str, Any]) -> bool:
    """Words that were erased may have taken their row with them."""
    return said.get("words") is ERASED and "decision" not in said


def _updates(book: Book) -> Faults:
    found = ((row["event"], row) for row in book.rows(UPDATE))
    yield from _compared("progress update", "said", book.account.updates, found)


def _requests(book: Book) -> Faults:
    found = ((row["event"], row) for row in book.rows(REQUEST))
    yield from _compared("request", "asked for", book.account.requests, found)


def _targets(book: Book) -> Faults:
    found = ((row["event"], row) for row in book.rows(TARGET_CHANGE))
    yield from _compared("change of target date", "made", book.account.targets, found)


def _snoozes(book: Book) -> Faults:
    found = ((row["event"], row) for row in book.rows(SNOOZE))
    yield from _compared("snooze", "asked for", book.account.snoozes, found)


def _evidence(book: Book) -> Faults:
    """Links and files of a request, in their order; each row must belong to the request of its own event."""
    asked = {row["id"]: row["event"] for row in book.rows(REQUEST)}
    rows: list[dict[str, Any]] = [
        {**row, "request": asked.get(row["request_id"])} for row in book.rows(EVIDENCE, "content")
    ]
    yield from _in_order(rows)
    links, files = ([r for r in rows if bool(r["link"]) is is_link] for is_link in (True, False))
    for kind, told, found in (("evidence", book.account.links, links), ("files", book.account.files, files)):
        gone = book.account.erased[kind]
        numbered = ((key, row) for key, row in _numbered(found) if key[0] not in gone or _says_something(row))
        yield from _compared("evidence", "given", told, numbered)


def _in_order(rows: Rows) -> Faults:
    """Event after event, and of each first its links, then its files."""
    last = (0, False)
    for row in rows:
        place = (row["event"], not row["link"])
        if place < last:
            yield Fault(f"The evidence of event {row['event']} does not stand in the order in which it was given.")
        last = place


def _numbered(rows: Iterable[Any]) -> Iterator[tuple[tuple[int, int], Any]]:
    """Each row with its event and which of the event's rows it is."""
    counts: Counter[int] = Counter()
    for row in rows:
        yield (row["event"], counts[row["event"]]), row
        counts[row["event"]] += 1


def _says_something(row: Mapping[str, Any]) -> bool:
    return any(row[column] for column in ("link", "name", "sha256"))


def _bytes(book: Book) -> Faults:
    """The files of the evidence, one at a time."""
    files = select(EVIDENCE.c.event, EVIDENCE.c.name, EVIDENCE.c.size, EVIDENCE.c.sha256, EVIDENCE.c.content)
    for row in book.tx.execute(files.order_by(EVIDENCE.c.id).execution_options(yield_per=1)):
        whole = row.content or b""
        right = not row.sha256 or (hashlib.sha256(whole).hexdigest() == row.sha256 and len(whole) == row.size)
        if not right or (not row.sha256 and row.content is not None):
            yield Fault(
                f"The file {row.name or 'without a name'}, evidence of event {row.event}, is not the one given."
            )


def _ties(book: Book) -> Faults:
    """Who is and was owner, delegate or lead of an item, from when until when."""
    told: dict[Any, list[dict[str, Any]]] = {key: list(spells) for key, spells in book.account.held.items()}
    names = {row["id"]: row["reference"] for row in book.rows(ITEM)}
    astray: dict[int, None] = {}
    for row in book.rows(ITEM_PERSON):
        spell = {"since": row["since"], "until": row["until"]}
        if not _taken(told, (row["item_id"], row["person_id"], row["tie"]), spell):
            astray[row["item_id"]] = None
    astray |= {key[0]: None for key, spells in told.items() if spells}
    for item in astray:
        said = "who works on it, or did so, is not as its history says"
        yield Fault(f"Item {names.get(item, item)}: {said}.")


def _taken(told: Mapping[Any, list[dict[str, Any]]], key: Any, row: dict[str, Any]) -> bool:
    """Whether the events tell of this very row; each tells of one row only."""
    left = told.get(key, [])
    if row not in left:
        return False
    left.remove(row)
    return True


# --- people ---------------------------------------------------------------------------------------------------------


def _roles(book: Book) -> Faults:
    """Who holds which role since when, and why, in the order in which they got it.

    Somebody who turned out to be another has no identity left: their roles may stand under the other's number.
    """
    known = set(book.tx.execute(select(IDENTITY.c.person_id)).scalars())
    left, last = dict(enumerate(book.account.roles)), -1
    for row in book.rows(ROLE):
        number = next((n for n, said in left.items() if _is_role(row, said, known)), None)
        if number is None:
            yield Fault(f"The role {row['role']} of person {row['person_id']} is not what the history says.")
            continue
        del left[number]
        if number < last:
            yield Fault(f"The role {row['role']} of person {row['person_id']} does not stand where it came.")
        last = max(last, number)
    for said in left.values():
        yield Fault(f"The role {said['role']} that person {said['person_id']} was given is missing, or was changed.")


def _is_role(row: Mapping[str, Any], said: Mapping[str, Any], known: set[int]) -> bool:
    its_own = said["person_id"] in (row["person_id"],) or said["person_id"] not in known
    return its_own and all(_holds(row[name], said[name]) for name in ("role", "since", "until", "why"))


def _posts(book: Book) -> Faults:
    """Every post and whoever held it, in their order."""
    told = dict(book.account.posts)
    for post in book.rows(POST):
        name = told.pop(post["id"], None)
        if name is None or (post["name"], post["name_key"]) != (name, posts.key(name)):
            yield Fault(f"The post {post['name']} is not what the history says.")
    for name in told.values():
        yield Fault(f"The post {name} is in the history and no longer in the register.")
    held: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in book.rows(POST_HOLDER):
        held[row["post_id"]].append({name: row[name] for name in ("person_id", "since", "until")})
    for number in sorted(held.keys() | book.account.tenures.keys()):
        if held.get(number) != book.account.tenures.get(number):
            name = book.account.posts.get(number, str(number))
            yield Fault(f"Who holds the post {name}, or held it, is not what the history says.")


def _away(book: Book) -> Faults:
    """For whom nobody in chat answers, why and since when."""
    for row in book.rows(PERSON):
        if (row["away"], row["away_since"]) != book.account.away.get(row["id"], (None, None)):
            yield Fault(f"Whether person {row['id']} is away from chat is not what the history says.")


def _persons(book: Book) -> Faults:
    """Whoever the history names is still kept; what they are called is not part of the record."""
    kept = set(book.tx.execute(select(PERSON.c.id)).scalars())
    for number in sorted(book.account.people - kept):
        yield Fault(f"Person {number} is named in the history and no longer kept.")


def _answers(book: Book) -> Faults:
    """A kept answer to a request tells of an event of that very request."""
    names: dict[Any, Any] = {(n, None): item.values.get("reference") for n, item in book.account.items.items()}
    names |= {(None, n): report.values.get("code") for n, report in book.account.reports.items()}
    for row in book.rows(REQUEST_KEY):
        events, answer = book.account.keys.get(row["key"], []), json.loads(row["answer"])
        right = any(event.at == row["at"] and _tells_of(answer, event, names) for event in events)
        if not right or not _counts(answer, events):
            yield Fault("What was answered to a request is not what its event says.")


def _tells_of(answer: Mapping[str, Any], event: Requested, names: Mapping[Any, Any]) -> bool:
    if "refused" in answer or event.act == "refused":
        return "refused" in answer and event.act == "refused"
    right = "items" in answer or (answer["version"], answer["reference"]) == (event.version, names.get(event.of))
    return right and answer["event"] == event.seq


def _counts(answer: Mapping[str, Any], events: Iterable[Requested]) -> bool:
    """What was done at once to so many items and posts has as many events."""
    if "items" not in answer:
        return True
    done = [(event.of[0] is not None, event.act == "post") for event in events]
    return (answer["items"], answer["posts"]) == (sum(item for item, _ in done), sum(post for _, post in done))


CHECKS: dict[str, Check] = {
    "The chain": _chain,
    "The head of the chain": _one_head,
    "What is kept for the events": _seals,
    "The history of items": _items,
    "The history of reports": _reports,
    "What items are listed by": _derived,
    "Who works on items": _ties,
    "The progress updates": _updates,
    "The requests": _requests,
    "The evidence": _evidence,
    "The files": _bytes,
    "The target dates": _targets,
    "The snoozes": _snoozes,
    "The roles": _roles,
    "The posts": _posts,
    "Who is away": _away,
    "The persons": _persons,
    "The kept answers": _answers,
}
