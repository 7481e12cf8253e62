"""One item with everything that its card shows."""

import hashlib
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from storage import people
from storage.prepared import Prepared
from storage.questions.readers import ROW, Reader, Row, readable
from storage.record import standing
from storage.rules import permissions, references
from storage.rules.permissions import Standing
from storage.tables import EVIDENCE, ITEM, PERSON, POST, REPORT, REQUEST, TARGET_CHANGE, UPDATE


class Said(NamedTuple):
    """A progress update as it is shown."""

    at: datetime
    who: str
    words: str


class Proof(NamedTuple):
    """One piece of evidence: a link, or a file by name and size in bytes; `id` fetches the file.

    `number` counts from 1 in the order in which an item's evidence was given, and stays.
    """

    id: int
    link: str
    name: str
    size: int
    number: int


class File(NamedTuple):
    """A file that is kept as evidence, with its bytes."""

    name: str
    media_type: str
    sha256: str
    content: bytes | None

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that were given."""
        return self.content is not None and hashlib.sha256(self.content).hexdigest() == self.sha256


class Asked(NamedTuple):
    """A pending request as a card shows it."""

    kind: str
    asker: str
    asked_at: datetime
    words: str
    evidence: list[Proof]
    proposed: date | None = None
    checked_by: str = ""
    checked_at: datetime | None = None
    check_note: str = ""


class Decided(NamedTuple):
    """The last request that was decided: what was asked, what became of it, by whom, and in which words."""

    kind: str
    decision: str
    who: str
    at: datetime
    asked: str
    words: str


class Whole(NamedTuple):
    """One item with everything that its card shows."""

    row: Row
    item: dict[str, Any]
    report: dict[str, Any]
    lead: str
    delegates: list[str]
    past_targets: list[date]
    children: list[Row]
    ended: list[Row]
    last: Said | None
    evidence: list[Proof]
    request: Asked | None
    decided: Decided | None
    parent: str
    superseded_by: str
    post: str
    standing: Standing
    may: frozenset[str]


_ITEM_BY_KEY = Prepared(select(ITEM).where(ITEM.c.reference_key == bindparam("key")))


_REPORT = Prepared(select(REPORT).where(REPORT.c.id == bindparam("report")))


_ONE_ROW = Prepared(
    select(*ROW)
    .select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    .where(ITEM.c.id == bindparam("item"))
)


_CHILDREN = Prepared(
    select(*ROW, ITEM.c.open.label("is_open"))
    .select_from(ITEM.outerjoin(PERSON, PERSON.c.id == ITEM.c.owner_id))
    .where(ITEM.c.parent_id == bindparam("item"))
    .order_by(ITEM.c.due_order, ITEM.c.sort_key)
)


_LAST_SAID = Prepared(
    select(UPDATE.c.at, UPDATE.c.person_id, UPDATE.c.words)
    .where(UPDATE.c.item_id == bindparam("item"))
    .order_by(UPDATE.c.id.desc())
    .limit(1)
)


_PROOFS = Prepared(
    select(EVIDENCE.c.id, EVIDENCE.c.link, EVIDENCE.c.name, EVIDENCE.c.size, EVIDENCE.c.request_id)
    .where(EVIDENCE.c.item_id == bindparam("item"))
    .order_by(EVIDENCE.c.id)
)


_FILE = Prepared(
    select(EVIDENCE.c.name, EVIDENCE.c.media_type, EVIDENCE.c.sha256, EVIDENCE.c.content).where(
        EVIDENCE.c.id == bindparam("evidence")
    )
)


_DECIDED = Prepared(
    select(REQUEST)
    .where(REQUEST.c.item_id == bindparam("item"), REQUEST.c.decision != "pending")
    .order_by(REQUEST.c.id.desc())
    .limit(1)
)


NAMED = Prepared(select(ITEM.c.id, ITEM.c.reference, ITEM.c.marking).where(ITEM.c.id == bindparam("item")))


POST_NAME = Prepared(select(POST.c.name).where(POST.c.id == bindparam("post")))


_PENDING = Prepared(select(REQUEST).where(REQUEST.c.item_id == bindparam("item"), REQUEST.c.decision == "pending"))


_TARGETS = Prepared(
    select(TARGET_CHANGE.c.before)
    .where(TARGET_CHANGE.c.item_id == bindparam("item"), TARGET_CHANGE.c.before.is_not(None))
    .order_by(TARGET_CHANGE.c.id)
)


def found(tx: Connection, reference: str, reader: Reader) -> tuple[dict[str, Any], Standing, Any] | None:
    """The item, what the reader is to it, and its pending request; None when it does not exist for them."""
    item = _ITEM_BY_KEY.item(tx, {"key": references.key(reference)})
    if item is None:
        return None
    request = _PENDING.first(tx, {"item": item["id"]})
    asker = request is not None and request.asker_id == reader.person.id
    ties = standing(tx, reader.person, item, asker=asker)
    return (item, ties, request) if permissions.may_read(item["marking"], ties) else None


def whole(tx: Connection, reference: str, reader: Reader) -> Whole | None:
    """Everything that the card of one item shows; None when it does not exist for this reader."""
    seen = found(tx, reference, reader)
    if seen is None:
        return None
    item, ties, request = seen
    who = {"item": item["id"]}
    kin = [(Row(*row[:-1]), row.is_open) for row in _CHILDREN.named(tx, who)]
    kin = [(row, is_open) for row, is_open in kin if readable(tx, row, reader)]
    given = _PROOFS.named(tx, who)
    proofs = [_proof(row, number) for number, row in enumerate(given, 1)]
    report = _REPORT.item(tx, {"report": item["report_id"]})
    assert report is not None  # an item is of one report
    return Whole(
        Row(*_ONE_ROW.rows(tx, who)[0]),
        item,
        report,
        people.called(tx, item["lead_id"]) if item["lead_id"] else "",
        [people.called(tx, int(n)) for n in item["delegates"].split(";") if n],
        _TARGETS.column(tx, who),
        [row for row, is_open in kin if is_open],
        [row for row, is_open in kin if not is_open],
        last_said(tx, item["id"]),
        proofs,
        _asked(tx, request, [proofs[n] for n, row in enumerate(given) if request and row.request_id == request.id]),
        _decided(tx, _DECIDED.first(tx, who)),
        _reference(tx, item["parent_id"], reader),
        _reference(tx, item["superseded_by_id"], reader),
        POST_NAME.column(tx, {"post": item["post_id"]})[0] if item["post_id"] else "",
        ties,
        _may(item["status"], item["marking"], ties, request.kind if request else "", item["target_date"] is not None),
    )


def last_said(tx: Connection, item: int) -> Said | None:
    row = _LAST_SAID.first(tx, {"item": item})
    return Said(row.at, people.called(tx, row.person_id), row.words) if row else None


def _reference(tx: Connection, item: int | None, reader: Reader) -> str:
    """The reference of another item, by id; "" for none that this reader may see."""
    row = NAMED.first(tx, {"item": item}) if item else None
    return str(row.reference) if row and readable(tx, row, reader) else ""


def _proof(row: Any, number: int) -> Proof:
    return Proof(row.id, row.link, row.name, row.size or 0, number)


def file(tx: Connection, proof: Proof) -> File:
    """A file that a reader has been shown as evidence, with its bytes."""
    row = _FILE.named(tx, {"evidence": proof.id})[0]
    return File(row.name, row.media_type, row.sha256, row.content)


def _asked(tx: Connection, request: Any, proofs: list[Proof]) -> Asked | None:
    if request is None:
        return None
    checked = people.called(tx, request.checked_by_id) if request.checked_by_id else ""
    who = (request.kind, people.called(tx, request.asker_id), request.asked_at, request.words)
    return Asked(*who, proofs, request.proposed_date, checked, request.checked_at, request.check_note)


def _decided(tx: Connection, row: Any) -> Decided | None:
    if row is None:
        return None
    who = people.called(tx, row.decided_by_id) if row.decided_by_id else ""
    return Decided(row.kind, row.decision, who, row.decided_at, row.words, row.decision_words)


@lru_cache(maxsize=1024)
def _may(status: str, item_marking: str, ties: Standing, request: str, dated: bool) -> frozenset[str]:
    """The acts that this person may do on the item as it stands; `request` is the kind of the pending one."""
    facts, there = (status, item_marking, ties), {"request": request, "dated": dated}
    return frozenset(a for a in permissions.MAY_DO if permissions.refusal(a, *facts, **there) is None)  # type: ignore[arg-type]
